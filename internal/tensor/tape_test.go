package tensor

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"runx/internal/tensor/kernels"
)

// newTestPass is a pass of two threads with an arena of its own.
func newTestPass(t *testing.T, o PassOptions) *Pass {
	t.Helper()
	e := mustEngine(t, kernels.Best(), 2)
	t.Cleanup(e.Close)
	return NewPass(e, NewArena(), o)
}

var training = PassOptions{Gradients: true}

// parameter is a parameter with the given elements.
func parameter(t *testing.T, p *Pass, elements ...float32) *Tensor {
	t.Helper()
	x, err := NewParameter(p.Arena(), len(elements))
	if err != nil {
		t.Fatal(err)
	}
	copy(x.Data(), elements)
	return x
}

func expectGrad(t *testing.T, x *Tensor, want ...float32) {
	t.Helper()
	if !slices.Equal(x.Grad(), want) {
		t.Errorf("gradient is %v, want %v", x.Grad(), want)
	}
}

// One tensor into several operations, results of which meet again.
func TestGradientsAddUpWhereATensorFansOut(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, training)
	x := parameter(t, p, 3)
	square := p.Mul(x, x)              // x², 2x
	cube := p.Mul(square, x)           // x³, 3x²
	sum := p.Add(p.Add(cube, x), x)    // x³+2x
	both := p.Add(sum, square)         // x³+x²+2x
	loss := p.Mul(both, p.Scale(x, 2)) // 2x⁴+2x³+4x²
	if err := p.Backward(loss); err != nil {
		t.Fatal(err)
	}
	expectGrad(t, x, 8*27+6*9+8*3)
}

// The gradient of a chain of n products with the same parameter is n*x^(n-1).
func TestGradientOfALongChain(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, training)
	x := parameter(t, p, 1)
	y := x
	const n = 500
	for range n - 1 {
		next := p.Mul(y, x)
		if y != x {
			p.Free(y)
		}
		y = next
	}
	if p.Nodes() != n-1 {
		t.Errorf("%d operations are recorded, want %d", p.Nodes(), n-1)
	}
	if err := p.Backward(y); err != nil {
		t.Fatal(err)
	}
	expectGrad(t, x, n)
}

// Backward adds to a gradient until ZeroGrad; parameters that the loss does not
// depend on have none.
func TestBackwardAddsToGradients(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, training)
	x, other := parameter(t, p, 1, 2), parameter(t, p, 5, 5)
	for round := range 3 {
		unused := p.Scale(other, 2)
		square := p.Mul(x, x)
		loss := p.Mean(square)
		if err := p.Backward(loss); err != nil {
			t.Fatal(err)
		}
		p.Free(unused, square, loss)
		expectGrad(t, x, float32(round+1), 2*float32(round+1))
	}
	if other.Grad() != nil {
		t.Errorf("a parameter that the loss does not depend on has the gradient %v", other.Grad())
	}
	x.ZeroGrad()
	expectGrad(t, x, 0, 0)
	if want := int64(4*2*2 + 4*2); p.Arena().LiveBytes() != want {
		t.Errorf("%d bytes are live, want %d", p.Arena().LiveBytes(), want)
	}
}

// A parameter is a loss itself.
func TestBackwardOfAParameter(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, training)
	x := parameter(t, p, 7)
	if err := p.Backward(x); err != nil {
		t.Fatal(err)
	}
	expectGrad(t, x, 1)
}

func TestBackwardRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options PassOptions
		loss    func(p *Pass, x *Tensor) *Tensor
		want    string
	}{
		"several elements": {training, func(p *Pass, x *Tensor) *Tensor { return p.Scale(x, 1) }, "one element"},
		"no gradients":     {PassOptions{}, func(p *Pass, x *Tensor) *Tensor { return p.Mean(x) }, "hint: make it with PassOptions"},
		"no parameter":     {training, func(p *Pass, _ *Tensor) *Tensor { return p.Mean(p.Tensor(3)) }, "depends on no parameter"},
		"nil":              {training, func(*Pass, *Tensor) *Tensor { return nil }, "not a tensor"},
		"consumed": {training, func(p *Pass, x *Tensor) *Tensor {
			y := p.Mean(x)
			if err := p.Backward(y); err != nil {
				p.Fail(err)
			}
			return p.Scale(y, 2)
		}, "consumed"},
		"twice": {training, func(p *Pass, x *Tensor) *Tensor {
			y := p.Mean(x)
			if err := p.Backward(y); err != nil {
				p.Fail(err)
			}
			return y
		}, "consumed"},
		"another pass": {training, func(p *Pass, x *Tensor) *Tensor {
			return p.Mean(NewPass(p.Engine(), p.Arena(), training).Scale(x, 2))
		}, "another pass"},
		"of another pass": {training, func(p *Pass, x *Tensor) *Tensor {
			return NewPass(p.Engine(), p.Arena(), training).Mean(x)
		}, "another pass"},
		"after an error": {training, func(p *Pass, x *Tensor) *Tensor {
			y := p.Mean(x)
			p.Fail(errors.New("first"))
			return y
		}, "first"},
	} {
		p := newTestPass(t, c.options)
		x := parameter(t, p, 1, 2)
		err := p.Backward(c.loss(p, x))
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(p.Err(), err) {
			t.Errorf("%s: the error is %v, that of the pass %v, want one about %q", name, err, p.Err(), c.want)
		}
		if p.Nodes() != 0 || p.SavedBytes() != 0 {
			t.Errorf("%s: %d operations and %d bytes remain on the tape", name, p.Nodes(), p.SavedBytes())
		}
	}
}

