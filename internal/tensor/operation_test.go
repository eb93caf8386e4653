package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor/kernels"
)

// array is a tensor in float64.
type array struct {
	shape []int
	data  []float64
}

func zeros(shape ...int) array {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return array{shape: shape, data: make([]float64, n)}
}

// normal is an array of values of the standard normal distribution, each of them
// a float32.
func normal(r *rand.Rand, shape ...int) array {
	a := zeros(shape...)
	for i := range a.data {
		a.data[i] = float64(float32(r.NormFloat64()))
	}
	return a
}

func (a array) last() int { return a.shape[len(a.shape)-1] }

// rows calls f with each row of the last dimension.
func (a array) rows(f func(i int, row []float64)) {
	n := a.last()
	for i := 0; n > 0 && i < len(a.data)/n; i++ {
		f(i, a.data[i*n:][:n])
	}
}

// mapped is f of each element.
func (a array) mapped(f func(i int, x float64) float64) array {
	b := zeros(a.shape...)
	for i, x := range a.data {
		b.data[i] = f(i, x)
	}
	return b
}

// tensor copies the array to an arena.
func (a array) tensor(t rapid.TB, arena *Arena, parameter bool) *Tensor {
	t.Helper()
	make := NewTensor
	if parameter {
		make = NewParameter
	}
	x, err := make(arena, a.shape...)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range a.data {
		x.Data()[i] = float32(e)
	}
	return x
}

// operation is an operation with inputs, and what it is in float64.
type operation struct {
	inputs    []array
	compute   func(p *Pass, in []*Tensor) *Tensor
	reference func(in []array) array
	// tolerance is the error of the result, and gradientTolerance (100 times as
	// much if it is zero) that of a gradient, relative to the largest element or
	// to one if that is larger.
	tolerance, gradientTolerance float64
}

// check compares the result with the reference, and the gradient for every input
// with finite differences of the reference.
func (o operation) check(t rapid.TB, e *Engine, r *rand.Rand) {
	t.Helper()
	got, _ := o.run(t, e, nil, array{})
	want := o.reference(o.inputs)
	if !slices.Equal(got.shape, want.shape) {
		t.Fatalf("shape is %v, want %v", got.shape, want.shape)
	}
	compare(t, "result", got.data, want.data, o.tolerance)
	if len(want.data) == 0 {
		return
	}
	upstream := normal(r, want.shape...)
	all := make([]bool, len(o.inputs))
	for i := range all {
		all[i] = true
	}
	again, gradients := o.run(t, e, all, upstream)
	if !slices.Equal(again.data, got.data) {
		t.Fatal("the result is another one with gradients")
	}
	for i := range o.inputs {
		o.checkGradient(t, r, i, gradients[i], upstream)
		only := make([]bool, len(o.inputs))
		only[i] = true
		_, alone := o.run(t, e, only, upstream)
		if !slices.Equal(alone[i], gradients[i]) {
			t.Fatalf("the gradient for input %d is another one when no other is needed", i)
		}
	}
}

