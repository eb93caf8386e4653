package transformer

import (
	"context"
	_ "embed"
	"fmt"
	"math"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	prefill  = "prefill"
	decode   = "decode"
	generate = "generate"

	none    = "none"
	poisson = "poisson"
)

// Workload describes the transformer.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name:     "transformer",
		Doc:      workloads.PackageDoc(source),
		Params:   params(),
		Metrics:  metrics(),
		Check:    check,
		ManyRows: true,
		Open:     open,
	}
}

func params() []workloads.Param {
	return []workloads.Param{
		{Name: "phase", Kind: workloads.Enum, Enum: []string{prefill, decode, generate}, Default: prefill,
			Doc: "what is done with a batch: prefill goes through the prompts, decode adds one token, generate does all"},
		{Name: "model", Kind: workloads.Enum, Enum: nn.Presets(), Default: "micro",
			Doc: "shape of the model: nano and micro are small ones of our own, the others are published"},
		{Name: "dtype", Kind: workloads.Enum, Enum: []string{"fp32", "fp16", "bf16"}, Default: "fp32",
			Doc: "format of the weights; the arithmetic is in fp32"},
		{Name: "packed", Kind: workloads.Bool, Default: true,
			Doc: "weights lie in the order in which matrix products read them"},
		{Name: "batch", Kind: workloads.Int, Unit: "sequences", Default: 1, Min: new(1.0), Max: new(1024.0),
			Doc: "sequences computed at once; with arrivals at most"},
		{Name: "prompt_tokens", Kind: workloads.Int, Unit: "tokens", Default: 64, Min: new(1.0), Max: new(1e6),
			Doc: "length of each prompt"},
		{Name: "new_tokens", Kind: workloads.Int, Unit: "tokens", Default: 8, Min: new(1.0), Max: new(1e6),
			Doc: "tokens that generate adds to each prompt; no matter for the other phases"},
		{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
			Doc: "threads that compute"},
		{Name: "arrivals", Kind: workloads.Enum, Enum: []string{none, poisson}, Default: none,
			Doc: "none: full batches, one after the other; poisson: requests come at random times and queue for a batch"},
		{Name: "rate_per_s", Kind: workloads.Float, Unit: "requests/s", Default: 200.0, Min: new(0.001), Max: new(1e6),
			Doc: "how many requests come in a second on average, with arrivals"},
		{Name: "max_wait_ms", Kind: workloads.Float, Unit: "ms", Default: 0.0, Min: new(0.0), Max: new(3.6e6),
			Doc: "how long a batch is held back for more requests at most, with arrivals"},
		{Name: "requests", Kind: workloads.Int, Unit: "requests", Default: 50, Min: new(1.0), Max: new(1e6),
			Doc: "requests of a sample, with arrivals"},
		{Name: "demand_seed", Kind: workloads.Int, Default: 1, Min: new(0.0), Max: new(float64(math.MaxUint32)),
			Doc: "what arrivals are drawn from, with the repetition: points with the same seed and rate get the same ones"},
	}
}

func metrics() []workloads.Metric {
	return []workloads.Metric{
		{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes of all tensors alive at the peak, counted exactly"},
		{Name: "cache_bytes", Better: workloads.Lower, Doc: "bytes of the caches of keys and values"},
		{Name: "work_flops", Doc: "floating-point operations of the batch's matrix products, by formula"},
		{Name: "requests_per_s", Better: workloads.Higher, Doc: "requests answered in a second: of the batch, or of all arrivals of the sample"},
		{Name: "queue_ms", Better: workloads.Lower, Doc: "from the intended arrival to the begin of the batch; arrivals only"},
		{Name: "service_ms", Better: workloads.Lower, Doc: "from the begin of the batch to its end; arrivals only"},
		{Name: "batch_size_count", Doc: "requests that were served together; arrivals only"},
		{Name: "lag_ms", Better: workloads.Lower, Doc: "how much later than intended the request was sent, a part of queue_ms; arrivals only"},
	}
}

// settings are the parameters of a point.
type settings struct {
	Phase        string  `param:"phase"`
	Model        string  `param:"model"`
	DType        string  `param:"dtype"`
	Packed       bool    `param:"packed"`
	Batch        int     `param:"batch"`
	PromptTokens int     `param:"prompt_tokens"`
	NewTokens    int     `param:"new_tokens"`
	Threads      int     `param:"threads"`
	Arrivals     string  `param:"arrivals"`
	RatePerS     float64 `param:"rate_per_s"`
	MaxWaitMS    float64 `param:"max_wait_ms"`
	Requests     int     `param:"requests"`
	DemandSeed   int     `param:"demand_seed"`
}

// tokens is how many positions a sequence takes in the cache: the last token that
// is picked is never in it. One more than the prompt is there in every phase, to
// verify by.
func (s *settings) tokens() int {
	if s.Phase == generate {
		return s.PromptTokens + max(s.NewTokens-1, 1)
	}
	return s.PromptTokens + 1
}

func (s *settings) format() kernels.Format { return kernels.FormatOf(s.DType) }

// sizes are those of the batches that the model is called with: the smallest, and
// the largest.
func (s *settings) sizes() (low, high int) {
	if s.Arrivals == none {
		return s.Batch, s.Batch
	}
	return 1, min(s.Batch, s.Requests)
}

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
	if most := config.MaxSeqLen; s.tokens() > most {
		return &workloads.Conflict{
			Params:  []string{"model", "prompt_tokens", "new_tokens"},
			Problem: fmt.Sprintf("a sequence has %d tokens, and the model %s has %d positions", s.tokens(), s.Model, most),
		}
	}
	if s.Arrivals != none && s.Phase == decode {
		return &workloads.Conflict{
			Params:  []string{"arrivals", "phase"},
			Problem: "a request that arrives has no prompt in the cache yet, so that it cannot be a step of decode",
			Where:   `arrivals == "none" || phase != "decode"`,
			Cure:    "phase: generate is a whole request",
		}
	}
	return nil
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	if err := check(env.Params); err != nil {
		return nil, err
	}
	i := &instance{arena: tensor.NewArena()}
	if err := env.Params.Decode(&i.settings); err != nil {
		return nil, err
	}
	var err error
	if i.config, err = nn.Preset(i.Model); err != nil {
		return nil, err
	}
	if err := workloads.RequireMemory(needs(&i.settings, i.config)); err != nil {
		return nil, err
	}
	if i.engine, err = tensor.NewEngine(i.Threads); err != nil {
		return nil, err
	}
	if err := i.prepare(env.Seed); err != nil {
		i.engine.Close()
		return nil, err
	}
	return i, nil
}
