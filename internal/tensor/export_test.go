package tensor

import "runx/internal/tensor/kernels"

// NewEngineOn is an engine on a given set, for tests from outside.
func NewEngineOn(set *kernels.Set, threads int) *Engine {
	e, err := newEngine(set, threads)
	if err != nil {
		panic(err)
	}
	return e
}
