package main

import (
	"fmt"
	"slices"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/internal/tensor/safetensors"
)

const (
	// stepTokens is how many tokens a step of training goes through, and stepRate
	// what it multiplies the gradients by.
	stepTokens = 128
	stepRate   = 0.01
)

// trainRows compares forward and backward of a block with PyTorch's autograd, and
// shows what recording costs: in time, and in memory. After that it trains a
// whole model.
func trainRows(b *bench) ([]row, error) {
	c, err := newTrainCase(b)
	if err != nil {
		return nil, err
	}
	theirs, err := c.peers("train", c.sources...)
	if err != nil {
		return nil, err
	}
	step, err := b.step("micro")
	if err != nil {
		return nil, err
	}
	naive := c.block
	naive.Attention.Algorithm = tensor.Naive
	rows, err := runAll(b.rounds, []contest{
		{
			name: fmt.Sprintf("forward and backward, %d tokens, ", blockTokens), unit: milliseconds,
			ours: []side{c.backward("flash", &c.block), c.backward("naive", &naive)}, theirs: theirs, tolerance: 1e-3,
		},
		{
			name: "forward, nothing recorded", unit: milliseconds,
			ours: ours(c.only("", tensor.PassOptions{})), theirs: []side{c.only("ours recorded", tensor.PassOptions{Gradients: true})},
		},
		{name: fmt.Sprintf("step of training, %d tokens, ", stepTokens), unit: rate("tokens/s", stepTokens), ours: ours(step)},
	})
	if err != nil {
		return nil, err
	}
	for _, form := range []struct {
		name  string
		block *nn.Block
	}{{"flash", &c.block}, {"naive", &naive}} {
		more, err := c.memory(form.name, form.block)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// step is one of gradient descent on a whole model: forward, backward, and the
// change of all parameters.
func (b *bench) step(preset string) (side, error) {
	config, err := nn.Preset(preset)
	if err != nil {
		return side{}, err
	}
	arena := tensor.NewArena()
	m, err := nn.NewModel(b.engine, arena, config, nn.ModelOptions{Seed: 1, Trainable: true})
	if err != nil {
		return side{}, err
	}
	ids := make([]int32, stepTokens+1)
	for i := range ids {
		ids[i] = int32(i * 7919 % config.VocabSize)
	}
	p := tensor.NewPass(b.engine, arena, tensor.PassOptions{Gradients: true})
	return onThread(preset, func() error {
		logits := m.Forward(p, ids[:stepTokens], 1)
		loss := p.CrossEntropy(logits, ids[1:])
		p.Free(logits)
		err := p.Backward(loss)
		p.Free(loss)
		if err != nil {
			return err
		}
		for _, t := range m.Parameters() {
			b.set.AddScaled(t.Data(), t.Grad(), -stepRate)
			t.ZeroGrad()
		}
		return p.Err()
	}), nil
}

// trainCase is a block whose parameters, and input, have gradients.
type trainCase struct {
	*blockCase
	x, dy      *tensor.Tensor
	parameters []*tensor.Tensor
	// sources are input and upstream gradient.
	sources []safetensors.Source
}

func newTrainCase(b *bench) (*trainCase, error) {
	c := new(trainCase)
	var err error
	c.blockCase, err = newBlockCase(b, "gpt2-small", func(a *tensor.Arena, shape ...int) (*tensor.Tensor, error) {
		t, err := tensor.NewParameter(a, shape...)
		c.parameters = append(c.parameters, t)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	if c.x, err = c.make(c.arena, 1, blockTokens, c.config.Dim); err != nil {
		return nil, err
	}
	tensor.FillNormal(c.x.Data(), 1)
	var dy safetensors.Source
	c.dy, dy, err = c.input("dy", blockTokens, 2)
	c.sources = []safetensors.Source{safetensors.Float32s("x", c.x.Data(), c.x.Shape()...), dy}
	return c, err
}

// backward goes through the block and back; the result is the gradient of x.
func (c *trainCase) backward(name string, block *nn.Block) side {
	p := tensor.NewPass(c.engine, c.arena, tensor.PassOptions{Gradients: true})
	s := onThread(name, func() error {
		for _, t := range c.parameters { // x is one of them
			t.ZeroGrad()
		}
		y := block.Forward(p, c.x, nil)
		// The sum of y*dy has dy as its gradient for y.
		product := p.Mul(y, c.dy)
		mean := p.Mean(product)
		loss := p.Scale(mean, float32(y.Len()))
		p.Free(y, product, mean)
		err := p.Backward(loss)
		p.Free(loss)
		return err
	})
	s.output = func() ([]float32, error) {
		_, err := s.calls(1) // whoever came last has left its gradient there
		return slices.Clone(c.x.Grad()), err
	}
	return s
}

// only is the forward half.
func (c *trainCase) only(name string, o tensor.PassOptions) side {
	p := tensor.NewPass(c.engine, c.arena, o)
	return onThread(name, func() error {
		p.Free(c.block.Forward(p, c.x, nil))
		err := p.Err()
		p.Reset()
		return err
	})
}

// memory is what a forward pass takes beside the parameters at its peak: with
// nothing recorded, and, as the peer, recorded. The second row is how much of
// that the tape keeps for the gradients, the third how many blocks were taken
// from the arena.
func (c *trainCase) memory(name string, block *nn.Block) ([]row, error) {
	var nodes int
	var savedBytes, taken int64
	peak := func(o tensor.PassOptions) (float64, error) {
		before, allocations := c.arena.LiveBytes(), c.arena.Allocations()
		c.arena.ResetPeak()
		p := tensor.NewPass(c.engine, c.arena, o)
		p.Free(block.Forward(p, c.x, nil))
		nodes, savedBytes, taken = p.Nodes(), p.SavedBytes(), c.arena.Allocations()-allocations
		err := p.Err()
		p.Reset()
		return float64(c.arena.PeakBytes() - before), err
	}
	off, err := peak(tensor.PassOptions{})
	if err != nil {
		return nil, err
	}
	takenOff := taken
	on, err := peak(tensor.PassOptions{Gradients: true})
	return []row{
		{
			name: fmt.Sprintf("memory of a forward pass, %s, nothing recorded", name), unit: "bytes", peer: "ours recorded",
			ours: off, theirs: on, ratio: on / off,
		},
		{
			name: fmt.Sprintf("kept by a tape of %d operations, %s", nodes, name), unit: "bytes", peer: "all of it",
			ours: float64(savedBytes), theirs: on, ratio: on / float64(savedBytes),
		},
		{
			name: fmt.Sprintf("blocks taken from the arena, %s, nothing recorded", name), unit: "blocks", peer: "ours recorded",
			ours: float64(takenOff), theirs: float64(taken), ratio: float64(taken) / float64(takenOff),
		},
	}, err
}