// A parameter that is freed before Backward has no place for its gradient.
func TestBackwardWithoutTheParameter(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, training)
	x, y := parameter(t, p, 1), parameter(t, p, 2)
	loss := p.Add(x, y)
	p.Free(y)
	if err := p.Backward(loss); !errors.Is(err, ErrFreed) {
		t.Errorf("the error is %v", err)
	}
	p.Free(loss, x)
	if live := p.Arena().LiveBytes(); live != 0 {
		t.Errorf("%d bytes are live", live)
	}
}

const (
	keptRows, keptDim = 6, 10
	keptMatrix        = floatBytes * keptRows * keptDim
)

// kept is what each operation keeps, in bytes, beside its result when the caller
// has freed every activation: x and y, [keptRows, keptDim]. square is a parameter.
var kept = map[string]struct {
	compute func(p *Pass, x, y, square *Tensor) *Tensor
	want    int64
}{
	"add":    {func(p *Pass, x, y, _ *Tensor) *Tensor { return p.Add(x, y) }, 0},
	"scale":  {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.Scale(x, 3) }, 0},
	"mean":   {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.Mean(x) }, 0},
	"mul":    {func(p *Pass, x, y, _ *Tensor) *Tensor { return p.Mul(x, y) }, 2 * keptMatrix},
	"square": {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.Mul(x, x) }, keptMatrix},
	"mul by a constant": {func(p *Pass, x, _, _ *Tensor) *Tensor {
		c := p.Tensor(keptRows, keptDim)
		defer p.Free(c)
		return p.Mul(x, c)
	}, keptMatrix},
	"gelu":            {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.GELU(x) }, keptMatrix},
	"silu":            {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.SiLU(x) }, keptMatrix},
	"swiglu":          {func(p *Pass, x, y, _ *Tensor) *Tensor { return p.SwiGLU(x, y) }, 2 * keptMatrix},
	"softmax":         {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.Softmax(x) }, keptMatrix},
	"log-softmax":     {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.LogSoftmax(x) }, keptMatrix},
	"matmul":          {func(p *Pass, x, y, _ *Tensor) *Tensor { return p.MatMul(x, y, MatMulOptions{TransposeB: true}) }, 2 * keptMatrix},
	"linear, x and w": {func(p *Pass, x, _, square *Tensor) *Tensor { return p.Linear(x, weightOf(p, square), nil) }, keptMatrix},
	"linear, w": {func(p *Pass, _, _, square *Tensor) *Tensor {
		c := p.Tensor(keptRows, keptDim)
		defer p.Free(c)
		return p.Linear(c, weightOf(p, square), nil)
	}, keptMatrix},
	"linear, x": {func(p *Pass, x, _, _ *Tensor) *Tensor {
		c := p.Tensor(keptDim, keptDim)
		defer p.Free(c)
		return p.Linear(x, weightOf(p, c), nil)
	}, 4 * keptDim * keptDim},
	"layer norm": {func(p *Pass, x, _, _ *Tensor) *Tensor {
		gain := p.Tensor(keptDim)
		defer p.Free(gain)
		return p.LayerNorm(x, gain, gain, 1e-5)
	}, keptMatrix + 4*keptDim + 8*keptRows},
	"rms norm": {func(p *Pass, x, _, _ *Tensor) *Tensor {
		gain := p.Tensor(keptDim)
		defer p.Free(gain)
		return p.RMSNorm(x, gain, 1e-5)
	}, keptMatrix + 4*keptDim + 4*keptRows},
	"cross entropy": {func(p *Pass, x, _, _ *Tensor) *Tensor { return p.CrossEntropy(x, make([]int32, keptRows)) }, keptMatrix + 4*keptRows + 4*keptRows},
	"embedding": {func(p *Pass, _, _, square *Tensor) *Tensor {
		return p.Embedding(weightOf(p, square), []int32{1, 2, 3}, 3)
	}, 4 * 3},
}

