package claims

import (
	"math"
	"slices"
	"sync"

	"runx/internal/stats"
	"runx/spec"
)

// A cell is a statistic at one point, in the summary and in each resample.
type cell struct {
	once sync.Once
	// value is that of the summary.
	value float64
	// drawn are those of the resamples; nil where they are all the same.
	drawn []float64
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

// resample makes the cell's values in all resamples, once.
func (u *run) resample(c *cell, row int, column string, resamples int) {
	if resamples == 0 {
		return
	}
	c.once.Do(func() {
		src, ok := u.sources[column]
		p := &u.points[row]
		if !ok || p.roster == nil || p.blocks < 2 || math.IsNaN(c.value) {
			return // a parameter or a count, or nothing to draw from
		}
		values, block := present(u.samples.Floats(src.metric), p)
		if len(values) == 0 || !slices.ContainsFunc(values, func(v float64) bool { return v != values[0] }) {
			return
		}
		statistic := src.of(stats.NewBlocked(values, block, p.blocks), c.value)
		c.drawn = make([]float64, resamples)
		counts := make([]int32, p.blocks)
		for i := range c.drawn {
			u.draws.draw(counts, p.roster, i)
			c.drawn[i] = statistic(counts)
		}
	})
}

// present are the values of a point that are not NULL, and the blocks of each.
func present(column []float64, p *point) (values []float64, block []int32) {
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
