package kvcache

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	analytic = "analytic"
	measured = "measured"

	full    = "full"
	uniform = "uniform"
)

// elementBytes are the sizes of the formats.
var elementBytes = map[string]int{"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1, "fp8": 1}

// mostBlocks bounds the work of a plan: about a second.
const mostBlocks = 1 << 27

// Workload describes the cache of keys and values.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "kvcache",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{analytic, measured}, Default: analytic,
				Doc: "analytic plans the caches of a published model, measured runs one of the engine and counts its cache"},
			{Name: "model", Kind: workloads.Enum, Enum: models(), Default: "llama-3.1-8b",
				Doc: "shape of the model"},
			{Name: "seq_len", Kind: workloads.Int, Unit: "tokens", Default: 1024, Min: new(1.0), Max: new(2e6),
				Doc: "tokens of the longest request, prompt and answer"},
			{Name: "concurrency", Kind: workloads.Int, Unit: "requests", Default: 1, Min: new(1.0), Max: new(1e6),
				Doc: "requests whose caches exist at once"},
			{Name: "lengths", Kind: workloads.Enum, Enum: []string{full, uniform}, Default: full,
				Doc: "full: every request has seq_len tokens; uniform: anything between 1 and seq_len"},
			{Name: "demand_seed", Kind: workloads.Int, Default: 1, Min: new(0.0), Max: new(float64(math.MaxUint32)),
				Doc: "what uniform lengths are drawn from, with the repetition: points with the same get the same requests"},
			{Name: "dtype", Kind: workloads.Enum, Enum: []string{"fp32", "fp16", "bf16", "int8", "fp8"}, Default: "fp16",
				Doc: "format of the cached numbers; measured has fp32"},
			{Name: "block_tokens", Kind: workloads.Int, Unit: "tokens", Default: 0, Min: new(0.0), Max: new(1e6),
				Doc: "tokens of a page; 0 reserves seq_len tokens for each request"},
			{Name: "budget_bytes", Kind: workloads.Int, Unit: "bytes", Default: 64 << 30, Min: new(1.0), Max: new(1e15),
				Doc: "memory for caches: what weights and activations leave"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that decode; analytic has one"},
		},
		Metrics: []workloads.Metric{
			{Name: "token_bytes", Better: workloads.Lower, Doc: "bytes that one token takes in all layers, while every window holds it"},
			{Name: "cache_bytes", Better: workloads.Lower,
				Doc: "bytes that the tokens of the requests take; measured: of the engine's cache, counted in its arena"},
			{Name: "reserved_bytes", Better: workloads.Lower, Doc: "bytes that the allocator took for the requests"},
			{Name: "predicted_bytes", Doc: "cache_bytes by formula"},
			{Name: "waste_ratio", Better: workloads.Lower, Doc: "share of the reserved bytes that hold no token"},
			{Name: "max_concurrency_count", Better: workloads.Higher,
				Doc: "requests that the budget holds, at most 1048576 are tried"},
			{Name: "oom_ratio", Better: workloads.Lower, Doc: "share of the requests that the budget does not hold"},
		},
		Check: check,
		Open:  open,
	}
}

// A point is the parameters.
type point struct {
	Mode        string `param:"mode"`
	Model       string `param:"model"`
	SeqLen      int    `param:"seq_len"`
	Concurrency int    `param:"concurrency"`
	DemandSeed  int    `param:"demand_seed"`
	Lengths     string `param:"lengths"`
	DType       string `param:"dtype"`
	BlockTokens int    `param:"block_tokens"`
	BudgetBytes int    `param:"budget_bytes"`
	Threads     int    `param:"threads"`
}

func (pt point) budget() int64 { return int64(pt.BudgetBytes) }

// outOfMemory is the share of the requests beyond those that fit.
func (pt point) outOfMemory(fitting int) float64 {
	return float64(max(pt.Concurrency-fitting, 0)) / float64(pt.Concurrency)
}

// check finds values that do not go together.
func check(v workloads.Values) error {
	var pt point
	if err := v.Decode(&pt); err != nil {
		return err
	}
	if pt.Mode == measured {
		return pt.checkMeasured()
	}
	p, err := pt.plan()
	if err != nil {
		return err
	}
	if blocks := p.blocks(); blocks > mostBlocks {
		return &workloads.Conflict{
			Params:  []string{"seq_len", "concurrency", "block_tokens", "budget_bytes"},
			Problem: fmt.Sprintf("to plan %.3g pages takes too long, at most %.3g", blocks, float64(mostBlocks)),
			Cure:    "larger pages, or a smaller budget",
		}
	}
	return nil
}

func (pt point) checkMeasured() error {
	if !slices.Contains(embedded, pt.Model) {
		return &workloads.Conflict{Params: []string{"mode", "model"},
			Problem: fmt.Sprintf("model %s cannot be measured here", pt.Model),
			Cure:    fmt.Sprintf("one of %v", embedded)}
	}
	if config, err := nn.Preset(pt.Model); err != nil || pt.SeqLen > config.MaxSeqLen {
		return &workloads.Conflict{Params: []string{"model", "seq_len"},
			Problem: fmt.Sprintf("model %s has %d positions, seq_len is %d", pt.Model, config.MaxSeqLen, pt.SeqLen)}
	}
	for _, c := range []struct {
		param, given, want string
	}{
		{"dtype", pt.DType, "fp32"},
		{"lengths", pt.Lengths, full},
		{"block_tokens", fmt.Sprint(pt.BlockTokens), "0"},
	} {
		if c.given != c.want {
			return &workloads.Conflict{Params: []string{"mode", c.param},
				Problem: fmt.Sprintf("the engine's cache has %s %s, not %s", c.param, c.want, c.given)}
		}
	}
	return nil
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	if err := check(env.Params); err != nil {
		return nil, err
	}
	var pt point
	if err := env.Params.Decode(&pt); err != nil {
		return nil, err
	}
	if pt.Mode == measured {
		return openMeasured(pt, env)
	}
	p, err := pt.plan()
	if err != nil {
		return nil, err
	}
	i := &planning{point: pt, plan: p}
	i.make = func() error { i.plan.make(i.seed); return nil }
	return i, nil
}

func (pt point) plan() (*plan, error) {
	s, err := shapeOf(pt.Model)
	if err != nil {
		return nil, err
	}
	return &plan{
		shape: s, elementBytes: elementBytes[pt.DType], seqLen: pt.SeqLen, requests: pt.Concurrency,
		blockTokens: pt.BlockTokens, budget: pt.budget(), uniform: pt.Lengths == uniform,
	}, nil
}

// planning is an instance of mode analytic.
type planning struct {
	point
	plan *plan
	seed uint64 // of the lengths
	make func() error
}

func (i *planning) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	i.seed = uint64(i.DemandSeed)<<32 + uint64(r.Rep())
	if err := r.Measure(i.make); err != nil {
		return err
	}
	o := i.plan.outcome
	r.Set("token_bytes", float64(i.plan.shape.tokenBytes(i.plan.elementBytes)))
	r.Set("cache_bytes", float64(o.cache))
	r.Set("reserved_bytes", float64(o.reserved))
	r.Set("predicted_bytes", float64(o.predicted))
	r.Set("waste_ratio", 1-float64(o.cache)/float64(o.reserved))
	r.Set("max_concurrency_count", float64(o.fitting))
	r.Set("oom_ratio", i.outOfMemory(o.fitting))
	return nil
}

func (i *planning) Close() error { return nil }
