package tensor

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor/kernels"
)

// attention64 is attention in float64 over q of [batch, queries, heads*d] and k,
// v of [batch, keys, kvHeads*d], written after its definition.
func attention64(s AttentionShape, q, k, v []float64) []float64 {
	d := s.HeadDim
	out := make([]float64, len(q))
	for i := range s.Batch * s.SeqLen * s.Heads {
		head, query, batch := i%s.Heads, i/s.Heads%s.SeqLen, i/s.Heads/s.SeqLen
		kvHead := head / (s.Heads / s.KVHeads)
		position := s.Keys - s.SeqLen + query
		row := func(x []float64, key int) []float64 {
			return x[((batch*s.Keys+key)*s.KVHeads+kvHead)*d:][:d]
		}
		weights, sum := make([]float64, s.Keys), 0.0
		for key := range weights {
			score := 0.0
			for z, x := range row(k, key) {
				score += x * q[i*d+z]
			}
			if !s.Causal || key <= position {
				weights[key] = math.Exp(score / math.Sqrt(float64(d)))
				sum += weights[key]
			}
		}
		for key, weight := range weights {
			for z, x := range row(v, key) {
				if sum > 0 {
					out[i*d+z] += weight / sum * x
				}
			}
		}
	}
	return out
}

// passCase is the inputs of one attention of a pass.
type passCase struct {
	AttentionShape
	algorithm Algorithm
	threads   int
	q, k, v   []float32 // normal values
	weights   []float32 // the loss is the sum of out*weights
}

func newPassCase(s AttentionShape, algorithm Algorithm, threads int, seed uint64) passCase {
	c := passCase{AttentionShape: s, algorithm: algorithm, threads: threads}
	for i, x := range []*[]float32{&c.q, &c.k, &c.v, &c.weights} {
		n := s.Batch * s.Heads * s.SeqLen * s.HeadDim
		if x == &c.k || x == &c.v {
			n = s.Batch * s.KVHeads * s.Keys * s.HeadDim
		}
		*x = make([]float32, n)
		FillNormal(*x, 4*seed+uint64(i))
	}
	return c
}

func (c *passCase) options() AttentionOptions {
	return AttentionOptions{Heads: c.Heads, KVHeads: c.KVHeads, Causal: c.Causal, Algorithm: c.algorithm}
}

func drawAttention(t *rapid.T, most int) AttentionShape {
	kvHeads := rapid.IntRange(1, 3).Draw(t, "kv_heads")
	return AttentionShape{
		Batch:   rapid.IntRange(0, 2).Draw(t, "batch"),
		KVHeads: kvHeads,
		Heads:   kvHeads * rapid.IntRange(1, 3).Draw(t, "group"),
		SeqLen:  rapid.IntRange(0, most).Draw(t, "queries"),
		Keys:    rapid.IntRange(0, most).Draw(t, "keys"),
		HeadDim: rapid.IntRange(1, 40).Draw(t, "head_dim"),
		Causal:  rapid.Bool().Draw(t, "causal"),
	}
}

// forEachAlgorithm runs a test for every algorithm on every set of kernels.
func forEachAlgorithm(t *testing.T, test func(t *testing.T, set *kernels.Set, algorithm Algorithm)) {
	for _, algorithm := range []Algorithm{Naive, Flash} {
		for _, set := range kernels.Supported() {
			t.Run(algorithm.String()+"/"+set.Name(), func(t *testing.T) {
				t.Parallel()
				test(t, set, algorithm)
			})
		}
	}
}

// tensorOf is data as a tensor from the arena, a parameter or not.
func tensorOf(t rapid.TB, a *Arena, parameter bool, data []float32, shape ...int) *Tensor {
	t.Helper()
	make := NewTensor
	if parameter {
		make = NewParameter
	}
	x, err := make(a, shape...)
	if err != nil {
		t.Fatal(err)
	}
	copy(x.Data(), data)
	return x
}

// tensors are q, k and v.
func (c *passCase) tensors(t rapid.TB, a *Arena, parameters [3]bool) (q, k, v *Tensor) {
	t.Helper()
	q = tensorOf(t, a, parameters[0], c.q, c.Batch, c.SeqLen, c.Heads*c.HeadDim)
	k = tensorOf(t, a, parameters[1], c.k, c.Batch, c.Keys, c.KVHeads*c.HeadDim)
	v = tensorOf(t, a, parameters[2], c.v, c.Batch, c.Keys, c.KVHeads*c.HeadDim)
	return q, k, v
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, e := range x {
		y[i] = float64(e)
	}
	return y
}

