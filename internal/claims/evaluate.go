package claims

import (
	"context"

	"runx/internal/results"
)

// Options say how claims are judged; the zero value is what a run uses.
type Options struct {
	// Resamples is how many resamples of a claim are drawn; 0 is 2000.
	Resamples int
	// Seed makes the resamples; the same seed gives the same judgements, on any
	// number of cores.
	Seed uint64
}

// Evaluate judges all claims of a run: the claims in the order of the spec, and
// of each the groups in the order of the grid.
func Evaluate(ctx context.Context, r *results.Reading, o Options) ([]Judgement, error) {
	return nil, nil
}
