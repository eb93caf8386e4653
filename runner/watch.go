package runner

import (
	"fmt"
	"math"
	"slices"

	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
)

// maxKept bounds the samples that are kept in memory where only the display and
// the warnings want them.
const maxKept = 4_000_000

// A watch follows the statistic that decides when a point has enough samples;
// without one it follows the median latency, for the display.
//
// The rows of one repetition are not independent: they count as one value, their
// mean where the statistic is the mean and their median where it is a quantile.
type watch struct {
	metric   string
	stat     spec.Stat
	quantile float64 // NaN: the mean

	column   int // of the metric in a row, -1 where it is computed
	names    []string
	computed []spec.Metric // up to and including the metric
	env      map[string]any

	until    *spec.Until
	schedule *stats.Schedule // nil where until is
	looks    []int
	keep     bool      // the values
	rows     []float64 // of the repetition under way

	shown   Estimate // the last one computed
	shownOf *point
	sorted  []float64
}

func newWatch(s *spec.Spec, points int) (*watch, error) {
	w := &watch{metric: workloads.LatencyMetric, stat: "p50", until: s.Measure.Until}
	w.keep = w.until != nil || int64(points)*int64(s.Measure.Samples.Max) <= maxKept
	if w.until != nil {
		w.metric, w.stat = w.until.Metric, w.until.Stat
	}
	w.quantile = math.NaN()
	if q, ok := w.stat.Quantile(); ok {
		w.quantile = q
	} else if w.stat != spec.Mean {
		return nil, fmt.Errorf("measure.until: %s has no interval, so it cannot say when to stop", w.stat)
	}
	if err := w.find(s); err != nil {
		return nil, err
	}
	if w.until == nil {
		return w, nil
	}
	var err error
	w.schedule, err = stats.StopRule{
		Quantile: w.quantile, RelativeCI: w.until.RelativeCI,
		Min: s.Measure.Samples.Min, Max: s.Measure.Samples.Max, Seed: s.Measure.Seed,
	}.Schedule()
	if err != nil {
		return nil, fmt.Errorf("measure.until: %w", err)
	}
	w.looks = w.schedule.Looks()
	return w, nil
}

// find locates the metric in a row, or the expressions that make it.
func (w *watch) find(s *spec.Spec) error {
	for _, m := range workloads.SampleMetrics(s.Workload, s.Extracts) {
		w.names = append(w.names, m.Name)
	}
	if w.column = slices.Index(w.names, w.metric); w.column >= 0 {
		return nil
	}
	i := slices.IndexFunc(s.Metrics, func(m spec.Metric) bool { return m.Name == w.metric })
	if i < 0 {
		return fmt.Errorf("measure.until: there is no metric %q", w.metric)
	}
	w.computed, w.env = s.Metrics[:i+1], map[string]any{}
	return nil
}

// add takes in what a row of a repetition says of the metric.
func (w *watch) add(at spec.Point, row []float64) {
	if !w.keep {
		return
	}
	if v := w.value(at, row); !math.IsNaN(v) && !math.IsInf(v, 0) {
		w.rows = append(w.rows, v)
	}
}

// close keeps what the rows added say of the repetition of a point.
func (w *watch) close(p *point) {
	switch {
	case len(w.rows) == 0:
		return
	case len(w.rows) == 1:
		p.values = append(p.values, w.rows[0])
	case math.IsNaN(w.quantile):
		p.values = append(p.values, stats.Mean(w.rows))
	default:
		slices.Sort(w.rows)
		p.values = append(p.values, stats.Quantile(w.rows, 0.5))
	}
	w.rows = w.rows[:0]
}

func (w *watch) value(at spec.Point, row []float64) float64 {
	if w.column >= 0 {
		return row[w.column]
	}
	for name, v := range at.Params {
		w.env[name] = v
	}
	for i, name := range w.names {
		w.env[name] = row[i]
	}
	v := math.NaN()
	for i := range w.computed {
		m := &w.computed[i]
		var err error
		if v, err = m.Eval(w.env); err != nil {
			v = math.NaN()
		}
		w.env[m.Name] = v
	}
	return v
}

// nextLook is the number of repetitions at which the stop rule looks next; 0 is
// never.
func (w *watch) nextLook(p *point) int {
	i, _ := slices.BinarySearch(w.looks, int(p.ok)+1)
	if i == len(w.looks) {
		return 0
	}
	return w.looks[i]
}

// decide looks, where the schedule says so, and reports whether there are
// enough samples.
func (w *watch) decide(p *point) bool {
	_, due := slices.BinarySearch(w.looks, int(p.ok))
	return due && w.schedule.Decide(p.values).Enough
}

// estimate computes what is known of the point. It is cached until there are
// 5% more samples, because it sorts them.
func (w *watch) estimate(p *point) (Estimate, bool) {
	n := len(p.values)
	if n == 0 {
		return Estimate{}, false
	}
	if w.shownOf == p && n >= w.shown.Samples && n < w.shown.Samples+max(1, w.shown.Samples/20) {
		return w.shown, true
	}
	w.shownOf, w.shown = p, Estimate{Metric: w.metric, Stat: w.stat, Samples: n}
	if w.schedule != nil {
		d := w.schedule.Decide(p.values)
		w.shown.Value, w.shown.Interval = d.Estimate, d.Interval
		return w.shown, true
	}
	w.sorted = append(w.sorted[:0], p.values...)
	slices.Sort(w.sorted)
	w.shown.Value = stats.Quantile(w.sorted, w.quantile)
	w.shown.Interval, _ = stats.QuantileInterval(w.sorted, w.quantile, 0.95)
	return w.shown, true
}

// Spread is how far the interval reaches from the value, relative to it: 0.02
// is ±2%. It is infinite where there is no interval.
func (e Estimate) Spread() float64 {
	d := stats.Decision{Estimate: e.Value, Interval: e.Interval}
	return d.Spread()
}
