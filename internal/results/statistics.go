package results

import (
	"fmt"
	"math"
	"slices"

	"runx/internal/stats"
	"runx/spec"
)

// summaryWorkers bounds the metrics worked on at once, and with it the memory:
// 8 bytes per sample each.
const summaryWorkers = 4

// A statWorker computes the statistics of one metric after the other.
type statWorker struct {
	b      *block
	values []float64
	counts []int
	ranks  rankCache
}

func newStatWorker(b *block) *statWorker {
	n := b.to - b.from
	return &statWorker{b: b, values: make([]float64, b.starts[n]), counts: make([]int, n), ranks: rankCache{ranks: map[rankKey]rankPair{}}}
}

func (w *statWorker) metric(i int) error {
	plan := w.b.metrics[i]
	if plan.width == 0 {
		return nil
	}
	if err := w.b.gather(plan.column, w.values, w.counts); err != nil {
		return err
	}
	columns := make([][]float64, plan.width)
	for c := range columns {
		columns[c] = make([]float64, len(w.counts))
	}
	row := make([]float64, 0, plan.width)
	for p, n := range w.counts {
		values := w.values[w.b.starts[p]:][:n]
		slices.Sort(values)
		row = row[:0]
		for _, stat := range plan.stats {
			var err error
			if row, err = w.ranks.appendStat(row, stat, values); err != nil {
				return err
			}
		}
		for c, v := range row {
			columns[c][p] = v
		}
	}
	w.b.stats[i] = columns
	return w.b.d.ctx.Err()
}

// appendStat appends a statistic of sorted values and, for a quantile, the ends
// of its interval. What they do not tell is NaN.
func (c *rankCache) appendStat(row []float64, stat spec.Stat, sorted []float64) ([]float64, error) {
	if q, ok := stat.Quantile(); ok {
		lo, hi := c.interval(sorted, q)
		return append(row, stats.Quantile(sorted, q), lo, hi), nil
	}
	if len(sorted) == 0 {
		return append(row, math.NaN()), nil
	}
	switch stat {
	case spec.Mean:
		return append(row, stats.Mean(sorted)), nil
	case spec.Std:
		return append(row, stats.Std(sorted)), nil
	case spec.CV:
		return append(row, stats.Std(sorted)/stats.Mean(sorted)), nil
	case spec.Min:
		return append(row, sorted[0]), nil
	case spec.Max:
		return append(row, sorted[len(sorted)-1]), nil
	case spec.Sum:
		return append(row, stats.Mean(sorted)*float64(len(sorted))), nil
	case spec.Skewness:
		return append(row, stats.Skewness(sorted)), nil
	}
	return nil, fmt.Errorf("the statistic %q is unknown", stat)
}

// A rankCache remembers which order statistics bound a quantile: that depends
// on the number of samples alone, and most points have the same.
type rankCache struct {
	ranks map[rankKey]rankPair
	ramp  []float64 // 0, 1, 2, ...
}

type rankKey struct {
	n int
	q float64
}

// rankPair are places in the sorted samples; ok is false where n samples
// cannot support an interval.
type rankPair struct {
	lo, hi int
	ok     bool
}

func (c *rankCache) interval(sorted []float64, q float64) (lo, hi float64) {
	key := rankKey{len(sorted), q}
	r, known := c.ranks[key]
	if !known {
		for i := len(c.ramp); i < len(sorted); i++ {
			c.ramp = append(c.ramp, float64(i))
		}
		ends, ok := stats.QuantileInterval(c.ramp[:len(sorted)], q, intervalConfidence)
		if ok {
			r = rankPair{int(ends.Lo), int(ends.Hi), true}
		}
		c.ranks[key] = r
	}
	if !r.ok {
		return math.NaN(), math.NaN()
	}
	return sorted[r.lo], sorted[r.hi]
}
