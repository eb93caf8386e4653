package tensor

import (
	"errors"
	"fmt"
	"sync/atomic"

	"runx/internal/tensor/kernels"
)

// MaxThreads bounds the threads of one engine.
const MaxThreads = 1024

// ErrClosed is returned by an engine that has been closed.
var ErrClosed = errors.New("engine is closed")

// Engine computes with a fixed number of threads, on the fastest kernels that
// the machine has. Its goroutines wait between calls. Several goroutines may use
// it at once: all calls together never compute on more threads than it has.
type Engine struct {
	team   *kernels.Team
	closed atomic.Bool
	// The states of calls of attention.
	naives   kernels.FreeList[naiveCall]
	flashes  kernels.FreeList[flashCall]
	rotaries rotaryTables
}

// NewEngine returns an engine that computes with the given number of threads,
// at least 1 and at most MaxThreads. Close ends its workers.
func NewEngine(threads int) (*Engine, error) { return newEngine(kernels.Best(), threads) }

func newEngine(set *kernels.Set, threads int) (*Engine, error) {
	if threads < 1 || threads > MaxThreads {
		return nil, fmt.Errorf("engine with %d threads: must be from 1 to %d", threads, MaxThreads)
	}
	return &Engine{team: kernels.NewTeam(set, threads)}, nil
}

// Threads is the number of threads that the engine computes with.
func (e *Engine) Threads() int { return e.team.Threads() }

// Kernels names the instruction set in use: avx512, avx2 or portable.
func (e *Engine) Kernels() string { return e.team.Set().Name() }

// running is the team, unless the engine has been closed.
func (e *Engine) running() (*kernels.Team, error) {
	if e.closed.Load() {
		return nil, ErrClosed
	}
	return e.team, nil
}

// Run does the steps one after the other, the parts of each on the engine's
// threads; see kernels.Team. Parts must not use the engine.
func (e *Engine) Run(steps ...kernels.Step) error {
	team, err := e.running()
	if err != nil {
		return err
	}
	return team.Run(steps...)
}

// gemm computes c = alpha*a*b + beta*c on the team.
func (e *Engine) gemm(alpha float32, a, b kernels.Matrix, beta float32, c kernels.Matrix) error {
	team, err := e.running()
	if err != nil {
		return err
	}
	return team.Gemm(alpha, a, b, beta, c)
}

// Close ends the workers; calls that begin later return ErrClosed, calls that
// have begun end as they should. Closing again does nothing.
func (e *Engine) Close() {
	if !e.closed.Swap(true) {
		e.team.Close()
	}
}
