package main

import (
	"fmt"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/internal/tensor/safetensors"
)

// The shapes of gpt2-small: the width of the model and of its MLP, its heads,
// and its vocabulary.
const (
	passTokens  = 512
	passDim     = 768
	passHidden  = 4 * passDim
	passHeads   = 12
	passHeadDim = passDim / passHeads
	passVocab   = 50257
)

// How tokens are sampled.
const (
	sampledFrom = 40
	temperature = 0.8
)

// passCase is the tensors that operations of a pass take.
type passCase struct {
	*bench
	pass    *tensor.Pass
	tensors map[string]*tensor.Tensor
	ids     []int32
}

// passOperation is one of them: its name in worker.py, the tensors that it takes
// there, and our form.
type passOperation struct {
	name   string
	inputs map[string][]int // shapes
	call   func(c *passCase) *tensor.Tensor
}

var passOperations = []passOperation{
	{
		name:   "linear",
		inputs: map[string][]int{"x": {passTokens, passDim}, "weight": {passHidden, passDim}, "bias": {passHidden}},
		call: func(c *passCase) *tensor.Tensor {
			return nn.Linear{Weight: c.weight("weight"), Bias: c.tensors["bias"]}.Forward(c.pass, c.tensors["x"])
		},
	},
	{
		name:   "matmul",
		inputs: map[string][]int{"x": {passHeads, passTokens, passHeadDim}, "y": {passHeads, passTokens, passHeadDim}},
		call: func(c *passCase) *tensor.Tensor {
			return c.pass.MatMul(c.tensors["x"], c.tensors["y"], tensor.MatMulOptions{TransposeB: true})
		},
	},
	{
		name:   "embedding",
		inputs: map[string][]int{"x": {passVocab, passDim}},
		call:   func(c *passCase) *tensor.Tensor { return c.pass.Embedding(c.weight("x"), c.ids, passTokens) },
	},
	{
		name:   "softmax",
		inputs: map[string][]int{"x": {passHeads * passTokens, passTokens}},
		call:   func(c *passCase) *tensor.Tensor { return c.pass.Softmax(c.tensors["x"]) },
	},
	{
		name:   "silu",
		inputs: map[string][]int{"x": {passTokens, passHidden}},
		call:   func(c *passCase) *tensor.Tensor { return c.pass.SiLU(c.tensors["x"]) },
	},
	{
		name:   "log_softmax",
		inputs: map[string][]int{"x": {passTokens, passVocab}},
		call:   func(c *passCase) *tensor.Tensor { return c.pass.LogSoftmax(c.tensors["x"]) },
	},
	{
		name:   "cross_entropy",
		inputs: map[string][]int{"x": {passTokens, passVocab}},
		call:   func(c *passCase) *tensor.Tensor { return c.pass.CrossEntropy(c.tensors["x"], c.ids) },
	},
}

// passRows compares operations on the shapes of a model with PyTorch's, and the
// sampling of a token.
func passRows(b *bench) ([]row, error) {
	var rows []row
	for _, o := range passOperations {
		contest, err := o.contest(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
		more, err := contest.run(b.rounds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	sample, err := sampleContest(b)
	if err != nil {
		return nil, err
	}
	more, err := sample.run(b.rounds)
	return append(rows, more...), err
}

func (o passOperation) contest(b *bench) (contest, error) {
	arena := tensor.NewArena()
	c := &passCase{bench: b, pass: tensor.NewPass(b.engine, arena, tensor.PassOptions{}), tensors: map[string]*tensor.Tensor{}}
	for i := range passTokens {
		c.ids = append(c.ids, int32(i*7919%passVocab))
	}
	var sources []safetensors.Source
	for name, shape := range o.inputs {
		t, err := tensor.NewTensor(arena, shape...)
		if err != nil {
			return contest{}, err
		}
		tensor.FillNormal(t.Data(), uint64(len(name)))
		c.tensors[name] = t
		sources = append(sources, safetensors.Float32s(name, t.Data(), shape...))
	}
	file, err := b.hand(sources...)
	if err != nil {
		return contest{}, err
	}
	theirs, err := b.onTorch("PyTorch", "operation", map[string]any{"name": o.name, "ids": c.ids}, file)
	own := keeping("", c.pass, func() *tensor.Tensor { return o.call(c) })
	return contest{
		name: fmt.Sprint(o.name, " ", c.tensors["x"].Shape()), unit: milliseconds,
		ours: ours(own), theirs: []side{theirs}, tolerance: 1e-3,
	}, err
}

// weight takes a tensor as the matrix of a layer.
func (c *passCase) weight(name string) *tensor.Weight {
	w, err := tensor.NewWeight(c.tensors[name])
	if err != nil {
		c.pass.Fail(err)
	}
	return w
}

// keeping is a side of this process whose result is a tensor of a pass, kept
// until the next call.
func keeping(name string, p *tensor.Pass, compute func() *tensor.Tensor) side {
	var last *tensor.Tensor
	s := onThread(name, func() error {
		p.Free(last)
		last = compute()
		return p.Err()
	})
	s.output = func() ([]float32, error) { return last.Data(), nil }
	return s
}

// sampleContest is a token picked from the logits of a vocabulary. What is picked
// is left to chance, so results are not compared.
func sampleContest(b *bench) (contest, error) {
	logits := normal(passVocab, 1)
	file, err := b.hand(safetensors.Float32s("x", logits, passVocab))
	if err != nil {
		return contest{}, err
	}
	options := map[string]any{"name": "sample", "k": sampledFrom, "temperature": temperature}
	theirs, err := b.onTorch("PyTorch", "operation", options, file)
	theirs.output = nil
	sampler := nn.Sampler{Temperature: temperature, TopK: sampledFrom, Seed: 1}
	return contest{
		name: fmt.Sprintf("sample of the %d likeliest of %d", sampledFrom, passVocab), unit: milliseconds,
		ours:   ours(onThread("", func() error { _, err := sampler.Next(logits); return err })),
		theirs: []side{theirs},
	}, err
}