// run computes the operation in a pass of its own. Without parameters there are
// no gradients. With some, the loss is the sum of result*upstream. Afterwards no
// memory but that of the inputs and their gradients is live.
func (o operation) run(t rapid.TB, e *Engine, parameters []bool, upstream array) (array, [][]float32) {
	t.Helper()
	arena := poisonedArena(t, o.inputs)
	p := NewPass(e, arena, PassOptions{Gradients: parameters != nil})
	var in []*Tensor
	for i, a := range o.inputs {
		in = append(in, a.tensor(t, arena, parameters != nil && parameters[i]))
	}
	before := arena.LiveBytes()
	out := o.compute(p, in)
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	result := zeros(slices.Clone(out.Shape())...)
	for i, x := range out.Data() {
		result.data[i] = float64(x)
	}
	if parameters == nil && (p.Nodes() != 0 || arena.LiveBytes() != before+out.bytes()) {
		t.Fatalf("without gradients %d operations are recorded and %d bytes are live, want 0 and %d", p.Nodes(), arena.LiveBytes(), before+out.bytes())
	}
	var gradients [][]float32
	if parameters != nil {
		weights := upstream.tensor(t, arena, false)
		product := p.Mul(out, weights)
		mean := p.Mean(product)
		loss := p.Scale(mean, float32(out.Len()))
		if err := p.Backward(loss); err != nil {
			t.Fatal(err)
		}
		p.Free(weights, product, mean, loss)
		for i, x := range in {
			gradients = append(gradients, slices.Clone(x.Grad()))
			if parameters[i] {
				before += x.bytes()
			}
		}
	}
	p.Free(out)
	if p.Err() != nil || arena.LiveBytes() != before || p.SavedBytes() != 0 || p.Nodes() != 0 {
		t.Fatalf("in the end %d bytes are live, %d saved, %d operations recorded, want %d, 0 and 0; error %v",
			arena.LiveBytes(), p.SavedBytes(), p.Nodes(), before, p.Err())
	}
	return result, gradients
}

// poisonedArena is an arena whose next blocks are full of NaN: whoever relies on
// new memory being zero has them in the result.
func poisonedArena(t rapid.TB, inputs []array) *Arena {
	t.Helper()
	a := NewArena()
	most := 64
	for _, in := range inputs {
		most = max(most, 2*len(in.data))
	}
	var blocks [][]float32
	for n := 16; n <= most; n *= 2 {
		for range 6 {
			x, err := a.Alloc(n)
			if err != nil {
				t.Fatal(err)
			}
			for i := range x {
				x[i] = float32(math.NaN())
			}
			blocks = append(blocks, x)
		}
	}
	for _, x := range blocks {
		if err := a.Free(x); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// checkGradient compares projections of a gradient with central differences: on
// single elements, each of them where there are few, and on random directions.
func (o operation) checkGradient(t rapid.TB, r *rand.Rand, input int, gradient []float32, upstream array) {
	t.Helper()
	if len(gradient) != len(o.inputs[input].data) {
		t.Fatalf("gradient for input %d has %d elements, want %d", input, len(gradient), len(o.inputs[input].data))
	}
	var size float64
	for _, g := range gradient {
		size = max(size, math.Abs(float64(g)))
	}
	tolerance := o.gradientTolerance
	if tolerance == 0 {
		tolerance = 100 * o.tolerance
	}
	for direction := range directions(r, len(gradient)) {
		want := o.slope(input, direction, upstream)
		var got, length float64
		for i, d := range direction {
			got += d * float64(gradient[i])
			length += math.Abs(d)
		}
		if bound := (tolerance*max(size, 1) + 1e-7) * length; !(math.Abs(got-want) <= bound) {
			t.Fatalf("gradient for input %d of %v: slope along %v is %v, want %v ± %v", input, o.inputs[input].shape, direction, got, want, bound)
		}
	}
}

// directions are unit vectors, all or some, and two random ones.
func directions(r *rand.Rand, n int) func(yield func([]float64) bool) {
	return func(yield func([]float64) bool) {
		const few = 12
		for k := range min(n, few) {
			d := make([]float64, n)
			if n > few {
				k = r.IntN(n)
			}
			d[k] = 1
			if !yield(d) {
				return
			}
		}
		for range 2 {
			if !yield(normal(r, n).data) {
				return
			}
		}
	}
}

// slope is the derivative of the loss of the reference along a direction.
func (o operation) slope(input int, direction []float64, upstream array) float64 {
	const step = 1e-5
	loss := func(sign float64) float64 {
		in := slices.Clone(o.inputs)
		in[input] = in[input].mapped(func(i int, x float64) float64 { return x + sign*step*direction[i] })
		var sum float64
		for i, y := range o.reference(in).data {
			sum += y * upstream.data[i]
		}
		return sum
	}
	return (loss(1) - loss(-1)) / (2 * step)
}

// compare allows an error relative to the largest element, or to one.
func compare(t rapid.TB, what string, got, want []float64, tolerance float64) {
	t.Helper()
	size := 1.0
	for _, w := range want {
		size = max(size, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance*size) {
			t.Fatalf("%s: element %d of %d is %v, want %v ± %v", what, i, len(want), got[i], w, tolerance*size)
		}
	}
}

// engines are engines of some numbers of threads that a test shares.
func engines(t *testing.T, set *kernels.Set) []*Engine {
	t.Helper()
	var all []*Engine
	for threads := 1; threads <= 3; threads++ {
		e := mustEngine(t, set, threads)
		t.Cleanup(e.Close)
		all = append(all, e)
	}
	return all
}

// Every operation on random shapes against float64, and its gradients against
// finite differences.
func TestOperationsAgainstFloat64(t *testing.T) {
	t.Parallel()
	for _, set := range kernels.Supported() {
		shared := engines(t, set)
		for name, draw := range operations {
			t.Run(fmt.Sprintf("%s/%s", name, set.Name()), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) {
					r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
					o := draw(func(least, most int, label string) int { return rapid.IntRange(least, most).Draw(t, label) }, r)
					o.check(t, shared[rapid.IntRange(0, len(shared)-1).Draw(t, "engine")], r)
				})
			})
		}
	}
}

