package main

import (
	"context"
	"fmt"
	"time"

	"runx/internal/report"
	"runx/runner"
	"runx/spec"
)

// countFor is how long one waits for the number of points that where leaves. A
// grid for which that is too short is reported as "at least": the answer must
// come while one waits for it.
const countFor = 1500 * time.Millisecond

// silentFor is how long a run counts its points before it says so.
const silentFor = time.Second

// A tally is how many points stay, as far as they have been counted.
type tally struct {
	n     int64
	exact bool // all are counted
	final bool // there is no time for more
}

// countPoints counts for so long.
func countPoints(ctx context.Context, s *spec.Spec, patience time.Duration) (tally, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	n, complete, err := s.Count(ctx)
	if err != nil {
		return tally{}, usageError{err}
	}
	return tally{n: n, exact: complete, final: complete || patience >= countFor}, nil
}

// text renders a count that may be a part of the whole.
func (c tally) text(n int64, noun string) string {
	if c.exact {
		return plural(n, noun)
	}
	return "at least " + plural(n, noun)
}

// tooLarge is the error of a spec with more points than one run can have, nil
// where it has not, as far as they have been counted.
func (c tally) tooLarge(path string, s *spec.Spec) error {
	if c.n <= runner.MaxPoints {
		return nil
	}
	grid := plural(s.Size(), "point")
	if c.n < s.Size() {
		grid = report.Count(c.n) + " points or more stay of a grid of " + report.Count(s.Size())
	} else {
		grid = "the grid has " + grid
	}
	return withHint(usagef("%s: %s, one run measures %s at most", report.Printable(path), grid, report.Count(runner.MaxPoints)),
		"take fewer values in an axis, or leave more out with where; runx plan %s lists the first points", shellQuote([]string{path}))
}

// admit refuses a spec with more points than one run can have before anything is
// written. A vast grid of which where leaves little takes long to count.
func admit(ctx context.Context, t *terminal, path string, s *spec.Spec) error {
	if s.Size() <= runner.MaxPoints {
		return nil
	}
	slow := time.AfterFunc(silentFor, func() {
		t.note("%s: counting the points that where leaves of %s", s.Name, plural(s.Size(), "point"))
	})
	defer slow.Stop()
	n, complete, err := s.CountPast(ctx, runner.MaxPoints)
	switch {
	case err != nil:
		return usageError{err}
	case ctx.Err() != nil:
		return exitError{exitInterrupted}
	}
	return tally{n: n, exact: complete}.tooLarge(path, s)
}

// sizeText says how many points there are, of how many.
func (c tally) sizeText(s *spec.Spec) string {
	if c.exact && c.n == s.Size() {
		return "a grid of " + plural(s.Size(), "point")
	}
	return fmt.Sprintf("%s of a grid of %s", c.text(c.n, "point"), report.Count(s.Size()))
}
