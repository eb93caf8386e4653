package spec

import (
	"iter"

	"runx/workloads"
)

// A Point is one combination of parameter values.
type Point struct {
	// Index is the place in the grid, from 0; included points follow it.
	Index int64
	// ID is [PointID] of the workload and the parameters.
	ID string
	// Params are complete and checked. They belong to the caller.
	Params workloads.Values
}

// Size is the number of indices that At accepts: the product of the axes,
// whatever where removes, and the included points.
func (s *Spec) Size() int64 { return 0 }

// At returns the point of an index in [0, Size). stays is false where a where
// clause removes it; err is an expression that cannot be evaluated there, or a
// computed value that is not one of its parameter's.
func (s *Spec) At(index int64) (p Point, stays bool, err error) { return Point{}, false, nil }

// Points yields the points that stay in the order of their indices. It ends
// after the first error.
func (s *Spec) Points() iter.Seq2[Point, error] { return func(func(Point, error) bool) {} }

// PointID identifies a point across specs and runs.
func PointID(workload string, params workloads.Values) string { return "" }
