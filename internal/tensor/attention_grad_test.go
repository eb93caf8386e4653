package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor/kernels"
)

// gradients are those of the sum of out*weights for q, k and v, nil where they
// are no parameters.
func (c *passCase) gradients(t rapid.TB, set *kernels.Set, parameters [3]bool) [3][]float32 {
	t.Helper()
	e := mustEngine(t, set, c.threads)
	defer e.Close()
	a := NewArena()
	q, k, v := c.tensors(t, a, parameters)
	p := NewPass(e, a, PassOptions{Gradients: true})
	c.backward(t, p, p.Attention(q, k, v, c.options()))
	var gradients [3][]float32
	for i, x := range []*Tensor{q, k, v} {
		gradients[i] = slices.Clone(x.Grad())
		p.Free(x)
	}
	if p.Err() != nil || a.LiveBytes() != 0 {
		t.Fatalf("%v: error %v, %d bytes are live in the end", c.AttentionShape, p.Err(), a.LiveBytes())
	}
	return gradients
}

// backward goes back from the sum of out*weights and frees out.
func (c *passCase) backward(t rapid.TB, p *Pass, out *Tensor) {
	t.Helper()
	weights, err := FromSlice(c.weights, out.Shape()...)
	if err != nil {
		t.Fatal(err)
	}
	weighted := p.Mul(out, weights)
	scaled := p.Scale(weighted, float32(len(c.weights)))
	loss := p.Mean(scaled)
	p.Free(out, weighted, scaled)
	if err := p.Backward(loss); err != nil {
		t.Fatal(err)
	}
	p.Free(loss)
}

// loss64 is the loss at inputs moved by step in a direction.
func (c *passCase) loss64(direction [3][]float64, step float64) float64 {
	var x [3][]float64
	for i, data := range [][]float32{c.q, c.k, c.v} {
		x[i] = float64s(data)
		for j := range direction[i] {
			x[i][j] += step * direction[i][j]
		}
	}
	loss := 0.0
	for i, y := range attention64(c.AttentionShape, x[0], x[1], x[2]) {
		loss += y * float64(c.weights[i])
	}
	return loss
}

// slope is the derivative of the loss in a direction, by central differences.
func (c *passCase) slope(direction [3][]float64) float64 {
	const step = 1e-4
	return (c.loss64(direction, step) - c.loss64(direction, -step)) / (2 * step)
}

// checkGradients compares the gradient of each input with central differences
// of the float64 reference in some random directions.
func (c *passCase) checkGradients(t rapid.TB, set *kernels.Set, parameters [3]bool) {
	t.Helper()
	const directions, tolerance = 2, 1e-4
	if len(c.q) == 0 {
		return // there is no loss
	}
	gradients := c.gradients(t, set, parameters)
	r := rand.New(rand.NewPCG(1, 2))
	for input, gradient := range gradients {
		if (gradient != nil) != parameters[input] {
			t.Fatalf("%v: input %d has a gradient: %v", c.AttentionShape, input, gradient != nil)
		}
		for n := 0; n < directions && gradient != nil; n++ {
			var direction [3][]float64
			direction[input] = make([]float64, len(gradient))
			got, size := 0.0, 0.0
			for i := range gradient {
				direction[input][i] = r.NormFloat64()
				got += direction[input][i] * float64(gradient[i])
				size += float64(gradient[i]) * float64(gradient[i])
			}
			if want, bound := c.slope(direction), tolerance*(1+math.Sqrt(size)); !(math.Abs(got-want) <= bound) {
				t.Fatalf("%+v: gradient of input %d in a direction is %v, want %v ± %v", c.AttentionShape, input, got, want, bound)
			}
		}
	}
}

func TestAttentionGradientAgainstDifferences(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		rapid.Check(t, func(t *rapid.T) {
			s := drawAttention(t, 12)
			c := newPassCase(s, algorithm, rapid.IntRange(1, 3).Draw(t, "threads"), rapid.Uint64().Draw(t, "seed"))
			wanted := rapid.IntRange(1, 7).Draw(t, "parameters")
			c.checkGradients(t, set, [3]bool{wanted&1 > 0, wanted&2 > 0, wanted&4 > 0})
		})
		// Several blocks and tiles.
		for _, lengths := range [][2]int{{flashGradRows + 30, flashGradCols + 50}, {flashGradRows + 1, 20}, {1, flashGradCols + 1}} {
			for _, threads := range []int{1, 2} {
				s := AttentionShape{Batch: 1, Heads: 2, KVHeads: 1, SeqLen: lengths[0], Keys: lengths[1], HeadDim: 7, Causal: true}
				c := newPassCase(s, algorithm, threads, 1)
				c.checkGradients(t, set, [3]bool{true, true, true})
			}
		}
	})
}

