package attention

import (
	"context"
	_ "embed"

	"runx/internal/tensor"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	naive = "naive"
	flash = "flash"
)

// Workload describes attention.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "attention",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "algorithm", Kind: workloads.Enum, Enum: []string{naive, flash}, Default: naive,
				Doc: "naive keeps all scores in memory, flash works in tiles"},
			{Name: "batch", Kind: workloads.Int, Unit: "sequences", Default: 1, Min: new(1.0), Max: new(1e6),
				Doc: "sequences computed at once"},
			{Name: "dim", Kind: workloads.Int, Default: 512, Min: new(1.0), Max: new(1e6),
				Doc: "width of the model, all heads together; a multiple of heads"},
			{Name: "heads", Kind: workloads.Int, Unit: "heads", Default: 8, Min: new(1.0), Max: new(1e6),
				Doc: "heads, each dim/heads wide"},
			{Name: "seq_len", Kind: workloads.Int, Unit: "tokens", Default: 512, Min: new(1.0), Max: new(1e9),
				Doc: "length of each sequence"},
			{Name: "causal", Kind: workloads.Bool, Default: false,
				Doc: "a token attends to itself and those before it only"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that compute"},
		},
		Metrics: []workloads.Metric{
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes of all tensors alive at the peak, counted exactly"},
			{Name: "work_flops", Doc: "floating-point operations of the two matrix products, by formula"},
		},
		Check: check,
		Open:  open,
	}
}

// check finds values that do not go together.
func check(v workloads.Values) error {
	var p struct {
		Batch  int `param:"batch"`
		Dim    int `param:"dim"`
		Heads  int `param:"heads"`
		SeqLen int `param:"seq_len"`
	}
	if err := v.Decode(&p); err != nil {
		return err
	}
	if err := workloads.RequireMultiple("dim", p.Dim, "heads", p.Heads); err != nil {
		return err
	}
	shape := tensor.AttentionShape{Batch: p.Batch, Heads: p.Heads, SeqLen: p.SeqLen, HeadDim: p.Dim / p.Heads}
	if err := shape.Validate(); err != nil {
		return &workloads.Conflict{Params: []string{"batch", "dim", "heads", "seq_len"}, Problem: err.Error()}
	}
	return nil
}

// An instance has its tensors, and an engine to compute with.
type instance struct {
	shape        tensor.AttentionShape
	seed         uint64
	engine       *tensor.Engine
	arena        *tensor.Arena
	q, k, v, out []float32
	attend       func() error // made once, so that a sample allocates nothing
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	if err := check(env.Params); err != nil {
		return nil, err
	}
	var p struct {
		Algorithm string `param:"algorithm"`
		Batch     int    `param:"batch"`
		Dim       int    `param:"dim"`
		Heads     int    `param:"heads"`
		SeqLen    int    `param:"seq_len"`
		Causal    bool   `param:"causal"`
		Threads   int    `param:"threads"`
	}
	if err := env.Params.Decode(&p); err != nil {
		return nil, err
	}
	shape := tensor.AttentionShape{Batch: p.Batch, Heads: p.Heads, SeqLen: p.SeqLen, HeadDim: p.Dim / p.Heads, Causal: p.Causal}
	if err := workloads.RequireMemory(needs(shape, p.Algorithm, p.Threads)); err != nil {
		return nil, err
	}
	engine, err := tensor.NewEngine(p.Threads)
	if err != nil {
		return nil, err
	}
	i := &instance{shape: shape, seed: env.Seed, engine: engine, arena: tensor.NewArena()}
	if err := i.fill(); err != nil {
		engine.Close()
		return nil, err
	}
	compute := engine.NaiveAttention
	if p.Algorithm == flash {
		compute = engine.FlashAttention
	}
	i.attend = func() error { return compute(i.arena, i.shape, i.q, i.k, i.v, i.out) }
	return i, nil
}

// fill makes the inputs and the room for the output.
func (i *instance) fill() error {
	for n, t := range []*[]float32{&i.q, &i.k, &i.v, &i.out} {
		block, err := i.arena.Alloc(i.shape.Elems())
		if err != nil {
			return err
		}
		*t = block
		if t != &i.out {
			tensor.FillNormal(block, i.seed+uint64(n))
		}
	}
	return nil
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := r.Measure(i.attend); err != nil {
		return err
	}
	r.Set("memory_bytes", float64(i.arena.PeakBytes()))
	r.Set("work_flops", i.shape.Flops())
	return nil
}

func (i *instance) Close() error {
	i.engine.Close()
	i.arena, i.q, i.k, i.v, i.out = nil, nil, nil, nil, nil
	return nil
}

const floatBytes = 4

// needs is about what a point takes, in bytes, rather more than less. It is a
// float64, which no shape overflows.
func needs(s tensor.AttentionShape, algorithm string, threads int) float64 {
	const (
		panel = 64      // the kernels' copies are padded to less than this
		tiles = 1 << 16 // elements that one thread works in, and more
	)
	tensors := 4 * float64(s.Elems()) // q, k, v, out
	sequences, length, width := float64(s.Batch)*float64(s.Heads), float64(s.SeqLen), float64(s.HeadDim)
	copies := sequences * (width*(length+panel) + length*(width+panel))
	need := tensors + copies + tiles*float64(threads)
	if algorithm == naive {
		need += 2 * float64(s.ScoreElems()) // before and after the softmax
	}
	return floatBytes * need
}