// checkForward compares the output with float64, q, k and v being normal.
func (c *passCase) checkForward(t rapid.TB, set *kernels.Set) {
	t.Helper()
	e := mustEngine(t, set, c.threads)
	defer e.Close()
	a := NewArena()
	q, k, v := c.tensors(t, a, [3]bool{})
	before := a.LiveBytes()
	p := NewPass(e, a, PassOptions{Gradients: true})
	// Memory is used again as it was left.
	used := p.Attention(q, k, v, c.options())
	for i := range used.Data() {
		used.Data()[i] = float32(math.NaN())
	}
	p.Free(used)
	out := p.Attention(q, k, v, c.options())
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	if want := before + int64(4*len(c.q)); a.LiveBytes() != want || p.Nodes() != 0 {
		t.Fatalf("%v: %d bytes are live and %d operations recorded, want %d bytes and none", c.AttentionShape, a.LiveBytes(), p.Nodes(), want)
	}
	want := attention64(c.AttentionShape, float64s(c.q), float64s(c.k), float64s(c.v))
	checkClose(t, c.AttentionShape, out.Data(), want, 5*attentionBound(c.AttentionShape, 1))
}

func checkClose(t rapid.TB, s AttentionShape, got []float32, want []float64, bound float64) {
	t.Helper()
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= bound) {
			t.Fatalf("%+v: element %d is %v, want %v ± %v", s, i, got[i], w, bound)
		}
	}
}

func TestPassAttentionAgainstFloat64(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		rapid.Check(t, func(t *rapid.T) {
			s := drawAttention(t, 50)
			c := newPassCase(s, algorithm, rapid.IntRange(1, 3).Draw(t, "threads"), rapid.Uint64().Draw(t, "seed"))
			c.checkForward(t, set)
		})
		// Several blocks, tiles and ranges.
		for _, size := range [][3]int{{1, 1, 2*flashCols + 3}, {4, 1, flashCols}, {60, 1, 1030}, {3, 100, 530}, {60, 3, 60}, {2, 60, 20}} {
			s := AttentionShape{Batch: 1, Heads: size[0], KVHeads: 1, SeqLen: size[1], Keys: size[2], HeadDim: 33, Causal: true}
			c := newPassCase(s, algorithm, 2, 1)
			c.checkForward(t, set)
		}
	})
}

func TestPassAttentionIsTheSameForAnyThreads(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		for _, s := range []AttentionShape{
			{Batch: 1, Heads: 4, KVHeads: 2, SeqLen: 150, Keys: 290, HeadDim: 20, Causal: true},
			{Batch: 3, Heads: 2, KVHeads: 2, SeqLen: 50, Keys: 50, HeadDim: 16},
			{Batch: 1, Heads: 2, KVHeads: 1, SeqLen: 1, Keys: 2100, HeadDim: 36},
		} {
			var first [3][]float32
			var firstOut []float32
			for _, threads := range []int{1, 2, 3, 5} {
				c := newPassCase(s, algorithm, threads, 1)
				out := c.output(t, set)
				gradients := c.gradients(t, set, [3]bool{true, true, true})
				if threads == 1 {
					first, firstOut = gradients, out
				}
				if !slices.Equal(firstOut, out) || !slices.EqualFunc(first[:], gradients[:], slices.Equal) {
					t.Errorf("%v: %d threads differ from 1", s, threads)
				}
			}
		}
	})
}

func (c *passCase) output(t rapid.TB, set *kernels.Set) []float32 {
	t.Helper()
	e, a := mustEngine(t, set, c.threads), NewArena()
	defer e.Close()
	p := NewPass(e, a, PassOptions{})
	q, k, v := c.tensors(t, a, [3]bool{})
	out := p.Attention(q, k, v, c.options())
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	return out.Data()
}

