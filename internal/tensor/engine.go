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
	naive  naiveCall
	flash  flashCall
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

// NaiveAttention computes softmax(q*kᵀ/sqrt(HeadDim))*v into out as eager
// frameworks do, one operation after the other: all scores, the causal mask,
// the softmax into a second tensor, the product with v. The score tensor and
// the probability tensor, each [Batch, Heads, SeqLen, SeqLen], are taken from
// the arena whole, besides copies of k and v in the order that the kernels
// read; all are freed at the end. out must not overlap q, k or v.
//
// NaN and Inf in the inputs give NaN in the rows of out that they reach.
// A row whose scores are all -Inf attends to nothing and gives zeros.
func (e *Engine) NaiveAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkCall(a, q, k, v, out); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.naive = naiveCall{attention: attention{AttentionShape: s, q: q, k: k, v: v, out: out}}
	defer func() { e.naive = naiveCall{} }()
	return e.naive.run(e.team, a)
}

// FlashAttention computes the same as NaiveAttention, up to rounding, in tiles
// with an online softmax: T. Dao et al., "FlashAttention", arXiv 2205.14135
// (2022), algorithm 1. The score tensor never exists; memory is linear in
// SeqLen: copies of k and v in the order that the kernels read, and one tile
// for each thread. With Causal, tiles above the diagonal are skipped. out must
// not overlap q, k or v.
func (e *Engine) FlashAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkCall(a, q, k, v, out); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.flash = flashCall{attention: attention{AttentionShape: s, q: q, k: k, v: v, out: out}}
	defer func() { e.flash = flashCall{} }()
	return e.flash.run(e.team, a)
}
