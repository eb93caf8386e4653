package precision

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/workloads"
)

//go:embed doc.go
var source string

// Workload describes the product with weights of some precision.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "precision",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "dtype", Kind: workloads.Enum, Enum: []string{"fp32", "fp16", "bf16", "int8"}, Default: "fp32",
				Doc: "how a weight is stored; the arithmetic is in float32"},
			{Name: "batch", Kind: workloads.Int, Unit: "sequences", Default: 1, Min: new(1.0), Max: new(float64(1 << 16)),
				Doc: "rows multiplied at once, one of each sequence that decodes; many are prefill"},
			{Name: "dim", Kind: workloads.Int, Default: 512, Min: new(1.0), Max: new(float64(1 << 17)),
				Doc: "width of the input"},
			{Name: "outputs", Kind: workloads.Int, Default: 4096, Min: new(1.0), Max: new(float64(1 << 21)),
				Doc: "width of the output, a logit each"},
			{Name: "probes", Kind: workloads.Int, Unit: "rows", Default: 64, Min: new(1.0), Max: new(float64(1 << 16)),
				Doc: "inputs on which the accuracy is measured"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that compute"},
		},
		Metrics: []workloads.Metric{
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes of weights, input and output, counted exactly"},
			{Name: "weights_bytes", Better: workloads.Lower, Doc: "bytes of the stored weights, with the scales of int8"},
			{Name: "moved_bytes", Better: workloads.Lower, Doc: "bytes that must be read or written at least, by formula"},
			{Name: "work_flops", Doc: "floating-point operations of the product, by formula"},
			{Name: "limit_flops_per_s", Better: workloads.Higher, Doc: "fastest product in the cache, in this process"},
			{Name: "limit_bytes_per_s", Better: workloads.Higher, Doc: "fastest reading of memory, in this process"},
			{Name: "max_abs_error", Better: workloads.Lower, Doc: "largest error of a logit against float64 with unrounded weights"},
			{Name: "relative_error", Better: workloads.Lower, Doc: "length of the error over length of the result"},
			{Name: "cosine", Better: workloads.Higher, Doc: "cosine of the angle between the result and that in float64"},
			{Name: "top1_agreement_ratio", Better: workloads.Higher, Doc: "share of the probes whose largest logit is where float32 has it"},
		},
		Open: open,
	}
}

// config is a point.
type config struct {
	Dtype   string `param:"dtype"`
	Batch   int    `param:"batch"`
	Dim     int    `param:"dim"`
	Outputs int    `param:"outputs"`
	Probes  int    `param:"probes"`
	Threads int    `param:"threads"`
}

// needs is about what the point takes at most, in bytes.
func (c config) needs() float64 {
	const padding = 64 // columns that fill a panel up, at most
	dim, outputs := float64(c.Dim), float64(c.Outputs)+padding
	weights := dim*outputs*float64(kernels.FormatOf(c.Dtype).Bytes()) + floatBytes*outputs // scales, if any
	rows := float64(c.Batch) + float64(c.Probes)
	blocks := 2 * buildPanels * padding * dim * float64(c.buildThreads())
	return weights + floatBytes*(rows*(dim+2*outputs)+blocks+2*sampledOutputs*dim+limitElems)
}

func (c config) workFlops() float64 {
	return 2 * float64(c.Batch) * float64(c.Dim) * float64(c.Outputs)
}

func (c config) movedBytes(weights float64) float64 {
	return weights + floatBytes*float64(c.Batch)*(float64(c.Dim)+float64(c.Outputs))
}

// An instance has its layer, an input and an output, and what is known about
// them before the first sample.
type instance struct {
	config
	team     *kernels.Team
	arena    *tensor.Arena
	layer    *layer
	x, y     []float32
	accuracy accuracy
	limits   limits
	multiply func() error // made once, so that a sample allocates nothing
}

func open(_ context.Context, env workloads.Env) (_ workloads.Instance, err error) {
	i := &instance{arena: tensor.NewArena()}
	if err := env.Params.Decode(&i.config); err != nil {
		return nil, err
	}
	if err := workloads.RequireMemory(i.needs()); err != nil {
		return nil, err
	}
	i.team = kernels.NewTeam(kernels.Best(), i.Threads)
	defer func() {
		if err != nil {
			err = errors.Join(err, i.Close())
		}
	}()
	if i.limits, err = measureLimits(i.team); err != nil {
		return nil, fmt.Errorf("measure the limits: %w", err)
	}
	if i.layer, i.accuracy, err = build(i.config, i.arena, env.Seed); err != nil {
		return nil, fmt.Errorf("make weights [%d, %d] in %s: %w", i.Outputs, i.Dim, i.Dtype, err)
	}
	if i.x, err = i.arena.Alloc(i.Batch * i.Dim); err != nil {
		return nil, err
	}
	if i.y, err = i.arena.Alloc(i.Batch * i.Outputs); err != nil {
		return nil, err
	}
	tensor.FillNormal(i.x, inputSeed(env.Seed))
	x, y := kernels.RowMajor(i.x, i.Batch, i.Dim), kernels.RowMajor(i.y, i.Batch, i.Outputs)
	i.multiply = func() error { return i.team.GemmPacked(1, x, i.layer.weights, 0, y) }
	return i, nil
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := r.Measure(i.multiply); err != nil {
		return err
	}
	r.Set("memory_bytes", float64(i.arena.PeakBytes()))
	r.Set("weights_bytes", i.layer.bytes())
	r.Set("moved_bytes", i.movedBytes(i.layer.bytes()))
	r.Set("work_flops", i.workFlops())
	r.Set("limit_flops_per_s", i.limits.flopsPerS)
	r.Set("limit_bytes_per_s", i.limits.bytesPerS)
	r.Set("max_abs_error", i.accuracy.maxAbs)
	r.Set("relative_error", i.accuracy.relative)
	r.Set("cosine", i.accuracy.cosine)
	r.Set("top1_agreement_ratio", i.accuracy.top1)
	return nil
}

// Verify computes once and holds logits to the products of the stored weights.
func (i *instance) Verify(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := i.multiply(); err != nil {
		return err
	}
	_, err := i.layer.compare(i.x, i.y, min(i.Batch, comparedRows))
	return err
}

func (i *instance) Close() error {
	if i.team != nil {
		i.team.Close()
	}
	i.team, i.arena, i.layer, i.x, i.y = nil, nil, nil, nil, nil
	return nil
}
