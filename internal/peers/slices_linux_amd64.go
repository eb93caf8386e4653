package main

import (
	"fmt"
	"math"

	"runx/internal/tensor/kernels"
	"runx/internal/tensor/safetensors"
)

// softmaxMost is the figure of softmax, in nanoseconds an element.
const softmaxMost = 1.0

// The operations run over an activation of this size: a batch of rows that
// leaves the second-level cache.
const (
	sliceRowCount, sliceCols = 512, 1024
	sliceEps                 = 1e-5
	sliceHeadDim             = 64
	sliceTheta               = 1e4
)

// sliceCase is the operands of operations on rows and elements.
type sliceCase struct {
	set        *kernels.Set
	x, y, out  []float32
	gain, bias []float32
	cos, sin   []float32 // for each row
}

func newSliceCase(set *kernels.Set) *sliceCase {
	n := sliceRowCount * sliceCols
	s := &sliceCase{set: set, x: normal(n, 1), y: normal(n, 2), out: make([]float32, n), gain: normal(sliceCols, 3), bias: normal(sliceCols, 4)}
	const half = sliceHeadDim / 2
	for position := range sliceRowCount {
		for i := range half {
			sin, cos := math.Sincos(float64(position) * math.Pow(sliceTheta, -float64(i)/half))
			s.cos, s.sin = append(s.cos, float32(cos)), append(s.sin, float32(sin))
		}
	}
	return s
}

// row is row i of a tensor.
func (s *sliceCase) row(t []float32, i int) []float32 { return t[i*sliceCols:][:sliceCols] }

// eachRow applies an operation to the rows of x, y and out.
func (s *sliceCase) eachRow(f func(dst, x, y []float32)) func() {
	return func() {
		for i := range sliceRowCount {
			f(s.row(s.out, i), s.row(s.x, i), s.row(s.y, i))
		}
	}
}

// rotate turns a copy of x, as PyTorch does: the tensor that comes in stays.
func (s *sliceCase) rotate() {
	const half = sliceHeadDim / 2
	copy(s.out, s.x)
	for i := range sliceRowCount {
		row, cos, sin := s.row(s.out, i), s.cos[i*half:][:half], s.sin[i*half:][:half]
		for head := 0; head < sliceCols; head += sliceHeadDim {
			s.set.Rotate(row[head:][:sliceHeadDim], cos, sin)
		}
	}
}

// operation is one of them: its name in worker.py, and our form.
type operation struct {
	name   string
	figure figure
	call   func()
	result int // how many elements of out it writes; 0 is all
}

func (s *sliceCase) operations() []operation {
	set := s.set
	scalar := func(f func(x, y []float32) float32) func() {
		return func() {
			for i := range sliceRowCount {
				s.out[i] = f(s.row(s.x, i), s.row(s.y, i))
			}
		}
	}
	return []operation{
		{name: "softmax", figure: figure{most: softmaxMost}, call: s.eachRow(func(dst, x, _ []float32) { set.Softmax(dst, x) })},
		{name: "log_softmax", call: s.eachRow(func(dst, x, _ []float32) { set.LogSoftmax(dst, x) })},
		{name: "logsumexp", call: scalar(func(x, _ []float32) float32 { return set.LogSumExp(x) }), result: sliceRowCount},
		{name: "layer_norm", call: s.eachRow(func(dst, x, _ []float32) { set.LayerNorm(dst, x, s.gain, s.bias, sliceEps) })},
		{name: "rms_norm", call: s.eachRow(func(dst, x, _ []float32) { set.RMSNorm(dst, x, s.gain, sliceEps) })},
		{name: "gelu", call: s.eachRow(func(dst, x, _ []float32) { set.GELU(dst, x) })},
		{name: "silu", call: s.eachRow(func(dst, x, _ []float32) { set.SiLU(dst, x) })},
		{name: "swiglu", call: s.eachRow(func(dst, x, y []float32) { set.SwiGLU(dst, x, y) })},
		{name: "exp", call: s.eachRow(func(dst, x, _ []float32) { set.Exp(dst, x) })},
		{name: "add", call: s.eachRow(func(dst, x, y []float32) { set.Add(dst, x, y) })},
		{name: "mul", call: s.eachRow(func(dst, x, y []float32) { set.Mul(dst, x, y) })},
		{name: "rotary", call: s.rotate},
		{name: "sum", call: scalar(func(x, _ []float32) float32 { return set.Sum(x) }), result: sliceRowCount},
		{name: "max", call: scalar(func(x, _ []float32) float32 { return set.Max(x) }), result: sliceRowCount},
		{name: "argmax", call: scalar(func(x, _ []float32) float32 { return float32(set.Argmax(x)) }), result: sliceRowCount},
		{name: "dot", call: scalar(set.Dot), result: sliceRowCount},
	}
}

// sliceRows compares with PyTorch's operations on the whole tensor.
func sliceRows(b *bench) ([]row, error) {
	s := newSliceCase(b.set)
	n := len(s.x)
	options := map[string]any{"eps": sliceEps, "head_dim": sliceHeadDim, "theta": sliceTheta}
	file, err := b.hand(
		safetensors.Float32s("x", s.x, 1, sliceRowCount, sliceCols), safetensors.Float32s("y", s.y, 1, sliceRowCount, sliceCols),
		safetensors.Float32s("gain", s.gain, sliceCols), safetensors.Float32s("bias", s.bias, sliceCols))
	if err != nil {
		return nil, err
	}
	var contests []contest
	for _, o := range s.operations() {
		options["name"] = o.name
		theirs, err := b.onTorch("PyTorch", "operation", options, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
		result := s.out
		if o.result > 0 {
			result = s.out[:o.result]
		}
		contests = append(contests, contest{
			name: o.name, unit: perElement(n), figure: o.figure, theirs: []side{theirs}, tolerance: 1e-3,
			ours: []side{onThread("", func() error { o.call(); return nil }).into(result)},
		})
	}
	return runAll(b.rounds, contests)
}
