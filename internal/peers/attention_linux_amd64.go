package main

import (
	"fmt"
	"math"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// attentionRatio is the figure of attention: OpenBLAS' speed with our softmax.
const attentionRatio = 1.0

type attend func(a *tensor.Arena, s tensor.AttentionShape, q, k, v, out []float32) error

// attentionRows compares both algorithms with the same computation on
// OpenBLAS and our SIMD softmax, in two forms: eager, which keeps the scores and
// the probabilities of all heads as our naive one does, and in place, which
// reuses one score matrix for all heads: the least memory without tiles. The
// faster of the two is the peer.
func attentionRows(b *bench) ([]row, error) {
	c := newAttentionCase(tensor.AttentionShape{Batch: 1, Heads: 8, SeqLen: 2048, HeadDim: 64})
	own := func(name string, call attend) side {
		out := make([]float32, c.Elems())
		return onThread(name, func() error { return call(c.arena, c.AttentionShape, c.q, c.k, c.v, out) }).into(out)
	}
	theirs := func(name string, call func(*openBLAS, *kernels.Set, []float32)) side {
		out := make([]float32, c.Elems())
		s := b.onBLAS(func(o *openBLAS) { call(o, b.set, out) }).into(out)
		s.name = "OpenBLAS " + name
		return s
	}
	return contest{
		name: "attention ", unit: milliseconds, figure: figure{ratio: attentionRatio},
		ours:      []side{own("naive", b.engine.NaiveAttention), own("flash", b.engine.FlashAttention)},
		theirs:    []side{theirs("eager", c.eager), theirs("in place", c.inPlace)},
		tolerance: 1e-5,
	}.run(b.rounds)
}

type attentionCase struct {
	tensor.AttentionShape
	arena         *tensor.Arena
	q, k, v       []float32
	scores, probs []float32
}

func newAttentionCase(s tensor.AttentionShape) *attentionCase {
	c := &attentionCase{AttentionShape: s, arena: tensor.NewArena()}
	for i, t := range []*[]float32{&c.q, &c.k, &c.v} {
		*t = normal(s.Elems(), uint64(i))
	}
	c.scores, c.probs = make([]float32, s.ScoreElems()), make([]float32, s.ScoreElems())
	return c
}

func (c *attentionCase) scale() float32 { return float32(1 / math.Sqrt(float64(c.HeadDim))) }

// head is that part of a tensor which belongs to one head.
func (c *attentionCase) head(t []float32, h int) []float32 {
	size := len(t) / (c.Batch * c.Heads)
	return t[h*size:][:size]
}

// eager does each step for all heads before the next step.
func (c *attentionCase) eager(peer *openBLAS, set *kernels.Set, out []float32) {
	n, d := c.SeqLen, c.HeadDim
	for h := range c.Batch * c.Heads {
		peer.multiply(n, n, d, c.scale(), c.head(c.q, h), c.head(c.k, h), true, c.head(c.scores, h))
	}
	for row := 0; row < len(c.scores); row += n {
		set.Softmax(c.probs[row:][:n], c.scores[row:][:n])
	}
	for h := range c.Batch * c.Heads {
		peer.multiply(n, d, n, 1, c.head(c.probs, h), c.head(c.v, h), false, c.head(out, h))
	}
}

// inPlace does all steps for one head before the next head.
func (c *attentionCase) inPlace(peer *openBLAS, set *kernels.Set, out []float32) {
	n, d := c.SeqLen, c.HeadDim
	scores := c.head(c.scores, 0)
	for h := range c.Batch * c.Heads {
		peer.multiply(n, n, d, c.scale(), c.head(c.q, h), c.head(c.k, h), true, scores)
		for row := 0; row < len(scores); row += n {
			set.Softmax(scores[row:][:n], scores[row:][:n])
		}
		peer.multiply(n, d, n, 1, scores, c.head(c.v, h), false, c.head(out, h))
	}
}

// memoryRows shows what each algorithm takes from its arena as the sequence
// grows, heads of 64. A ratio is how many times as much the naive one takes.
func memoryRows(b *bench) ([]row, error) {
	var rows []row
	for _, seqLen := range []int{512, 1024, 2048, 4096} {
		s := tensor.AttentionShape{Batch: 1, Heads: 8, SeqLen: seqLen, HeadDim: 64}
		x, out := make([]float32, s.Elems()), make([]float32, s.Elems())
		var peaks []float64
		for _, call := range []attend{b.engine.FlashAttention, b.engine.NaiveAttention} {
			arena := tensor.NewArena()
			if err := call(arena, s, x, x, x, out); err != nil {
				return nil, err
			}
			peaks = append(peaks, float64(arena.PeakBytes()))
		}
		rows = append(rows, row{
			name: fmt.Sprintf("flash attention, 8 heads × %d × 64", seqLen), unit: "bytes", peer: "naive",
			ours: peaks[0], theirs: peaks[1], ratio: peaks[1] / peaks[0],
		})
	}
	return rows, nil
}
