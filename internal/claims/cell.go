package claims

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"runx/internal/stats"
	"runx/spec"
)

// A cell is a statistic at one point, in the summary and in each resample.
type cell struct {
	// value is that of the summary.
	value float64
	// drawn are those of the resamples, once they are ready; nil where they are
	// all the same.
	drawn []float64
	ready atomic.Bool
	mu    sync.Mutex // who makes drawn
}

type cellKey struct {
	row    int
	column string
}

// at is the value in a resample; -1 is the summary.
func (c *cell) at(number int) float64 {
	if number < 0 || c.drawn == nil {
		return c.value
	}
	return c.drawn[number]
}

// cell returns a cell, the same to all who ask.
func (u *run) cell(row int, column string) *cell {
	u.mu.Lock()
	defer u.mu.Unlock()
	key := cellKey{row, column}
	c := u.cells[key]
	if c == nil {
		c = &cell{value: u.number(row, column)}
		u.cells[key] = c
	}
	return c
}

// resample makes the cell's values in all resamples, once. Those that are known
// to be needed are made by [run.resampleAll]; here is one that some branch of an
// expression asks for in a resample alone.
func (u *run) resample(c *cell, row int, column string) {
	if c.ready.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready.Load() {
		return
	}
	if statistic := u.statistic(c, row, column, map[metricKey]*stats.Blocked{}); statistic != nil {
		drawn := make([]float64, u.resamples)
		counts := make([]int32, u.points[row].blocks)
		for i := range drawn {
			u.draws.draw(counts, u.points[row].roster, i)
			drawn[i] = statistic(counts)
		}
		c.drawn = drawn
	}
	c.ready.Store(true)
}

// resampleAll makes the values of cells in all resamples: those of points with
// the same rounds from one draw.
func (u *run) resampleAll(ctx context.Context, cells []usedCell) error {
	type part struct {
		drawn     []float64
		statistic func(counts []int32) float64
	}
	parts := map[*roster][]part{}
	blocked := map[metricKey]*stats.Blocked{}
	for _, c := range cells {
		if c.ready.Swap(true) {
			continue
		}
		if statistic := u.statistic(c.cell, c.row, c.column, blocked); statistic != nil {
			c.drawn = make([]float64, u.resamples)
			r := u.points[c.row].roster
			parts[r] = append(parts[r], part{c.drawn, statistic})
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return parallel(ctx, u.resamples, runtime.GOMAXPROCS(0), func() func(i int) {
		counts := make([]int32, max(u.draws.rounds, u.draws.reps))
		return func(i int) {
			for r, of := range parts {
				u.draws.draw(counts[:r.blocks], r, i)
				for _, p := range of {
					p.drawn[i] = p.statistic(counts[:r.blocks])
				}
			}
		}
	})
}

type metricKey struct {
	row    int
	metric string
}

// statistic computes a cell from the counts of a resample. It is nil where all
// resamples have the same: of parameters and counts, of a metric that does not
// vary, and where there is nothing to draw from.
func (u *run) statistic(c *cell, row int, column string, blocked map[metricKey]*stats.Blocked) func(counts []int32) float64 {
	src, ok := u.sources[column]
	p := &u.points[row]
	if !ok || p.blocks < 2 || math.IsNaN(c.value) {
		return nil
	}
	key := metricKey{row, src.metric}
	b := blocked[key]
	if b == nil {
		values, block := present(u.samples.Floats(src.metric), p)
		b = stats.NewBlocked(values, block, p.blocks)
		blocked[key] = b
	}
	if sorted := b.Sorted(); len(sorted) == 0 || sorted[0] == sorted[len(sorted)-1] {
		return nil
	}
	return src.of(b, c.value)
}

// present are the values of a point that are not NULL, and the blocks of each.
func present(column []float64, p *point) (values []float64, block []int32) {
	if column == nil {
		return nil, nil
	}
	for i, row := range p.rows {
		if v := column[row]; !math.IsNaN(v) {
			values, block = append(values, v), append(block, p.block[i])
		}
	}
	return values, block
}

// of is the statistic of a resample. The ends of an interval are the quantiles
// that they are in the summary, where they have the given value: how many ranks
// lie between is a matter of how many samples there are, which all resamples
// share. So is the sum: that of as many samples as the point has.
func (s source) of(b *stats.Blocked, value float64) func(counts []int32) float64 {
	if q, ok := s.stat.Quantile(); ok {
		if s.end != "" {
			q = placeOf(b.Sorted(), value, s.end == "_hi")
		}
		return func(counts []int32) float64 { return b.Quantile(counts, q) }
	}
	switch s.stat {
	case spec.Mean:
		return b.Mean
	case spec.Std:
		return b.Std
	case spec.CV:
		return func(counts []int32) float64 { return b.Std(counts) / b.Mean(counts) }
	case spec.Min:
		return b.Min
	case spec.Max:
		return b.Max
	case spec.Skewness:
		return b.Skewness
	case spec.Sum:
		n := float64(len(b.Sorted()))
		return func(counts []int32) float64 { return b.Mean(counts) * n }
	}
	return func([]int32) float64 { return math.NaN() }
}

// placeOf is the quantile at which a value lies among sorted ones; of equal ones
// it is the last or the first.
func placeOf(sorted []float64, value float64, last bool) float64 {
	if len(sorted) < 2 {
		return 0
	}
	at, _ := slices.BinarySearch(sorted, value)
	if last {
		for at+1 < len(sorted) && sorted[at+1] == value {
			at++
		}
	}
	return min(1, float64(at)/float64(len(sorted)-1))
}
