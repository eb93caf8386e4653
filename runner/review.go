package runner

import (
	"context"

	"runx/internal/results"
	"runx/spec"
)

// A Verdict is how a run stands.
type Verdict struct {
	Outcome
	// FailedPoints are the indices of the points that were given up.
	FailedPoints []int64
}

// Review says of a run what [Run] said when it ended, going by the journal alone:
// it measures nothing and writes nothing.
func Review(ctx context.Context, s *spec.Spec, run *results.Run) (Verdict, error) {
	if err := run.Matches(s); err != nil {
		return Verdict{}, err
	}
	environment := run.Environment()
	return review(ctx, s, run, environment.Load/float64(max(environment.Cores, 1)))
}

// review is Review of any journal; load is that of each core when the run began.
func review(ctx context.Context, s *spec.Spec, j journal, load float64) (Verdict, error) {
	e, err := newReader(ctx, s, readOnly{j})
	if err != nil {
		return Verdict{}, err
	}
	if err := e.resume(); err != nil {
		return Verdict{}, err
	}
	e.seen.load = load
	e.out.Warnings, e.out.Reasons = e.warnings(), e.why.sorted()
	v := Verdict{Outcome: e.out}
	for i := range e.points {
		if e.points[i].phase == failed {
			v.FailedPoints = append(v.FailedPoints, e.points[i].index)
		}
	}
	return v, nil
}

// readOnly keeps an engine from recording what it learns from a journal.
type readOnly struct{ journal }

// End records nothing: the journal has it, or its samples show it.
func (readOnly) End(int64, results.Ending) error { return nil }