func TestAttentionFailures(t *testing.T) {
	t.Parallel()
	e, a := mustEngine(t, kernels.Best(), 1), NewArena()
	defer e.Close()
	x := func(shape ...int) *Tensor { return tensorOf(t, a, false, nil, shape...) }
	for want, call := range map[string]func(p *Pass) *Tensor{
		"heads must be at least 1": func(p *Pass) *Tensor {
			return p.Attention(x(1, 2, 6), x(1, 2, 6), x(1, 2, 6), AttentionOptions{})
		},
		"those of keys divide them": func(p *Pass) *Tensor {
			return p.Attention(x(1, 2, 6), x(1, 2, 4), x(1, 2, 4), AttentionOptions{Heads: 3, KVHeads: 2})
		},
		"algorithm 7": func(p *Pass) *Tensor {
			return p.Attention(x(1, 2, 6), x(1, 2, 6), x(1, 2, 6), AttentionOptions{Heads: 3, Algorithm: 7})
		},
		"[1, 2, 7], [1, 2, 7], [1, 2, 7]": func(p *Pass) *Tensor {
			return p.Attention(x(1, 2, 7), x(1, 2, 7), x(1, 2, 7), AttentionOptions{Heads: 3})
		},
		"[1, 2, 6], [1, 3, 6], [1, 2, 6]": func(p *Pass) *Tensor {
			return p.Attention(x(1, 2, 6), x(1, 3, 6), x(1, 2, 6), AttentionOptions{Heads: 3})
		},
		"[2, 2, 6], [1, 2, 6]": func(p *Pass) *Tensor {
			return p.Attention(x(2, 2, 6), x(1, 2, 6), x(1, 2, 6), AttentionOptions{Heads: 3})
		},
		"[2, 6], [2, 6]": func(p *Pass) *Tensor {
			return p.Attention(x(2, 6), x(2, 6), x(2, 6), AttentionOptions{Heads: 3})
		},
		"[1, 2, 6], [1, 2, 6], [1, 2, 6]": func(p *Pass) *Tensor {
			return p.Attention(x(1, 2, 6), x(1, 2, 6), x(1, 2, 6), AttentionOptions{Heads: 4, KVHeads: 2})
		},
		"not a tensor": func(p *Pass) *Tensor {
			return p.Attention(x(1, 2, 6), nil, x(1, 2, 6), AttentionOptions{Heads: 3})
		},
	} {
		p := NewPass(e, a, PassOptions{})
		if out := call(p); p.Err() == nil || !strings.Contains(p.Err().Error(), want) || out.Len() != 0 {
			t.Errorf("error %v, want %q", p.Err(), want)
		}
	}
}

// Scores that the machine has no room for are an error that leaves nothing.
func TestAttentionWithoutMemory(t *testing.T) {
	t.Parallel()
	const queries, keys = 1 << 21, 1 << 18 // 2 TiB of scores
	if available, known := availableBytes(); !known || available > 4*queries*keys {
		t.Skip("the scores might fit")
	}
	e, a := mustEngine(t, kernels.Best(), 1), NewArena()
	defer e.Close()
	q, k := tensorOf(t, a, true, nil, 1, queries, 1), tensorOf(t, a, false, nil, 1, keys, 1)
	for _, gradients := range []bool{false, true} {
		before := a.LiveBytes()
		p := NewPass(e, a, PassOptions{Gradients: gradients})
		p.Attention(q, k, k, AttentionOptions{Heads: 1})
		if _, ok := errors.AsType[*OutOfMemoryError](p.Err()); !ok || a.LiveBytes() != before || p.Nodes() != 0 {
			t.Errorf("gradients %v: error %v, %d bytes live after %d", gradients, p.Err(), a.LiveBytes(), before)
		}
	}
}

// Passes on one engine at once do not get in each other's way.
func TestAttentionOfSeveralPassesAtOnce(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		s := AttentionShape{Batch: 2, Heads: 4, KVHeads: 2, SeqLen: 70, Keys: 70, HeadDim: 16, Causal: true}
		alone := newPassCase(s, algorithm, 2, 5)
		want := alone.gradients(t, set, [3]bool{true, true, true})
		e := mustEngine(t, set, 2)
		defer e.Close()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 3 {
					a := NewArena()
					q, k, v := alone.tensors(t, a, [3]bool{true, true, true})
					p := NewPass(e, a, PassOptions{Gradients: true})
					alone.backward(t, p, p.Attention(q, k, v, alone.options()))
					for i, x := range []*Tensor{q, k, v} {
						if !slices.Equal(x.Grad(), want[i]) {
							t.Errorf("gradient %d is another than alone", i)
						}
					}
				}
			})
		}
		wg.Wait()
	})
}

func FuzzPassAttention(f *testing.F) {
	f.Add(uint8(1), uint8(2), uint8(3), uint16(5), uint16(7), uint8(3), true)
	f.Add(uint8(2), uint8(1), uint8(2), uint16(1), uint16(513), uint8(33), true)
	f.Add(uint8(1), uint8(1), uint8(1), uint16(97), uint16(257), uint8(3), false)
	f.Add(uint8(0), uint8(1), uint8(1), uint16(9), uint16(0), uint8(9), false)
	f.Fuzz(func(t *testing.T, batch, kvHeads, group uint8, queries, keys uint16, headDim uint8, causal bool) {
		s := AttentionShape{
			Batch: int(batch % 3), KVHeads: 1 + int(kvHeads%3), SeqLen: int(queries % 120), Keys: int(keys % 600),
			HeadDim: 1 + int(headDim%70), Causal: causal,
		}
		s.Heads = s.KVHeads * (1 + int(group%4))
		for _, set := range kernels.Supported() {
			for _, algorithm := range []Algorithm{Naive, Flash} {
				c := newPassCase(s, algorithm, 2, 1)
				c.checkForward(t, set)
				c.checkGradients(t, set, [3]bool{true, true, true})
			}
		}
	})
}

func ExampleAlgorithm() {
	fmt.Println(Naive, Flash)
	// Output: naive flash
}
