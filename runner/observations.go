package runner

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
)

// The metrics of every sample that warnings are made of, beside the latency.
const (
	opsMetric     = "ops_count"
	peakRSSMetric = "peak_rss_bytes"
)

const (
	// shortStretch is the timed duration, in ms, below which reading the clock,
	// at 40 to 80 ns, is more than a few percent of what was measured.
	shortStretch = 1e-3
	// manyTainted is the part of the samples from which interference is not an
	// exception.
	manyTainted = 0.1
	// busyLoad is the load average per core from which others are at work.
	busyLoad = 0.5
	// slowFirst times the median is a first sample that is not like the others.
	slowFirst = 1.5
	// A series tells of its first sample and of its correlation from
	// enoughToJudge samples on, and not much more after judgedAtMost.
	enoughToJudge = 20
	judgedAtMost  = 1 << 16
	// wideSpread is how far an interval reaches from its estimate, relative to
	// it, when it is too wide to compare points by.
	wideSpread = 0.1
)

// A tally counts the points that something is to be said of, and keeps the one
// where it is worst.
type tally struct {
	points int
	worst  float64
	text   string
}

// where says where it is, or of one point what it is there.
func (t *tally) where() string {
	if t.points == 1 {
		return "(" + t.text + ")"
	}
	return "(worst: " + t.text + ")"
}

func (t *tally) add(badness float64, text func() string) {
	t.points++
	if t.points == 1 || badness > t.worst {
		t.worst, t.text = badness, text()
	}
}

// observations are what the warnings are made of.
type observations struct {
	load                   float64 // per core at the start; NaN where unknown
	latency, ops           int     // columns
	rows, short            int64
	overran                int64 // samples that went on to their end after the timeout
	slowOpens              tally // points that were opened to the end after their limit
	evictions              int
	asked                  asked
	judged                 int // points with enough samples to judge a series
	budget, limit          tally
	slow, correlated       tally
	incomplete, wide       tally
	firstIsCold, inProcess bool
}

func (o *observations) start(s *spec.Spec) {
	o.load = loadAverage() / float64(runtime.NumCPU())
	o.inProcess = s.Measure.Isolate == spec.IsolateNone && s.Worker == nil
	o.firstIsCold = s.Measure.Isolate == spec.IsolateSample
	o.asked = newAsked(s)
	for i, m := range workloads.SampleMetrics(s.Workload, s.Extracts) {
		switch m.Name {
		case workloads.LatencyMetric:
			o.latency = i
		case opsMetric:
			o.ops = i
		}
	}
}

// row notes what a sample tells by itself.
func (o *observations) row(row *results.Sample) {
	switch row.Status {
	case results.Timeout: // one that was ended has no latency
		if len(row.Values) > 0 && !math.IsNaN(row.Values[o.latency]) {
			o.overran++
		}
		return
	case results.OK:
		o.rows++
	default:
		return
	}
	// A simulated latency counts no operations: the product is NaN.
	if row.Values[o.latency]*row.Values[o.ops] < shortStretch {
		o.short++
	}
}

// end notes what a finished point tells as a whole.
func (o *observations) end(e *engine, p *point, enough, full bool) {
	if lost := p.reps - p.ok; lost > 0 && p.ok > 0 {
		o.incomplete.add(float64(lost), func() string { return e.about(p, "%d of %d failed", lost, p.reps) })
	}
	if !enough {
		o.unsure(e, p, full)
	}
	series := p.values[:min(len(p.values), judgedAtMost)]
	if e.watch.metric != workloads.LatencyMetric || len(series) < enoughToJudge {
		return
	}
	o.judged++
	if first, rest := series[0], slices.Sorted(slices.Values(series[1:])); !o.firstIsCold {
		if median := stats.Quantile(rest, 0.5); first > rest[len(rest)-1] && first > slowFirst*median {
			o.slow.add(first/median, func() string { return e.about(p, "%.1f times the median", first/median) })
		}
	}
	if n := stats.EffectiveSize(series); n < float64(len(series))/2 {
		o.correlated.add(float64(len(series))/n, func() string {
			return e.about(p, "%s are worth %.0f", count(len(series), e.unit()), n)
		})
	}
}

// unsure notes a point that ended before its estimate was as sure as was asked.
func (o *observations) unsure(e *engine, p *point, full bool) {
	m := &e.spec.Measure
	spread := math.Inf(1)
	if estimate, ok := e.watch.estimate(p); ok {
		spread = estimate.Spread()
	}
	text := func() string {
		how := "no interval"
		if !math.IsInf(spread, 0) {
			how = fmt.Sprintf("±%.1f%%", 100*spread)
		}
		short := ""
		if int(p.reps) < m.Samples.Min {
			short = fmt.Sprintf(", fewer than the least of %d", m.Samples.Min)
		}
		return e.about(p, "%s at n=%d%s", how, p.ok, short)
	}
	switch {
	case !full:
		o.budget.add(spread, text)
	case m.Until != nil:
		o.limit.add(spread, text)
	case spread > wideSpread && !math.IsInf(spread, 0) && o.isAsked(e, p): // no interval at all is the spec's to warn of
		o.wide.add(spread, text)
	}
}

// isAsked tells whether the latency of the point matters.
func (o *observations) isAsked(e *engine, p *point) bool {
	at, err := e.describe(p)
	return err != nil || o.asked.of(at)
}

// unit is what the values of a point are: samples, or repetitions that yielded
// several each.
func (e *engine) unit() string {
	if e.seen.rows > e.reps {
		return "repetition"
	}
	return "sample"
}

// about says something of a point, which it names where there are others.
func (e *engine) about(p *point, format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	if name := e.name(p); name != "" {
		return name + ": " + text
	}
	return text
}

// name tells a point from the others by the parameters that vary; it is empty
// where there are no others.
func (e *engine) name(p *point) string {
	if len(e.points) == 1 {
		return ""
	}
	at, err := e.describe(p)
	if err != nil {
		return fmt.Sprintf("point %d", p.index)
	}
	first, errFirst := e.describe(&e.points[0])
	last, errLast := e.describe(&e.points[len(e.points)-1])
	if errFirst != nil || errLast != nil {
		return fmt.Sprintf("point %d", p.index)
	}
	var parts, all []string
	for _, name := range e.spec.Varied() {
		v := at.Params[name]
		part := name + "=" + workloads.FormatValue(v)
		all = append(all, part)
		if v != first.Params[name] || v != last.Params[name] {
			parts = append(parts, part)
		}
	}
	if parts == nil {
		parts = all
	}
	return strings.Join(parts, " ")
}
