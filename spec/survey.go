package spec

import (
	"context"
	"maps"
	"math/rand/v2"
	"time"

	"runx/internal/document"
	"runx/workloads"
)

// These bound what is looked at before a run: enough to check any grid that a
// person runs, and seconds at worst.
const (
	checkedPlaces  = 100_000
	probedPlaces   = 10_000
	searchedPlaces = 200_000
	checkedTime    = 10 * time.Second
)

// checkPoints evaluates the points of the grid, all or the first ones, and
// reports the first failure of each expression, why the workload refuses
// points, and a grid without any point.
func (b *builder) checkPoints() {
	sp := b.spec.space
	b.checkIncluded()
	if sp.gridSize == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, checkedTime)
	defer cancel()
	s := sp.survey(ctx.Done(), b.workload.Check)
	for _, failure := range s.failures {
		b.problems = append(b.problems, failure...)
	}
	b.reportConflicts(&s.conflicts, s.complete)
	if s.found {
		b.warnIdle(s.first, s.last)
	}
	if s.found || len(s.failures) > 0 || len(sp.include) > 0 {
		return
	}
	at := b.doc.Where[0].Position
	if s.complete {
		b.problems.Add(at, "", "where removes every point: none of %d is left", sp.gridSize)
		return
	}
	if n, found := sp.search(ctx.Done()); !found {
		b.warnings.Add(at, "", "where may remove every point: it leaves none of the %d places looked at in a grid of %d points", n, sp.gridSize)
	}
}

// A survey is what a bounded look at a grid has found.
type survey struct {
	failures  []document.Problems // the first of each expression
	conflicts conflicts           // of the points that stay
	found     bool                // a point stays
	first     int64               // the first one that does
	last      int64
	complete  bool // every point was looked at
}

func (sp *space) survey(done <-chan struct{}, check func(workloads.Values) error) survey {
	s := survey{conflicts: conflicts{check: check}}
	failed := map[*expression]bool{}
	note := func(st step, err error) {
		if p, ok := err.(document.Problems); ok && !failed[st.expr] {
			failed[st.expr] = true
			s.failures = append(s.failures, p)
		}
	}
	w := &walker{space: sp, env: maps.Clone(sp.fixed), done: done, places: checkedPlaces}
	w.onError = func(st step, err error) bool {
		note(st, err)
		return true
	}
	w.walk(len(sp.axes), func(index int64) bool {
		if !s.found {
			s.first = index
		}
		s.found, s.last = true, index
		if _, st, err := w.settle(sp.late); err != nil {
			note(st, w.describe(st, len(sp.axes), err))
			return true
		}
		s.conflicts.ask(w)
		return true
	})
	s.complete = !w.stopped
	return s
}

// search looks further for one point that stays: at places drawn from the
// whole grid, then in order. It returns how many it looked at.
func (sp *space) search(done <-chan struct{}) (places int, found bool) {
	w := &walker{space: sp, env: maps.Clone(sp.fixed), done: done, places: searchedPlaces}
	draw := rand.New(rand.NewPCG(1, 2))
	for range probedPlaces {
		if w.interrupted() {
			return w.visited, false
		}
		if stays, err := w.at(draw.Int64N(sp.gridSize)); stays && err == nil {
			return 0, true
		}
	}
	w.onError = func(step, error) bool { return true }
	w.walk(len(sp.axes), func(int64) bool {
		found = true
		return false
	})
	return w.visited, found
}
