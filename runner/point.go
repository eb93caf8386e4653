package runner

import (
	"context"
	"fmt"
	"time"

	"runx/spec"
)

// MaxPoints bounds the points of one run, which it holds in memory: about 100
// bytes each, and at 5 µs a sample it takes a minute to visit each once.
const MaxPoints = 10_000_000

// A point is what the runner remembers of one point: where it is in the grid,
// and how far it is. Its parameters are made again when they are needed.
type point struct {
	index    int64
	spent    time.Duration // in setup and sampling
	values   []float64     // of the watched metric, one per repetition
	slot     *slot         // nil while not open
	reps     int32         // repetitions that are done, well or not
	ok       int32         // those that went well
	attempts int32         // failures of the next repetition so far
	phase    phase
	verified bool
	defined  bool // in the journal
}

// A phase is where a point is.
type phase uint8

const (
	pending  phase = iota // needs samples
	finished              // has what it needs, or what its budget allows
	failed                // was given up
	skipped               // is not supported here
)

// enumerate makes the record of each point that stays.
func enumerate(ctx context.Context, s *spec.Spec) ([]point, error) {
	var points []point
	for index, err := range s.Indices(ctx) {
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, errInterrupted
		case err != nil:
			return nil, fmt.Errorf("expand the grid: %w", err)
		}
		if len(points) == MaxPoints {
			return nil, fmt.Errorf("the grid has more than %d points, too many for one run", MaxPoints)
		}
		points = append(points, point{index: index})
	}
	if len(points) == 0 { // a grid so large that this was not found before
		return nil, fmt.Errorf("where removes every point: none of %d is left", s.Size())
	}
	return points, nil
}
