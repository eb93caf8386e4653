package runner

import (
	"time"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
)

// An Observer is told how a run goes on. It is called between samples, never
// during one, by the goroutine that measures: what it takes is added to the
// run's duration and to no measurement. It is called so often that it looks at
// the clock (Elapsed) before it does anything dear.
type Observer interface {
	// Sampled is called after every sample.
	Sampled(Progress)
	// Opening is called before a point is opened and verified, which may take
	// longer than any sample, and with Progress.Opening false when that is over.
	Opening(Progress)
}

// Progress is the state of a run after a sample, after a point ended without
// one, or around the opening of a point. The fields are counted anyway; the methods compute, and are valid
// until the observer returns.
type Progress struct {
	// Points and PointsDone count the points, whatever they ended with.
	Points, PointsDone int
	// Samples are the repetitions so far, resumed ones included. Rows are those
	// that they yielded: more where a repetition yields several.
	Samples, Rows int64
	// FailedSamples are the attempts so far that failed or timed out.
	FailedSamples int64
	// Round is the pass over the points, from 0.
	Round int
	// Point is the one just sampled, or being opened; Rep is how many repetitions it has, and
	// Status is how the last one ended.
	Point  spec.Point
	Rep    int
	Status results.Status
	// Opening says that the point is being opened, and not sampled.
	Opening bool
	// Elapsed is the time since Run was called.
	Elapsed time.Duration

	engine *engine
	point  *point
}

// An Estimate is what is known of a point so far: of the statistic that
// measure.until names, or else of the median latency.
type Estimate struct {
	Metric   string
	Stat     spec.Stat
	Value    float64
	Interval stats.Interval // invalid where the samples do not support one
	Samples  int            // repetitions on which it rests
}

// Estimate computes the estimate of the current point. It is false where it has
// no sample yet, or where the run is too large to keep samples for a display.
func (p *Progress) Estimate() (Estimate, bool) { return p.engine.watch.estimate(p.point) }

// SamplesExpected is the number of repetitions that the run will have taken at
// its end. Under measure.until it is a guess from the points that ended.
func (p *Progress) SamplesExpected() int64 { n, _ := p.engine.forecast(); return n }

// ETA is the time that the rest of the run is expected to take. It is false
// while nothing is known.
func (p *Progress) ETA() (time.Duration, bool) { _, eta := p.engine.forecast(); return eta, eta >= 0 }

// Warnings are those that the run would end with if it ended now.
func (p *Progress) Warnings() []results.Warning { return p.engine.warnings() }
