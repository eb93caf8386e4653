package pipeline

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"time"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/nn"
	"runx/internal/tokenizer"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	fp32 = "fp32"
	fp16 = "fp16"
	bf16 = "bf16"
)

// Workload describes the pipeline.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "pipeline",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "model", Kind: workloads.Enum, Enum: nn.Presets(), Default: "micro",
				Doc: "shape of the model: nano and micro are small ones of our own, the others are published"},
			{Name: "dtype", Kind: workloads.Enum, Enum: []string{fp32, fp16, bf16}, Default: fp32,
				Doc: "how the matrices are stored; what is computed is float32 always"},
			{Name: "prompt_tokens", Kind: workloads.Int, Unit: "tokens", Default: 64, Min: new(1.0), Max: new(1e6),
				Doc: "length of the prompt"},
			{Name: "new_tokens", Kind: workloads.Int, Unit: "tokens", Default: 16, Min: new(1.0), Max: new(1e6),
				Doc: "tokens that are generated"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that compute"},
		},
		Metrics: metrics(),
		Check:   check,
		Open:    open,
	}
}

func metrics() []workloads.Metric {
	var all []workloads.Metric
	for s := range stageCount {
		all = append(all, workloads.Metric{Name: s.metric(), Better: workloads.Lower, Doc: stages[s].doc})
	}
	return append(all,
		workloads.Metric{Name: "unaccounted_ms", Better: workloads.Lower, Doc: "the request less all stages"},
		workloads.Metric{Name: "ttft_ms", Better: workloads.Lower, Doc: "until the text of the first token is there"},
		workloads.Metric{Name: "tpot_ms", Better: workloads.Lower, Doc: "mean time of each further token; none where there is none"},
		workloads.Metric{Name: "compute_ms", Better: workloads.Lower, Doc: "attention, MLP and head beyond the time that their bytes take"},
		workloads.Metric{Name: "transfer_ms", Better: workloads.Lower, Doc: "copy, embed, and the bytes of attention, MLP and head at the measured bandwidth"},
		workloads.Metric{Name: "overhead_ms", Better: workloads.Lower, Doc: "text, JSON, sampling and what is unaccounted"},
		workloads.Metric{Name: "clock_ms", Better: workloads.Lower, Doc: "readings of the clock for the stages, by their number and the measured cost of one"},
		workloads.Metric{Name: "spans_count", Doc: "spans of stages"},
		workloads.Metric{Name: "bandwidth_bytes_per_s", Doc: "speed at which the threads read an array as large as the weights, at most 128 MiB"},
		workloads.Metric{Name: "moved_bytes", Doc: "bytes of attention, MLP and head, by formula: weights, cache, input and output"},
		workloads.Metric{Name: "work_flops", Doc: "floating-point operations of the matrix products and of attention, by formula"},
		workloads.Metric{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes of all tensors alive at the peak, weights too, counted exactly"},
	)
}

// settings are the parameters of a point.
type settings struct {
	Model        string `param:"model"`
	DType        string `param:"dtype"`
	PromptTokens int    `param:"prompt_tokens"`
	NewTokens    int    `param:"new_tokens"`
	Threads      int    `param:"threads"`
}

func (s *settings) format() kernels.Format { return kernels.FormatOf(s.DType) }

// capacity is how many tokens the cache holds: the last one is not needed.
func (s *settings) capacity() int { return s.PromptTokens + s.NewTokens - 1 }

// check finds values that do not go together.
func check(v workloads.Values) error {
	var s settings
	if err := v.Decode(&s); err != nil {
		return err
	}
	config, err := nn.Preset(s.Model)
	if err != nil {
		return err
	}
	if s.capacity() > config.MaxSeqLen {
		return &workloads.Conflict{
			Params: []string{"model", "prompt_tokens", "new_tokens"},
			Problem: fmt.Sprintf("%d tokens of prompt and %d new ones need %d positions, model %s has %d",
				s.PromptTokens, s.NewTokens, s.capacity(), s.Model, config.MaxSeqLen),
			Where: fmt.Sprintf("model != %q || prompt_tokens + new_tokens <= %d", s.Model, config.MaxSeqLen+1),
		}
	}
	return nil
}

// An instance is a server with one model and one request, asked again and again.
type instance struct {
	settings
	dir       string
	seed      uint64
	engine    *tensor.Engine
	arena     *tensor.Arena
	model     *nn.Model
	cost      cost
	tokenizer *tokenizer.Tokenizer
	encoder   *tokenizer.Encoder
	body      []byte // the request as it comes in

	// What a request leaves behind, to be used again by the next one.
	line   timeline
	ids    []int32 // of the prompt
	input  []int32 // of the model
	text   []byte  // that was generated
	picked []int32
	answer []byte

	clockCost time.Duration
	bandwidth float64 // bytes per second
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	if err := check(env.Params); err != nil {
		return nil, err
	}
	i := &instance{dir: env.Dir, seed: env.Seed, arena: tensor.NewArena()}
	if err := env.Params.Decode(&i.settings); err != nil {
		return nil, err
	}
	config, err := nn.Preset(i.Model)
	if err != nil {
		return nil, err
	}
	i.cost = cost{config: config, elementBytes: i.format().Bytes()}
	if err := workloads.RequireMemory(needs(&i.settings, config)); err != nil {
		return nil, err
	}
	if i.engine, err = tensor.NewEngine(i.Threads); err != nil {
		return nil, err
	}
	if err := i.prepare(); err != nil {
		i.engine.Close()
		return nil, err
	}
	return i, nil
}

// prepare makes the model, the vocabulary and the request, and measures the
// machine.
func (i *instance) prepare() error {
	var err error
	options := nn.ModelOptions{Seed: i.seed, Format: i.format()}
	if i.model, err = nn.NewModel(i.engine, i.arena, i.cost.config, options); err != nil {
		return err
	}
	if err := i.model.Pack(i.engine, i.arena, i.format()); err != nil {
		return err
	}
	if i.tokenizer, err = tokenizer.Train(corpus, i.cost.config.VocabSize); err != nil {
		return err
	}
	i.encoder = i.tokenizer.NewEncoder()
	if i.body, err = i.makeRequest(); err != nil {
		return err
	}
	i.line.reserve(spansBeside + i.NewTokens*(spansPerToken+2*i.cost.config.Layers))
	i.clockCost = measureClock()
	i.bandwidth, err = measureBandwidth(i.engine, i.model.Bytes())
	return err
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	i.arena.ResetPeak()
	if err := r.MeasureOnce(func() error { return i.serve(ctx) }); err != nil {
		return err
	}
	i.report(r)
	return nil
}

// report makes metrics of the spans.
func (i *instance) report(r *workloads.Recorder) {
	b := i.line.budget(i.cost, i.PromptTokens, i.bandwidth)
	for s := range stageCount {
		r.Set(s.metric(), milliseconds(b.stages[s]))
	}
	r.Set("unaccounted_ms", milliseconds(b.unaccounted))
	r.Set("ttft_ms", milliseconds(i.line.first))
	if i.NewTokens > 1 {
		r.Set("tpot_ms", milliseconds(i.line.last-i.line.first)/float64(i.NewTokens-1))
	}
	r.Set("compute_ms", milliseconds(b.classes[compute]))
	r.Set("transfer_ms", milliseconds(b.classes[transfer]))
	r.Set("overhead_ms", milliseconds(b.classes[overhead]))
	r.Set("clock_ms", milliseconds(2*time.Duration(len(i.line.spans))*i.clockCost))
	r.Set("spans_count", float64(len(i.line.spans)))
	r.Set("bandwidth_bytes_per_s", i.bandwidth)
	r.Set("moved_bytes", b.bytes)
	r.Set("work_flops", b.flops)
	r.Set("memory_bytes", float64(i.arena.PeakBytes()))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Close writes the trace of the last request, where files are kept and it came
// to its end.
func (i *instance) Close() error {
	if i.model == nil {
		return nil
	}
	var err error
	if i.dir != "" && i.line.ended > 0 {
		err = writeTrace(i.dir, i.title(), &i.line)
	}
	i.engine.Close()
	i.model, i.arena = nil, nil
	return err
}

// title names the point in the trace.
func (i *instance) title() string {
	return fmt.Sprintf("%s %s, %d tokens of prompt, %d new", i.Model, i.DType, i.PromptTokens, i.NewTokens)
}

// needs is about what a point takes, in bytes, rather more than less.
func needs(s *settings, c nn.Config) float64 {
	const floatBytes = 4
	element := float64(s.format().Bytes())
	weights := element * float64(c.Parameters())
	twice := element * float64(c.VocabSize) * float64(c.Dim) // while it is packed
	rows, width := float64(s.PromptTokens), float64(6*c.Dim+3*c.HiddenDim)
	tokens := math.Ceil(float64(s.capacity())/32) * 32
	cache := 2 * floatBytes * tokens * float64(c.Layers) * float64(c.KVHeads) * float64((c.HeadDim()+31)/32*32)
	activations := floatBytes * (rows*width + float64(c.VocabSize))
	padding := 0.1 * weights
	return weights + twice + padding + cache + activations + bandwidthBytes
}