// The fuzzer chooses the operation and its sizes.
func FuzzOperations(f *testing.F) {
	f.Add(uint8(0), []byte{1, 2, 3}, uint64(1))
	f.Add(uint8(5), []byte{0, 7, 1, 40}, uint64(2))
	f.Add(uint8(9), []byte{255, 0, 0, 1, 9}, uint64(3))
	f.Add(uint8(13), []byte{31, 17, 5, 2}, uint64(4))
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range operations {
			if !yield(name) {
				return
			}
		}
	})
	f.Fuzz(func(t *testing.T, which uint8, sizes []byte, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := operations[names[int(which)%len(names)]](func(least, most int, _ string) int {
			if len(sizes) == 0 {
				return least
			}
			n := least + int(sizes[0])%(most-least+1)
			sizes = sizes[1:]
			return n
		}, r)
		for _, set := range kernels.Supported() {
			e := mustEngine(t, set, 2)
			o.check(t, e, r)
			e.Close()
		}
	})
}

// Large enough for many blocks: still right, and the bits must not depend on the
// number of threads, neither those of the result nor those of a gradient.
func TestOperationsAreTheSameForAnyThreads(t *testing.T) {
	t.Parallel()
	for _, set := range kernels.Supported() {
		for name, draw := range operations {
			t.Run(fmt.Sprintf("%s/%s", name, set.Name()), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(3, 1))
				o := draw(func(_, most int, label string) int {
					if label == "rows" || label == "seq" {
						return 300
					}
					return max(most, 1)
				}, r)
				var parameters []bool
				for range o.inputs {
					parameters = append(parameters, true)
				}
				upstream := normal(r, o.reference(o.inputs).shape...)
				var first array
				var firstGradients [][]float32
				for _, threads := range []int{1, 2, 3, 5} {
					e := mustEngine(t, set, threads)
					got, gradients := o.run(t, e, parameters, upstream)
					if threads == 1 {
						first, firstGradients = got, gradients
						if set.Name() == kernels.Best().Name() { // blocks are the same for all
							o.check(t, e, r)
						}
					}
					e.Close()
					if !slices.Equal(got.data, first.data) {
						t.Errorf("%d threads: the result differs from that of one", threads)
					}
					for i := range gradients {
						if !slices.Equal(gradients[i], firstGradients[i]) {
							t.Errorf("%d threads: the gradient for input %d differs from that of one", threads, i)
						}
					}
				}
			})
		}
	}
}
