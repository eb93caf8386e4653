package compare

import (
	"context"
	"errors"

	"runx/internal/results"
)

// Options are how to compare; the zero value is how one usually wants it.
type Options struct {
	// Metrics are the names of those to compare; none stands for the latency and
	// all metrics of the workload and the spec of which less or more is better.
	Metrics []string
	// Margin is the relative change that is as good as none: 0 is [DefaultMargin].
	Margin float64
	// Confidence is that of the intervals: 0 is [DefaultConfidence].
	Confidence float64
}

// What an option that is not set stands for.
const (
	DefaultMargin     = 0.01
	DefaultConfidence = 0.95
)

// Runs compares two runs point by point.
func Runs(ctx context.Context, base, next *results.Reading, o Options) (*Comparison, error) {
	return nil, errors.ErrUnsupported
}

// Within compares the points of one run that differ in the parameter by alone:
// those of its first value are the base of all others. There is one comparison
// for each other value, in the order of the run; the corrections are over all of
// them together.
func Within(ctx context.Context, run *results.Reading, by string, o Options) ([]*Comparison, error) {
	return nil, errors.ErrUnsupported
}
