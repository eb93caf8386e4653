package autograd

import (
	"context"
	_ "embed"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	noGrad   = "no_grad"
	grad     = "grad"
	backward = "backward"

	naive = "naive"
	flash = "flash"
)

// Workload describes autograd.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "autograd",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{noGrad, grad, backward}, Default: noGrad,
				Doc: "no_grad records nothing, grad records and forgets, backward computes the gradients too"},
			{Name: "depth", Kind: workloads.Int, Unit: "blocks", Default: 4, Min: new(1.0), Max: new(1000.0),
				Doc: "decoder blocks, one after the other"},
			{Name: "batch", Kind: workloads.Int, Unit: "sequences", Default: 1, Min: new(1.0), Max: new(1e6),
				Doc: "sequences computed at once"},
			{Name: "seq_len", Kind: workloads.Int, Unit: "tokens", Default: 64, Min: new(1.0), Max: new(1e6),
				Doc: "length of each sequence"},
			{Name: "dim", Kind: workloads.Int, Default: 128, Min: new(1.0), Max: new(1e5),
				Doc: "width of the model, all heads together; a multiple of heads"},
			{Name: "heads", Kind: workloads.Int, Unit: "heads", Default: 4, Min: new(1.0), Max: new(1e5),
				Doc: "heads, each dim/heads wide"},
			{Name: "algorithm", Kind: workloads.Enum, Enum: []string{naive, flash}, Default: flash,
				Doc: "of attention: naive keeps seq_len² probabilities for each head, flash computes them again"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that compute"},
		},
		Metrics: []workloads.Metric{
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes of all tensors alive at the peak, counted exactly"},
			{Name: "parameters_bytes", Doc: "bytes of the parameters, without their gradients"},
			{Name: "activations_bytes", Better: workloads.Lower,
				Doc: "bytes that the tape keeps alive when the forward pass has ended; 0 without one"},
			{Name: "nodes_count", Better: workloads.Lower, Doc: "operations on the tape when the forward pass has ended"},
		},
		Check: check,
		Open:  open,
	}
}

// settings are the parameters of a point.
type settings struct {
	Mode      string `param:"mode"`
	Depth     int    `param:"depth"`
	Batch     int    `param:"batch"`
	SeqLen    int    `param:"seq_len"`
	Dim       int    `param:"dim"`
	Heads     int    `param:"heads"`
	Algorithm string `param:"algorithm"`
	Threads   int    `param:"threads"`
}

// config is the shape of the stack: a GPT-2 whose embeddings and head, which
// nothing goes through, are as small as can be.
func (s *settings) config() nn.Config {
	return nn.Config{
		Name: "autograd", VocabSize: 1, Dim: s.Dim, Layers: s.Depth, Heads: s.Heads, KVHeads: s.Heads, HiddenDim: 4 * s.Dim, MaxSeqLen: 1,
		Norm: nn.LayerNorm, Activation: nn.GELU, Position: nn.Learned, Biases: nn.AllBiases, Tied: true, NormEps: 1e-5,
	}
}

// check finds values that do not go together.
func check(v workloads.Values) error {
	var s settings
	if err := v.Decode(&s); err != nil {
		return err
	}
	if err := workloads.RequireMultiple("dim", s.Dim, "heads", s.Heads); err != nil {
		return err
	}
	shape := tensor.AttentionShape{Batch: s.Batch, Heads: s.Heads, SeqLen: s.SeqLen, HeadDim: s.Dim / s.Heads}
	if err := shape.Validate(); err != nil {
		return &workloads.Conflict{Params: []string{"batch", "dim", "heads", "seq_len"}, Problem: err.Error()}
	}
	return nil
}

// An instance has a stack, its input, and what its output is multiplied by.
type instance struct {
	settings
	engine    *tensor.Engine
	arena     *tensor.Arena
	model     *nn.Model
	x, weight *tensor.Tensor
	pass      *tensor.Pass // that of the mode
	loss      float32      // of the latest forward pass
	compute   func() error // made once

	activationsBytes int64
	nodes            int
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	if err := check(env.Params); err != nil {
		return nil, err
	}
	i := &instance{arena: tensor.NewArena()}
	if err := env.Params.Decode(&i.settings); err != nil {
		return nil, err
	}
	if err := workloads.RequireMemory(needs(&i.settings)); err != nil {
		return nil, err
	}
	var err error
	if i.engine, err = tensor.NewEngine(i.Threads); err != nil {
		return nil, err
	}
	if err := i.prepare(env.Seed); err != nil {
		i.engine.Close()
		return nil, err
	}
	return i, nil
}

