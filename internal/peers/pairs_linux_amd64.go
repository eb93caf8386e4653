package main

import (
	"fmt"
	"math"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// product is a matrix product to measure: m×k by k×n, b transposed or not.
type product struct {
	name       string
	m, n, k    int
	transposed bool
}

func products() []product {
	return []product{
		{"sgemm 256³", 256, 256, 256, false},
		{"sgemm 512³", 512, 512, 512, false},
		{"sgemm 1024³", 1024, 1024, 1024, false},
		{"sgemm 2048³", 2048, 2048, 2048, false},
		{"sgemm q·kᵀ 2048×2048×64", 2048, 2048, 64, true},
		{"sgemm p·v 2048×64×2048", 2048, 64, 2048, false},
	}
}

// repeatFlops makes one timed call long enough for the clock.
const repeatFlops = 1e9

// pair gives both the same inputs and outputs of their own.
func (p product) pair(team *kernels.Team, peer *openBLAS) pair {
	a, b := make([]float32, p.m*p.k), make([]float32, p.k*p.n)
	tensor.FillNormal(a, 1)
	tensor.FillNormal(b, 2)
	own, theirs := make([]float32, p.m*p.n), make([]float32, p.m*p.n)
	right := kernels.RowMajor(b, p.k, p.n)
	if p.transposed {
		right = kernels.RowMajor(b, p.n, p.k).Transposed()
	}
	flops := 2 * float64(p.m) * float64(p.n) * float64(p.k)
	times := int(math.Ceil(repeatFlops / flops))
	return pair{
		name: p.name, flops: flops * float64(times),
		own: func() error {
			for range times {
				if err := team.Gemm(1, kernels.RowMajor(a, p.m, p.k), right, 0, kernels.RowMajor(own, p.m, p.n)); err != nil {
					return err
				}
			}
			return nil
		},
		peer: func() error {
			for range times {
				peer.multiply(p.m, p.n, p.k, 1, a, b, p.transposed, theirs)
			}
			return nil
		},
		agree: func() error { return agree(own, theirs, 1e-4*math.Sqrt(float64(p.k))) },
	}
}

// attentionPairs compares both algorithms with the same computation on
// OpenBLAS and our SIMD softmax, in two forms: eager, which keeps the scores and
// the probabilities of all heads as our naive one does, and in place, which
// reuses one score matrix for all heads: the least memory without tiles.
func attentionPairs(engine *tensor.Engine, set *kernels.Set, peer *openBLAS, s tensor.AttentionShape) []pair {
	c := newAttentionCase(s)
	var pairs []pair
	for _, own := range []struct {
		name string
		call func(*tensor.Arena, tensor.AttentionShape, []float32, []float32, []float32, []float32) error
	}{{"naive", engine.NaiveAttention}, {"flash", engine.FlashAttention}} {
		for _, theirs := range []struct {
			name string
			call func(*openBLAS, *kernels.Set)
		}{{"eager", c.eager}, {"in place", c.inPlace}} {
			pairs = append(pairs, pair{
				name:   fmt.Sprintf("attention %s, OpenBLAS %s", own.name, theirs.name),
				figure: true,
				flops:  s.Flops(),
				own:    func() error { return own.call(c.arena, s, c.q, c.k, c.v, c.own) },
				peer:   func() error { theirs.call(peer, set); return nil },
				agree:  func() error { return agree(c.own, c.theirs, 1e-5) },
			})
		}
	}
	return pairs
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
		*t = make([]float32, s.Elems())
		tensor.FillNormal(*t, uint64(i))
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

// agree returns an error where two results differ by more than the tolerance: a
// comparison of speed means nothing between different results.
func agree(own, theirs []float32, tolerance float64) error {
	for i := range own {
		if diff := math.Abs(float64(own[i]) - float64(theirs[i])); !(diff <= tolerance) {
			return fmt.Errorf("element %d is %v, by OpenBLAS %v", i, own[i], theirs[i])
		}
	}
	return nil
}
