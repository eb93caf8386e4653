package spec

import "time"

// Measure says how each point is sampled.
type Measure struct {
	// Warmup is how many samples are taken and thrown away first.
	Warmup  int
	Samples Samples
	// Until ends a point early when its estimate is good enough; nil samples
	// until Samples.Max or the budget.
	Until *Until
	// Budget bounds the time spent on one point, Timeout that of one sample.
	// Zero is no bound.
	Budget  time.Duration
	Timeout time.Duration
	Order   Order
	Isolate Isolation
	// Seed is the source of the order of the points and of what the workload
	// draws.
	Seed uint64
	// Retries is how often a failed sample is tried again.
	Retries int
	OnError OnError
}

// Samples bounds the number of samples of a point. The two are equal where the
// spec gives one number.
type Samples struct{ Min, Max int }

// Until is the precision at which a point has been sampled enough: the 95%
// interval of the statistic spans at most ± RelativeCI of its value.
type Until struct {
	Metric     string
	Stat       Stat
	RelativeCI float64
}

// Order is the order in which points are visited.
type Order string

// The orders.
const (
	Sequential  Order = "sequential"  // each point to its end, in grid order
	Shuffled    Order = "shuffled"    // each point to its end, in random order
	Interleaved Order = "interleaved" // rounds: every point that needs samples gets one, in random order
)

// Isolation says how often a fresh process performs the samples.
type Isolation string

// The isolations.
const (
	IsolateNone   Isolation = "none"   // all points in one process
	IsolatePoint  Isolation = "point"  // one process per point
	IsolateSample Isolation = "sample" // one process per sample
)

// OnError says what a sample that failed, all retries used, means.
type OnError string

// The reactions to an error.
const (
	Skip     OnError = "skip"     // the rest of the point is skipped
	Continue OnError = "continue" // the point goes on with its next sample
	Stop     OnError = "stop"     // the run ends
)

// buildMeasure takes over what the decoder has checked.
func (b *builder) buildMeasure() {
	d := &b.doc.Measure
	b.spec.Measure = Measure{
		Warmup: d.Warmup, Samples: d.Samples.Samples,
		Budget: d.Budget.Value, Timeout: d.Timeout.Value,
		Order: d.Order, Isolate: d.Isolate, Seed: uint64(d.Seed),
		Retries: d.Retries, OnError: d.OnError,
	}
	if d.Until != nil {
		b.spec.Measure.Until = &Until{
			Metric: d.Until.Metric.Value, Stat: Stat(d.Until.Stat.Value), RelativeCI: d.Until.RelativeCI.Value,
		}
	}
}

// checkUntil checks what until waits for.
func (b *builder) checkUntil() {
	until := b.doc.Measure.Until
	samples := b.spec.Measure.Samples
	if until == nil {
		if samples.Min != samples.Max && b.spec.Measure.Budget == 0 {
			b.warnings.Add(b.doc.Measure.Samples.Position, "give until or budget, or one number",
				"measure.samples: nothing ends a point before %d samples", samples.Max)
		}
		return
	}
	b.knownMetric(until.Metric)
	stat := Stat(until.Stat.Value)
	_, isQuantile := stat.Quantile()
	if stat != Mean && !isQuantile {
		b.problems.Add(until.Stat.Position, "", "until needs a statistic that has an interval, mean or a quantile such as p50: %s has none", stat)
		return
	}
	if samples.Min == samples.Max {
		b.warnings.Add(until.Position, "give measure.samples as {min, max}", "until decides nothing: every point gets %d samples", samples.Max)
		return
	}
	if isQuantile {
		b.lintQuantile(until.Stat.Position, "until", until.Metric.Value, stat)
	}
}