func TestTapeKeepsWhatGradientsNeed(t *testing.T) {
	t.Parallel()
	for name, c := range kept {
		p := newTestPass(t, training)
		var base []*Tensor
		for _, shape := range [][]int{{keptRows, keptDim}, {keptRows, keptDim}, {keptDim, keptDim}} {
			x, err := NewParameter(p.Arena(), shape...)
			if err != nil {
				t.Fatal(err)
			}
			base = append(base, x)
		}
		parameters := p.Arena().LiveBytes()
		// Activations, which the caller frees at once.
		x, y := p.Scale(base[0], 1), p.Scale(base[1], 1)
		out := c.compute(p, x, y, base[2])
		resultBytes := out.bytes()
		p.Free(x, y, out)
		want := c.want
		if p.Err() != nil || p.SavedBytes() != want || p.Arena().LiveBytes() != parameters+want {
			t.Errorf("%s: %d bytes are saved, %d live beside parameters, want %d (the result has %d); error %v",
				name, p.SavedBytes(), p.Arena().LiveBytes()-parameters, want, resultBytes, p.Err())
		}
		p.Reset()
		if p.SavedBytes() != 0 || p.Nodes() != 0 || p.Arena().LiveBytes() != parameters {
			t.Errorf("%s: after Reset %d bytes are saved, %d live beside parameters", name, p.SavedBytes(), p.Arena().LiveBytes()-parameters)
		}
	}
}

func weightOf(p *Pass, t *Tensor) *Weight {
	w, err := NewWeight(t)
	if err != nil {
		p.Fail(err)
	}
	return w
}

// A network of blocks y = y + gelu(y*wᵀ): its memory to the byte, with and
// without gradients, and how it goes back during Backward.
func TestMemoryOfANetwork(t *testing.T) {
	t.Parallel()
	const (
		rows, dim, layers = 8, 16, 5
		activation        = 4 * rows * dim
		weight            = 4 * dim * dim
	)
	for _, gradients := range []bool{false, true} {
		p := newTestPass(t, PassOptions{Gradients: gradients})
		a := p.Arena()
		r := rand.New(rand.NewPCG(1, 2))
		var weights []*Weight
		for range layers {
			weights = append(weights, weightOf(p, normal(r, dim, dim).tensor(t, a, true)))
		}
		y := normal(r, rows, dim).tensor(t, a, false)
		a.ResetPeak()
		for _, w := range weights {
			h := p.Linear(y, w, nil)
			g := p.GELU(h)
			p.Free(h)
			next := p.Add(y, g)
			p.Free(y, g)
			y = next
		}
		// A block keeps its input for the weight's gradient and the input of
		// GELU. Without gradients it needs y, and two more at a time.
		live, peak := int64(activation), int64(3*activation)
		if gradients {
			live, peak = (2*layers+1)*activation, (2*layers+2)*activation
		}
		if a.LiveBytes() != live+layers*weight || a.PeakBytes() != peak+layers*weight {
			t.Errorf("gradients %v: live %d bytes, peak %d, want %d, %d beside weights", gradients,
				a.LiveBytes()-layers*weight, a.PeakBytes()-layers*weight, live, peak)
		}
		if !gradients {
			continue
		}
		loss := p.Mean(y)
		p.Free(y)
		if want := int64(2 * layers * activation); p.SavedBytes() != want {
			t.Errorf("%d bytes are saved, want %d", p.SavedBytes(), want)
		}
		a.ResetPeak()
		if err := p.Backward(loss); err != nil {
			t.Fatal(err)
		}
		p.Free(loss)
		if a.LiveBytes() != 2*layers*weight {
			t.Errorf("after Backward %d bytes are live, want %d", a.LiveBytes(), 2*layers*weight)
		}
		// What is saved, the loss, and at GELU the gradients of y, of its output
		// and of its input.
		if want := int64((2*layers+3)*activation + 4 + layers*weight); a.PeakBytes() != want {
			t.Errorf("the peak of Backward is %d bytes, want %d", a.PeakBytes(), want)
		}
	}
}
