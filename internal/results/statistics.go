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
	b       *block
	in      *gathered
	ordered []float64 // the values of a point in the order of the journal
	ranks   rankCache
}

func newStatWorker(b *block) *statWorker {
	return &statWorker{b: b, in: newGathered(b), ranks: rankCache{ranks: map[rankKey]rankPair{}}}
}

func (w *statWorker) metric(i int) error {
	plan := w.b.metrics[i]
	if plan.width == 0 && i != w.b.latency {
		return nil
	}
	if err := w.b.gather(plan.column, w.in); err != nil {
		return err
	}
	columns := make([][]float64, plan.width)
	for c := range columns {
		columns[c] = make([]float64, len(w.in.counts))
	}
	if i == w.b.latency {
		w.b.worth = make([]float64, len(w.in.counts))
	}
	row := make([]float64, 0, plan.width)
	for p := range w.in.counts {
		values := w.sorted(p, i == w.b.latency)
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
		if i == w.b.latency {
			w.b.worth[p] = values.independent()
		}
	}
	w.b.stats[i] = columns
	return w.b.d.ctx.Err()
}

// sorted sorts the values of a point. Where asked for, or where repetitions
// yielded several, it keeps their order beside them.
func (w *statWorker) sorted(point int, keepOrder bool) pointValues {
	values, groups := w.in.of(point, w.b.starts[point])
	v := pointValues{sorted: values, groups: groups}
	if keepOrder || groups != nil {
		w.ordered = append(w.ordered[:0], values...)
		v.ordered = w.ordered
	}
	slices.Sort(values)
	return v
}

// pointValues are the values of a metric at one point.
type pointValues struct {
	sorted  []float64
	ordered []float64 // as the journal has them; nil where nothing depends on it
	groups  []int32   // places in ordered where repetitions begin; nil where each is one
}

// independent returns n_eff, from the ranks of the values: they tell of the level
// whatever a stray one is. It leaves the ranks in ordered.
func (v *pointValues) independent() float64 {
	if len(v.sorted) == 0 {
		return math.NaN()
	}
	for i, x := range v.ordered {
		v.ordered[i] = stats.MidRank(v.sorted, x)
	}
	return stats.EffectiveSize(v.ordered)
}

// worth is how many independent values would know a quantile as well.
func (v *pointValues) worth(estimate float64) int {
	if v.groups == nil {
		return len(v.sorted)
	}
	return stats.WorthOf(v.ordered, v.groups, estimate, intervalConfidence)
}

// appendStat appends a statistic of the values of a point and, for a quantile,
// the ends of its interval. What they do not tell is NaN.
func (c *rankCache) appendStat(row []float64, stat spec.Stat, v pointValues) ([]float64, error) {
	sorted := v.sorted
	if q, ok := stat.Quantile(); ok {
		estimate := stats.Quantile(sorted, q)
		lo, hi := c.interval(sorted, v.worth(estimate), q)
		return append(row, estimate, lo, hi), nil
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
// on how many samples there are and what they are worth, and most points have
// the same.
type rankCache struct {
	ranks map[rankKey]rankPair
	ramp  []float64 // 0, 1, 2, ...
}

type rankKey struct {
	n, worth int
	q        float64
}

// rankPair are places in the sorted samples; ok is false where they cannot
// support an interval.
type rankPair struct {
	lo, hi int
	ok     bool
}

func (c *rankCache) interval(sorted []float64, worth int, q float64) (lo, hi float64) {
	key := rankKey{len(sorted), worth, q}
	r, known := c.ranks[key]
	if !known {
		for i := len(c.ramp); i < len(sorted); i++ {
			c.ramp = append(c.ramp, float64(i))
		}
		ends, ok := stats.GroupedQuantileInterval(c.ramp[:len(sorted)], worth, q, intervalConfidence)
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
