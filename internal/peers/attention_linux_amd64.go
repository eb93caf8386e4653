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
	var contests []contest
	for _, own := range []struct {
		name string
		call attend
	}{{"naive", b.engine.NaiveAttention}, {"flash", b.engine.FlashAttention}} {
		contests = append(contests, contest{
			name: "attention " + own.name, unit: milliseconds, figure: figure{ratio: attentionRatio},
			ours: onThread("ours", func() error { return own.call(c.arena, c.AttentionShape, c.q, c.k, c.v, c.own) }).into(c.own),
			theirs: []side{
				named("OpenBLAS eager", b.onBLAS(func(o *openBLAS) { c.eager(o, b.set) }).into(c.theirs)),
				named("OpenBLAS in place", b.onBLAS(func(o *openBLAS) { c.inPlace(o, b.set) }).into(c.theirs)),
			},
			tolerance: 1e-5,
		})
	}
	return runAll(b.rounds, contests)
}

func named(name string, s side) side {
	s.name = name
	return s
}

type attentionCase struct {
	tensor.AttentionShape
	arena         *tensor.Arena
	q, k, v       []float32
	own, theirs   []float32
	scores, probs []float32
}

func newAttentionCase(s tensor.AttentionShape) *attentionCase {
	c := &attentionCase{AttentionShape: s, arena: tensor.NewArena()}
	for i, t := range []*[]float32{&c.q, &c.k, &c.v, &c.own, &c.theirs} {
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
func (c *attentionCase) eager(peer *openBLAS, set *kernels.Set) {
	n, d := c.SeqLen, c.HeadDim
	for h := range c.Batch * c.Heads {
		peer.multiply(n, n, d, c.scale(), c.head(c.q, h), c.head(c.k, h), true, c.head(c.scores, h))
	}
	for row := 0; row < len(c.scores); row += n {
		set.Softmax(c.probs[row:][:n], c.scores[row:][:n])
	}
	for h := range c.Batch * c.Heads {
		peer.multiply(n, d, n, 1, c.head(c.probs, h), c.head(c.v, h), false, c.head(c.theirs, h))
	}
}

// inPlace does all steps for one head before the next head.
func (c *attentionCase) inPlace(peer *openBLAS, set *kernels.Set) {
	n, d := c.SeqLen, c.HeadDim
	scores := c.head(c.scores, 0)
	for h := range c.Batch * c.Heads {
		peer.multiply(n, n, d, c.scale(), c.head(c.q, h), c.head(c.k, h), true, scores)
		for row := 0; row < len(scores); row += n {
			set.Softmax(scores[row:][:n], scores[row:][:n])
		}
		peer.multiply(n, d, n, 1, scores, c.head(c.v, h), false, c.head(c.theirs, h))
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
