package runner

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"runx/internal/results"
	"runx/spec"
)

// resume takes over what the journal holds: a point goes on behind its last
// sample, and one that ended stays so. The time that one which did not end has
// spent is what its samples took. Only a sample that is ok shows that its answer
// was verified.
func (e *engine) resume() error {
	var at spec.Point
	var last *point // whose repetition is under way
	for row, err := range e.journal.Samples() {
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		p := e.find(row.Point)
		if p == nil {
			return fmt.Errorf("the journal has a sample of point %d, which the spec does not have", row.Point)
		}
		begins := row.Status != results.OK || p != last || int32(row.Rep) >= p.reps
		if last != nil && begins {
			e.watch.close(last)
			last = nil
		}
		e.resumeRow(p, row)
		if row.Status != results.OK {
			e.resumeFailure(p, row.Status)
			continue
		}
		if e.watch.computed != nil && at.Index != row.Point || at.Params == nil {
			if at, err = e.describe(p); err != nil {
				return err
			}
		}
		e.watch.add(at, row.Values)
		last = p
		if int32(row.Rep) >= p.reps { // not one more row of the same repetition
			p.reps, p.attempts, p.ok = int32(row.Rep)+1, 0, p.ok+1
			e.reps++
		}
	}
	if last != nil {
		e.watch.close(last)
	}
	for i := range e.points {
		if err := e.resumeEnd(&e.points[i]); err != nil {
			return err
		}
	}
	return nil
}

// resumeRow takes over what any row says of its point.
func (e *engine) resumeRow(p *point, row *results.Sample) {
	p.defined = true
	p.verified = p.verified || row.Status == results.OK
	e.count(row)
	if wall := len(e.watch.names) - 1; len(row.Values) > wall && !math.IsNaN(row.Values[wall]) {
		p.spent += time.Duration(row.Values[wall] * float64(time.Millisecond))
	}
}

// resumeEnd ends a point that has ended before, by its samples or by what the
// journal says.
func (e *engine) resumeEnd(p *point) error {
	switch e.journal.Ended(p.index) {
	case results.SpentBudget:
		p.spent = max(p.spent, e.allowed(p))
	case results.GivenUp:
		p.phase = failed
	}
	if p.reps == 0 && p.phase == pending {
		return nil
	}
	if err := e.judge(p); err != nil {
		return err
	}
	if p.phase != pending {
		p.values = nil
	}
	return nil
}

// find returns the point of an index of the grid; nil is none.
func (e *engine) find(index int64) *point {
	i, found := slices.BinarySearchFunc(e.points, index, func(p point, index int64) int { return cmp.Compare(p.index, index) })
	if !found {
		return nil
	}
	return &e.points[i]
}

// resumeFailure takes over a failed attempt. The one that stopped the run is
// forgotten: to go on is to try it again.
func (e *engine) resumeFailure(p *point, status results.Status) {
	if status != results.Skipped && e.spec.Measure.OnError == spec.Stop {
		return
	}
	e.countFailure(p, &failure{status: status, retry: true})
}