// prepare makes the tensors and goes through the stack once: that counts the
// tape, and makes the gradients where they are asked for.
func (i *instance) prepare(seed uint64) error {
	var err error
	i.model, err = nn.NewModel(i.engine, i.arena, i.config(), nn.ModelOptions{Seed: seed, Trainable: true})
	if err != nil {
		return err
	}
	i.model.SetAlgorithm(tensor.Flash)
	if i.Algorithm == naive {
		i.model.SetAlgorithm(tensor.Naive)
	}
	for n, t := range []**tensor.Tensor{&i.x, &i.weight} {
		if *t, err = tensor.NewTensor(i.arena, i.Batch, i.SeqLen, i.Dim); err != nil {
			return err
		}
		tensor.FillNormal((*t).Data(), seed+1+uint64(n))
	}
	i.pass = tensor.NewPass(i.engine, i.arena, tensor.PassOptions{Gradients: i.Mode != noGrad})
	i.compute = i.step
	loss := i.forward(i.pass)
	i.nodes, i.activationsBytes = i.pass.Nodes(), i.pass.SavedBytes()
	if err := i.finish(loss); err != nil {
		return err
	}
	i.tidy()
	return nil
}

// forward goes through the stack; the result is the loss.
func (i *instance) forward(p *tensor.Pass) *tensor.Tensor {
	x := i.x
	blocks := i.model.Blocks()
	for n := range blocks {
		y := blocks[n].Forward(p, x, nil)
		if n > 0 {
			p.Free(x)
		}
		x = y
	}
	product := p.Mul(x, i.weight)
	loss := p.Mean(product)
	p.Free(x, product)
	return loss
}

// finish goes back from the loss where the mode does so.
func (i *instance) finish(loss *tensor.Tensor) error {
	if err := i.pass.Err(); err != nil {
		return err
	}
	i.loss = loss.Data()[0]
	var err error
	if i.Mode == backward {
		err = i.pass.Backward(loss)
	}
	i.pass.Free(loss)
	if err != nil {
		return err
	}
	return i.pass.Err()
}

// step is what a sample times.
func (i *instance) step() error { return i.finish(i.forward(i.pass)) }

// tidy makes everything as it was before a step.
func (i *instance) tidy() {
	i.pass.Reset()
	for _, t := range i.model.Parameters() {
		t.ZeroGrad()
	}
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	i.arena.ResetPeak()
	err := r.MeasureOnce(i.compute)
	memory := i.arena.PeakBytes()
	i.tidy()
	if err != nil {
		return err
	}
	r.Set("memory_bytes", float64(memory))
	r.Set("parameters_bytes", float64(i.model.Bytes()))
	r.Set("activations_bytes", float64(i.activationsBytes))
	r.Set("nodes_count", float64(i.nodes))
	return nil
}

func (i *instance) Close() error {
	i.engine.Close()
	i.arena, i.model, i.x, i.weight, i.pass, i.compute = nil, nil, nil, nil, nil, nil
	return nil
}

// needs is about what a point takes, in bytes, rather more than less. It is a
// float64, which no shape overflows.
func needs(s *settings) float64 {
	const (
		floatBytes = 4
		blockElems = 20      // elements of a block's activations for each input element
		alive      = 24      // the same for one block that is computed, or gone back through
		fixed      = 1 << 20 // tiles, and what panels are padded to
	)
	dim, depth := float64(s.Dim), float64(s.Depth)
	elems := float64(s.Batch) * float64(s.SeqLen) * dim
	scores := float64(s.Batch) * float64(s.Heads) * float64(s.SeqLen) * float64(s.SeqLen)
	if s.Algorithm == flash {
		scores = 0
	}
	parameters := depth * (12*dim*dim + 13*dim)
	need := parameters + 2*elems + alive*elems + 4*scores + fixed*float64(s.Threads)
	switch s.Mode {
	case grad:
		need += depth * (blockElems*elems + scores)
	case backward: // the gradients, and what Verify moves the parameters from
		need += depth*(blockElems*elems+scores) + 2*parameters
	}
	return floatBytes * need
}
