package runner

import (
	"context"
	"errors"
	"iter"
	"time"

	"runx/internal/results"
	"runx/spec"
)

// journal is what the runner needs of a [results.Run].
type journal interface {
	Point(spec.Point) error
	Append(*results.Sample) error
	Samples() iter.Seq2[*results.Sample, error]
	Finish(results.RunStatus) error
}

type engine struct{}
type point struct{}

func newEngine(s *spec.Spec, j journal, opts Options) (*engine, error) {
	return nil, errors.New("not yet")
}

func (e *engine) run(ctx context.Context) (Outcome, error) { return Outcome{}, nil }

func (e *engine) estimate(p *point) (Estimate, bool) { return Estimate{}, false }

func (e *engine) forecast() (samples int64, eta time.Duration) { return 0, -1 }

func (e *engine) warnings() []results.Warning { return nil }
