package tensor

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"runx/internal/tensor/kernels"
)

func TestTensorShapes(t *testing.T) {
	t.Parallel()
	a := NewArena()
	x, err := NewTensor(a, 2, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(x.Shape(), []int{2, 3, 4}) || x.Len() != 24 || x.Rows() != 6 || len(x.Data()) != 24 || a.LiveBytes() != 96 {
		t.Errorf("shape %v, %d elements, %d rows, %d bytes live", x.Shape(), x.Len(), x.Rows(), a.LiveBytes())
	}
	for i, want := range map[int]int{0: 2, 2: 4, -1: 4, -3: 2, 3: 0, -4: 0} {
		if got := x.Dim(i); got != want {
			t.Errorf("dimension %d is %d, want %d", i, got, want)
		}
	}
	if slices.ContainsFunc(x.Data(), func(e float32) bool { return e != 0 }) {
		t.Error("a new tensor is not zero")
	}
	empty, err := NewTensor(a, 3, 0)
	if err != nil || empty.Len() != 0 || empty.Rows() != 3 {
		t.Errorf("[3, 0] has %d elements in %d rows, error %v", empty.Len(), empty.Rows(), err)
	}
	for name, shape := range map[string][]int{
		"no dimension": {}, "five": {1, 1, 1, 1, 1}, "negative": {2, -1}, "too large": {math.MaxInt, 2},
	} {
		if _, err := NewTensor(a, shape...); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := FromSlice(nil, shape...); err == nil {
			t.Errorf("%s, from a slice: no error", name)
		}
	}
	if _, err := FromSlice(make([]float32, 5), 2, 3); err == nil {
		t.Error("a slice of another length: no error")
	}
	if _, err := NewTensor(nil, 2); err == nil {
		t.Error("no arena: no error")
	}
}

// A tensor of the caller's memory is never counted nor changed by Free.
func TestFromSlice(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, training)
	data := []float32{1, 2, 3}
	x, err := FromSlice(data, 3)
	if err != nil {
		t.Fatal(err)
	}
	y := parameter(t, p, 4, 5, 6)
	out := p.Mul(x, y)
	if p.SavedBytes() != 0 {
		t.Errorf("%d bytes are saved, want none that are the arena's", p.SavedBytes())
	}
	p.Free(x)
	if err := p.Backward(p.Mean(out)); err != nil {
		t.Fatal(err)
	}
	expectGrad(t, y, 1./3, 2./3, 1)
	if !slices.Equal(data, []float32{1, 2, 3}) || x.Data() != nil {
		t.Errorf("the slice is %v, the freed tensor has %v", data, x.Data())
	}
}