// Each element by itself, where all are large enough to be compared.
func TestAttentionGradientOfEachElement(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		s := AttentionShape{Batch: 2, Heads: 4, KVHeads: 2, SeqLen: 3, Keys: 5, HeadDim: 3, Causal: true}
		c := newPassCase(s, algorithm, 2, 9)
		for input, gradient := range c.gradients(t, set, [3]bool{true, true, true}) {
			for i, got := range gradient {
				var direction [3][]float64
				direction[input] = make([]float64, len(gradient))
				direction[input][i] = 1
				if want := c.slope(direction); !(math.Abs(float64(got)-want) <= 1e-5) {
					t.Fatalf("gradient of input %d, element %d is %v, want %v", input, i, got, want)
				}
			}
		}
	})
}

// One tensor as q, k and v has the sum of the three gradients.
func TestAttentionGradientOfOneTensor(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		const n = flashGradCols + 44
		s := AttentionShape{Batch: 1, Heads: 2, KVHeads: 2, SeqLen: n, Keys: n, HeadDim: 5, Causal: true}
		c := newPassCase(s, algorithm, 1, 3)
		c.k, c.v = c.q, c.q
		apart := c.gradients(t, set, [3]bool{true, true, true})
		var first []float32
		for _, threads := range []int{1, 3} {
			e, a := mustEngine(t, set, threads), NewArena()
			x, _, _ := c.tensors(t, a, [3]bool{true})
			p := NewPass(e, a, PassOptions{Gradients: true})
			c.backward(t, p, p.Attention(x, x, x, c.options()))
			e.Close()
			if first == nil {
				first = slices.Clone(x.Grad())
			}
			if !slices.Equal(first, x.Grad()) {
				t.Errorf("%d threads differ from 1", threads)
			}
			for i, got := range x.Grad() {
				if want := apart[0][i] + apart[1][i] + apart[2][i]; math.Abs(float64(got-want)) > 1e-4 {
					t.Fatalf("element %d is %v, want %v", i, got, want)
				}
			}
		}
	})
}

// What a tape keeps and what a call needs, to the byte.
func TestAttentionMemoryExactly(t *testing.T) {
	t.Parallel()
	const batch, heads, kvHeads, queries, keys, d, threads = 2, 6, 2, 64, 96, 32, 2
	const q, k = 4 * batch * queries * heads * d, 4 * batch * keys * kvHeads * d // bytes of q and of k
	const square, row = 4 * batch * heads * queries * keys, 4 * batch * heads * queries
	const tile, gradTiles = threads * 4 * flashRows * (flashCols + flashPad + 2), threads * 2 * 4 * flashGradTileLen
	s := AttentionShape{Batch: batch, Heads: heads, KVHeads: kvHeads, SeqLen: queries, Keys: keys, HeadDim: d}
	// The tape keeps nothing of q, k and v, which are parameters. Backward needs the
	// gradients of out, q, k and v, and the factors in the order of the kernels.
	for _, want := range []attentionMemory{
		{algorithm: Naive, peak: q + 2*k + 2*square, live: q},
		{algorithm: Flash, peak: q + 2*k + tile, live: q},
		{algorithm: Naive, gradients: true, peak: q + 2*k + 2*square, live: q + square, saved: square,
			backward: 2*q + 2*k + (2*k + 2*q) + 2*square},
		{algorithm: Flash, gradients: true, peak: q + 2*k + tile + row, live: q + row, saved: q + row,
			backward: 2*q + 2*k + (3*k + 2*q) + row + gradTiles},
	} {
		want.check(t, newPassCase(s, want.algorithm, threads, 1))
	}
}

// attentionMemory is what one call needs beside its inputs, in bytes.
type attentionMemory struct {
	algorithm  Algorithm
	gradients  bool
	peak, live int64 // during the call, and after it
	saved      int64 // what the tape keeps
	backward   int64
}

func (want attentionMemory) check(t *testing.T, c passCase) {
	t.Helper()
	e, a := mustEngine(t, kernels.Best(), c.threads), NewArena()
	defer e.Close()
	q, k, v := c.tensors(t, a, [3]bool{true, true, true})
	inputs := a.LiveBytes()
	p := NewPass(e, a, PassOptions{Gradients: want.gradients})
	out := p.Attention(q, k, v, c.options())
	got := want
	got.peak, got.live, got.saved = a.PeakBytes()-inputs, a.LiveBytes()-inputs, p.SavedBytes()
	if want.gradients && p.Err() == nil {
		n := p.popNode() // as Backward does it
		live := a.LiveBytes()
		out.grad, _ = a.Alloc(out.Len())
		a.ResetPeak()
		n.backward(out.grad)
		got.backward = a.PeakBytes() - live
	}
	if got != want || p.Err() != nil {
		t.Errorf("bytes are %+v, want %+v; error %v", got, want, p.Err())
	}
}
