package tensor

import (
	"errors"
	"fmt"
	"sync"

	"runx/internal/tensor/kernels"
)

// MaxThreads bounds the threads of one engine.
const MaxThreads = 1024

// ErrClosed is returned by an engine that has been closed.
var ErrClosed = errors.New("engine is closed")

// Engine computes with a fixed number of threads, on the fastest kernels that
// the machine has. Its goroutines wait between calls; calls from several
// goroutines come one after another, so that they do not share the threads.
type Engine struct {
	mu     sync.Mutex
	team   *kernels.Team
	closed bool
	// attentions are calls of attention that can be used again.
	attentions attentionPools
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

// begin claims the team for one call; end gives it back.
func (e *Engine) begin() (*kernels.Team, error) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil, ErrClosed
	}
	return e.team, nil
}

func (e *Engine) end() { e.mu.Unlock() }

// run does the steps on the team.
func (e *Engine) run(steps ...kernels.Step) error {
	team, err := e.begin()
	if err != nil {
		return err
	}
	defer e.end()
	return team.Run(steps...)
}

// gemm computes c = alpha*a*b + beta*c on the team.
func (e *Engine) gemm(alpha float32, a, b kernels.Matrix, beta float32, c kernels.Matrix) error {
	team, err := e.begin()
	if err != nil {
		return err
	}
	defer e.end()
	return team.Gemm(alpha, a, b, beta, c)
}

// Close ends the workers; the engine then returns ErrClosed. Closing again does
// nothing.
func (e *Engine) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.closed = true
		e.team.Close()
	}
}