// bad are operations that must fail, with what the message says.
var bad = map[string]struct {
	compute func(p *Pass, x *Tensor) *Tensor // x is [2, 3, 4]
	want    string
}{
	"add":               {func(p *Pass, x *Tensor) *Tensor { return p.Add(x, p.Tensor(2, 4, 3)) }, "add of [2, 3, 4], [2, 4, 3]: shapes must be equal"},
	"mul":               {func(p *Pass, x *Tensor) *Tensor { return p.Mul(x, p.Tensor(2, 3)) }, "mul of [2, 3, 4], [2, 3]"},
	"swiglu":            {func(p *Pass, x *Tensor) *Tensor { return p.SwiGLU(x, p.Tensor(4)) }, "swiglu of"},
	"nil":               {func(p *Pass, x *Tensor) *Tensor { return p.Add(x, nil) }, "add: input is not a tensor"},
	"freed":             {func(p *Pass, x *Tensor) *Tensor { y := p.Scale(x, 2); p.Free(y); return p.GELU(y) }, "gelu: input [2, 3, 4]: tensor has been freed"},
	"freed twice":       {func(p *Pass, x *Tensor) *Tensor { y := p.Scale(x, 2); p.Free(y, y); return x }, "free tensor [2, 3, 4]: tensor has been freed"},
	"matmul, vector":    {func(p *Pass, _ *Tensor) *Tensor { return p.MatMul(p.Tensor(3), p.Tensor(3), MatMulOptions{}) }, "matmul of [3], [3]"},
	"matmul, batch":     {func(p *Pass, x *Tensor) *Tensor { return p.MatMul(x, p.Tensor(3, 4, 5), MatMulOptions{}) }, "equal leading dimensions"},
	"matmul, inner":     {func(p *Pass, x *Tensor) *Tensor { return p.MatMul(x, x, MatMulOptions{}) }, "inner dimensions differ"},
	"linear":            {func(p *Pass, x *Tensor) *Tensor { return p.Linear(x, weightOf(p, p.Tensor(5, 3)), nil) }, "linear [5, 3] of [2, 3, 4]"},
	"linear, bias":      {func(p *Pass, x *Tensor) *Tensor { return p.Linear(x, weightOf(p, p.Tensor(5, 4)), p.Tensor(4)) }, "linear [5, 4] of [4]: the bias"},
	"linear, no weight": {func(p *Pass, x *Tensor) *Tensor { return p.Linear(x, nil, nil) }, "linear: no weight"},
	"linear, freed weight": {func(p *Pass, x *Tensor) *Tensor {
		w := p.Tensor(5, 4)
		p.Free(w)
		return p.Linear(x, weightOf(p, w), nil)
	}, "freed"},
	"linear, vector":       {func(p *Pass, x *Tensor) *Tensor { return p.Linear(x, weightOf(p, p.Tensor(4)), nil) }, "a weight needs a tensor [out, in]"},
	"layer norm":           {func(p *Pass, x *Tensor) *Tensor { return p.LayerNorm(x, p.Tensor(4), p.Tensor(3), 1) }, "layer norm of [2, 3, 4], [4], [3]"},
	"rms norm":             {func(p *Pass, x *Tensor) *Tensor { return p.RMSNorm(x, p.Tensor(3), 1) }, "rms norm of"},
	"embedding, id":        {func(p *Pass, _ *Tensor) *Tensor { return p.Embedding(weightOf(p, p.Tensor(5, 4)), []int32{1, 5}, 2) }, "embedding: id 5 at 1 is not from 0 to below 5"},
	"embedding, negative":  {func(p *Pass, _ *Tensor) *Tensor { return p.Embedding(weightOf(p, p.Tensor(5, 4)), []int32{-1}, 1) }, "id -1 at 0"},
	"embedding, shape":     {func(p *Pass, _ *Tensor) *Tensor { return p.Embedding(weightOf(p, p.Tensor(5, 4)), []int32{1, 2}, 3) }, "embedding of 2 ids as [3]"},
	"rotary, odd":          {func(p *Pass, _ *Tensor) *Tensor { return p.Rotary(p.Tensor(1, 2, 9), 3, 0, 1e4) }, "rotary of [1, 2, 9]"},
	"rotary, heads":        {func(p *Pass, x *Tensor) *Tensor { return p.Rotary(x, 6, 0, 1e4) }, "rotary of"},
	"rotary, theta":        {func(p *Pass, x *Tensor) *Tensor { return p.Rotary(x, 4, 0, math.NaN()) }, "theta"},
	"rotary, position":     {func(p *Pass, x *Tensor) *Tensor { return p.Rotary(x, 4, -1, 1e4) }, "positions"},
	"rotary, far":          {func(p *Pass, x *Tensor) *Tensor { return p.Rotary(x, 4, math.MaxInt, 1e4) }, "from position 9223372036854775807 on"},
	"cross entropy, rows":  {func(p *Pass, x *Tensor) *Tensor { return p.CrossEntropy(x, []int32{1}) }, "for each of 1 targets"},
	"cross entropy, class": {func(p *Pass, x *Tensor) *Tensor { return p.CrossEntropy(x, []int32{0, 1, 2, 3, 4, 0}) }, "target 4 at 4"},
	"cross entropy, empty": {func(p *Pass, _ *Tensor) *Tensor { return p.CrossEntropy(p.Tensor(0, 4), nil) }, "at least one"},
	"mean":                 {func(p *Pass, _ *Tensor) *Tensor { return p.Mean(p.Tensor(0)) }, "there are no elements"},
	"add rows":             {func(p *Pass, x *Tensor) *Tensor { return p.AddRows(x, p.Tensor(4, 4), 2) }, "positions below n"},
	"add rows, overflow":   {func(p *Pass, x *Tensor) *Tensor { return p.AddRows(x, p.Tensor(4, 4), math.MaxInt) }, "positions below n"},
	"tensor":               {func(p *Pass, _ *Tensor) *Tensor { return p.Tensor(1, 2, 3, 4, 5) }, "must have 1 to 4 dimensions"},
}

func TestOperationsRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range bad {
		p := newTestPass(t, PassOptions{})
		x := p.Tensor(2, 3, 4)
		c.compute(p, x)
		if p.Err() == nil || !strings.Contains(p.Err().Error(), c.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, p.Err(), c.want)
		}
	}
}

// After an error every operation does nothing and returns something that can be
// passed on, asked for its shape and freed.
func TestFirstErrorSticks(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, training)
	x, w := p.Tensor(2, 3), p.Tensor(3, 3)
	gain := p.Tensor(3)
	weight := weightOf(p, w)
	first := errors.New("first")
	p.Fail(first)
	p.Fail(errors.New("second"))
	live, nodes := p.Arena().LiveBytes(), p.Nodes()
	for i, y := range []*Tensor{
		p.Add(x, x), p.Mul(x, x), p.Scale(x, 2), p.AddRows(x, x, 0), p.MatMul(x, x, MatMulOptions{}), p.Linear(x, weight, nil),
		p.GELU(x), p.SiLU(x), p.SwiGLU(x, x), p.Softmax(x), p.LogSoftmax(x), p.LayerNorm(x, gain, gain, 1), p.RMSNorm(x, gain, 1),
		p.Embedding(weight, []int32{1}, 1), p.Rotary(x, 2, 0, 1), p.CrossEntropy(x, []int32{0, 0}), p.Mean(x), p.Tensor(4),
	} {
		if y == nil || y.Len() != 0 || y.Rows() != 0 || y.Dim(0) != 0 || y.Dim(-1) != 0 || len(y.Shape()) != 0 || len(y.Data()) != 0 || y.NeedsGrad() {
			t.Errorf("operation %d returned %v", i, y)
		}
		p.Free(p.Add(y, y), y, nil)
	}
	if !errors.Is(p.Err(), first) || p.Arena().LiveBytes() != live || p.Nodes() != nodes {
		t.Errorf("the error is %v, %d bytes are live, want %d", p.Err(), p.Arena().LiveBytes(), live)
	}
	p.Reset()
	if y := p.Add(x, x); p.Err() != nil || y.Len() != 6 {
		t.Errorf("after Reset the error is %v", p.Err())
	}
}

func TestPassOnAClosedEngine(t *testing.T) {
	t.Parallel()
	e := mustEngine(t, kernels.Best(), 2)
	p := NewPass(e, NewArena(), PassOptions{})
	x, w := p.Tensor(2, 2), weightOf(p, p.Tensor(2, 2))
	e.Close()
	for name, compute := range map[string]func(){
		"add":    func() { p.Add(x, x) },
		"matmul": func() { p.MatMul(x, x, MatMulOptions{}) },
		"linear": func() { p.Linear(x, w, nil) },
	} {
		p.Reset()
		compute()
		if !errors.Is(p.Err(), ErrClosed) {
			t.Errorf("%s: the error is %v", name, p.Err())
		}
	}
	if _, err := w.Pack(e, NewArena(), kernels.Float32); !errors.Is(err, ErrClosed) {
		t.Errorf("pack: the error is %v", err)
	}
	if p := NewPass(nil, nil, PassOptions{}); p.Err() == nil || p.Tensor(2).Len() != 0 {
		t.Error("a pass without an engine has no error")
	}
}

// Positions that a table of cosines did not reach yet make a new one, which
// agrees with the old; see also the reference.
func TestRotaryAtLaterPositions(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, PassOptions{})
	x := p.Tensor(1, 40, 4)
	FillNormal(x.Data(), 1)
	at := func(from, to int) []float32 {
		part := p.Tensor(1, to-from, 4)
		copy(part.Data(), x.Data()[4*from:4*to])
		return p.Rotary(part, 4, from, 100).Data()
	}
	var stepwise []float32
	for i := range 40 {
		stepwise = append(stepwise, at(i, i+1)...)
	}
	if whole := at(0, 40); p.Err() != nil || !slices.Equal(whole, stepwise) {
		t.Errorf("one position at a time differs from all at once: %v, error %v", stepwise, p.Err())
	}
}
