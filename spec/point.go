package spec

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"

	"runx/workloads"
)

// A Point is one combination of parameter values.
type Point struct {
	// Index is the place in the grid, from 0; included points follow it.
	Index int64
	// ID identifies the point across specs and runs: 16 hexadecimal digits of a
	// hash of the workload and the parameters.
	ID string
	// Params are complete and checked. They belong to the caller.
	Params workloads.Values
}

// Size is the number of indices that At accepts: the product of the axes,
// whatever where removes, and the included points.
func (s *Spec) Size() int64 { return s.space.gridSize + int64(len(s.space.include)) }

// At returns the point of an index in [0, Size). stays is false where a where
// clause removes it; err is an expression that cannot be evaluated there, or a
// computed value that is not one of its parameter's. It is safe for concurrent
// use.
func (s *Spec) At(index int64) (p Point, stays bool, err error) {
	sp := s.space
	if index < 0 || index >= s.Size() {
		return Point{}, false, fmt.Errorf("point %d is outside the %d of the spec", index, s.Size())
	}
	if index >= sp.gridSize {
		return sp.included(index), true, nil
	}
	w := sp.newWalker()
	defer sp.release(w)
	stays, err = w.at(index)
	if err != nil || !stays {
		return Point{}, false, err
	}
	return sp.point(index, maps.Clone(w.env)), true, nil
}

// Points yields the points that stay in the order of their indices. It ends
// after the first error.
func (s *Spec) Points() iter.Seq2[Point, error] { return s.PointsUntil(context.Background()) }

// PointsUntil is Points for a grid so large that the next point which stays may
// be far away: when the context ends it yields its error and ends too.
func (s *Spec) PointsUntil(ctx context.Context) iter.Seq2[Point, error] {
	return func(yield func(Point, error) bool) {
		s.visit(ctx, func(w *walker, index int64, err error) bool {
			switch {
			case err != nil:
				return yield(Point{}, err)
			case index >= s.space.gridSize:
				return yield(s.space.included(index), nil)
			}
			return yield(s.space.point(index, maps.Clone(w.env)), nil)
		})
	}
}

// Indices are those of the points that PointsUntil yields, for who does not need
// their parameters yet.
func (s *Spec) Indices(ctx context.Context) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		s.visit(ctx, func(_ *walker, index int64, err error) bool { return yield(index, err) })
	}
}

// visit goes to the points that stay, and then to the included ones, until one
// of them is wrong, the context ends, or at returns false. The walker stands at
// the point where that is one of the grid.
func (s *Spec) visit(ctx context.Context, at func(w *walker, index int64, err error) bool) {
	sp := s.space
	w := sp.newWalker()
	defer sp.release(w)
	w.done = ctx.Done()
	w.onError = func(_ step, err error) bool {
		at(w, 0, err)
		return false
	}
	if sp.gridSize > 0 {
		w.walk(len(sp.axes), func(index int64) bool {
			if err := w.finish(); err != nil {
				at(w, 0, err)
				return false
			}
			return at(w, index, nil)
		})
	}
	if w.cut {
		at(w, 0, context.Cause(ctx))
	}
	for i := range sp.include {
		if w.stopped {
			return
		}
		w.stopped = !at(w, sp.gridSize+int64(i), nil)
	}
}

// Count counts the points that Points yields without making them. It counts
// until the context ends; complete is false then, and n what was found.
func (s *Spec) Count(ctx context.Context) (n int64, complete bool, err error) {
	return s.CountPast(ctx, math.MaxInt64)
}

// CountPast is Count that also ends, incomplete, when it has found more than
// most points.
func (s *Spec) CountPast(ctx context.Context, most int64) (n int64, complete bool, err error) {
	sp := s.space
	n = int64(len(sp.include))
	if sp.gridSize == 0 {
		return n, true, nil
	}
	w := sp.newWalker()
	defer sp.release(w)
	w.onError = func(_ step, failure error) bool {
		err = failure
		return false
	}
	bottom := sp.countingLevel()
	below := sp.below(bottom)
	w.done = ctx.Done()
	w.walk(bottom, func(int64) bool {
		n += below
		return n <= most
	})
	return n, !w.stopped, err
}

func (sp *space) included(index int64) Point {
	return sp.point(index, maps.Clone(sp.include[index-sp.gridSize]))
}

func (sp *space) point(index int64, params workloads.Values) Point {
	return Point{Index: index, ID: pointID(sp.workload, sp.names, params), Params: params}
}
