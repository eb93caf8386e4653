package linear

import (
	"context"
	_ "embed"
	"errors"
	"math"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	plain  = "plain"
	packed = "packed"
)

// Workload describes one linear layer.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "linear",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "batch", Kind: workloads.Int, Unit: "sequences", Default: 1, Min: new(1.0), Max: new(1e6),
				Doc: "sequences computed at once"},
			{Name: "seq_len", Kind: workloads.Int, Unit: "tokens", Default: 512, Min: new(1.0), Max: new(1e9),
				Doc: "tokens of each sequence"},
			{Name: "dim", Kind: workloads.Int, Default: 512, Min: new(1.0), Max: new(1e6),
				Doc: "width of a token"},
			{Name: "out_dim", Kind: workloads.Int, Default: 0, Min: new(0.0), Max: new(1e6),
				Doc: "width of a result; 0 means dim"},
			{Name: "weight", Kind: workloads.Enum, Enum: []string{plain, packed}, Default: plain,
				Doc: "plain brings the weight into the kernels' order at each call, packed did it before"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that compute"},
		},
		Metrics: []workloads.Metric{
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes of input, weight and output, counted exactly"},
			{Name: "work_flops", Doc: "floating-point operations of the product, by formula"},
		},
		Open: open,
	}
}

// A layer is the point in numbers.
type layer struct {
	Batch   int    `param:"batch"`
	SeqLen  int    `param:"seq_len"`
	Dim     int    `param:"dim"`
	OutDim  int    `param:"out_dim"`
	Weight  string `param:"weight"`
	Threads int    `param:"threads"`
}

func decode(v workloads.Values) (layer, error) {
	var l layer
	err := v.Decode(&l)
	if l.OutDim == 0 {
		l.OutDim = l.Dim
	}
	return l, err
}

// rows is the number of tokens, as a float64, which no shape overflows.
func (l layer) rows() float64 { return float64(l.Batch) * float64(l.SeqLen) }

func (l layer) flops() float64 { return 2 * l.rows() * float64(l.Dim) * float64(l.OutDim) }

// needs is about what the point takes, in bytes, rather more than less.
func (l layer) needs() float64 {
	const (
		floatBytes = 4
		panel      = 64       // a packed weight is padded to less than this
		scratch    = 16 << 20 // of the kernels
	)
	dim, out := float64(l.Dim), float64(l.OutDim)
	weights := dim * out
	if l.Weight == packed {
		weights += dim * (out + panel) // both exist while one is made of the other
	}
	return floatBytes*(l.rows()*(dim+out)+weights) + scratch
}

// An instance has its tensors, and an engine to compute with.
type instance struct {
	layer
	seed   uint64
	engine *tensor.Engine
	arena  *tensor.Arena
	pass   *tensor.Pass
	x, y   *tensor.Tensor // y is the last result
	// plain is what the weight is, or was packed from.
	plain  *tensor.Tensor
	weight *tensor.Weight
	apply  func() error // made once, so that a sample allocates nothing for it
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	l, err := decode(env.Params)
	if err != nil {
		return nil, err
	}
	if err := workloads.RequireMemory(l.needs()); err != nil {
		return nil, err
	}
	engine, err := tensor.NewEngine(l.Threads)
	if err != nil {
		return nil, err
	}
	i := &instance{layer: l, seed: env.Seed, engine: engine, arena: tensor.NewArena()}
	if err := i.fill(); err != nil {
		engine.Close()
		return nil, err
	}
	i.pass = tensor.NewPass(engine, i.arena, tensor.PassOptions{})
	i.apply = i.compute
	return i, nil
}

// fill makes the input and the weight.
func (i *instance) fill() error {
	var err error
	if i.x, err = tensor.NewTensor(i.arena, i.Batch, i.SeqLen, i.Dim); err != nil {
		return err
	}
	if err := i.engine.Run(randomTokens(i.x.Data(), i.seed)); err != nil {
		return err
	}
	if i.plain, err = tensor.NewTensor(i.arena, i.OutDim, i.Dim); err != nil {
		return err
	}
	tensor.FillNormal(i.plain.Data(), ^i.seed)
	scale := float32(1 / math.Sqrt(float64(i.Dim)))
	for n := range i.plain.Data() {
		i.plain.Data()[n] *= scale
	}
	if i.weight, err = tensor.NewWeight(i.plain); err != nil || i.Weight == plain {
		return err
	}
	i.weight, err = i.weight.Pack(i.engine, i.arena, kernels.Float32)
	return err
}

// fillBlock is how many elements are filled from one seed.
const fillBlock = 1 << 16

// filling is the task that fills the input, a block a part. Each block has a
// seed of its own, so that threads can share the work and the values do not
// depend on how.
type filling struct {
	data []float32
	seed uint64
}

func randomTokens(data []float32, seed uint64) kernels.Step {
	return kernels.Step{Task: &filling{data, seed}, Parts: (len(data) + fillBlock - 1) / fillBlock}
}

func (f *filling) Do(_ *kernels.Worker, part int) error {
	first := part * fillBlock
	tensor.FillNormal(f.data[first:min(first+fillBlock, len(f.data))], f.seed+uint64(part))
	return nil
}

// compute replaces the last result: two never exist at once. After an error the
// pass is as new.
func (i *instance) compute() error {
	if i.y != nil {
		i.pass.Free(i.y)
	}
	i.y = i.pass.Linear(i.x, i.weight, nil)
	err := i.pass.Err()
	if err != nil {
		i.pass.Reset()
	}
	return err
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := i.forgetPlain(); err != nil {
		return err
	}
	if err := r.Measure(i.apply); err != nil {
		return err
	}
	r.Set("memory_bytes", float64(i.arena.PeakBytes()))
	r.Set("work_flops", i.flops())
	return nil
}

// forgetPlain frees the weight that was packed, which only Verify looks at, and
// lets the count of memory begin.
func (i *instance) forgetPlain() error {
	if i.plain == nil {
		return nil
	}
	var err error
	if i.Weight == packed {
		err = i.plain.Free()
	}
	i.plain = nil
	i.arena.ResetPeak()
	return err
}

func (i *instance) Close() error {
	i.engine.Close()
	i.arena, i.pass, i.x, i.y, i.plain, i.weight, i.apply = nil, nil, nil, nil, nil, nil, closed
	return nil
}

func closed() error { return errors.New("the layer is closed") }
