package coldstart

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

//go:embed doc.go
var source string

const (
	read    = "read"
	mmap    = "mmap"
	warm    = "warm"
	evicted = "evicted"
	fp32    = "fp32"
	fp16    = "fp16"
	bf16    = "bf16"
)

// maxWeights bounds a file of weights, maxFolder all of them together.
const (
	maxWeights = 1 << 30
	maxFolder  = 4 << 30
)

// Workload describes coldstart.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "coldstart",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "model", Kind: workloads.Enum, Enum: nn.Presets(), Default: "nano",
				Doc: "shape of the model: nano and micro are small ones of our own, the others are published"},
			{Name: "layers", Kind: workloads.Int, Unit: "layers", Default: 0, Min: new(0.0), Max: new(1000.0),
				Doc: "how many of the model's layers there are, which changes its size; 0 is all"},
			{Name: "dtype", Kind: workloads.Enum, Enum: []string{fp32, fp16, bf16}, Default: fp32,
				Doc: "format of the matrices, in the file and in memory"},
			{Name: "load_by", Kind: workloads.Enum, Enum: []string{read, mmap}, Default: read,
				Doc: "read copies the file into memory, mmap maps it"},
			{Name: "page_cache", Kind: workloads.Enum, Enum: []string{warm, evicted}, Default: warm,
				Doc: "whether the system has the file in memory before it is loaded"},
			{Name: "prompt_tokens", Kind: workloads.Int, Unit: "tokens", Default: 16, Min: new(1.0), Max: new(8192.0),
				Doc: "length of the prompt of each inference"},
			{Name: "steady_count", Kind: workloads.Int, Unit: "inferences", Default: 4, Min: new(1.0), Max: new(1e6),
				Doc: "inferences after the first; the later half of them is steady_ms"},
			{Name: "threads", Kind: workloads.Int, Unit: "threads", Default: 1, Min: new(1.0), Max: new(float64(tensor.MaxThreads)),
				Doc: "threads that compute"},
		},
		Metrics: metrics(),
		Check:   func(v workloads.Values) error { _, err := decode(v); return err },
		Open:    open,
	}
}

func metrics() []workloads.Metric {
	return []workloads.Metric{
		{Name: "stage_spawn_ms", Better: workloads.Lower, Doc: "from asking for the process until the system runs the program; NULL in a warm start"},
		{Name: "stage_init_ms", Better: workloads.Lower, Doc: "until the program serves: runtime and packages; NULL in a warm start"},
		{Name: "stage_handshake_ms", Better: workloads.Lower, Doc: "until the program is asked for this point; NULL in a warm start"},
		{Name: "stage_weights_ms", Better: workloads.Lower, Doc: "loading the weights"},
		{Name: "stage_prepare_ms", Better: workloads.Lower, Doc: "making the threads and the key-value cache"},
		{Name: "stage_first_ms", Better: workloads.Lower, Doc: "the first inference"},
		{Name: "steady_ms", Better: workloads.Lower, Doc: "median of the later half of the inferences after the first"},
		{Name: "penalty_ms", Better: workloads.Lower, Doc: "latency_ms minus steady_ms: what the first request pays beyond a later one"},
		{Name: "weights_bytes", Doc: "size of the parameters of the model"},
		{Name: "cached_ratio", Doc: "share of the file that was in the page cache before it was loaded; NULL where the system does not tell"},
		{Name: "weights_minor_faults_count", Better: workloads.Lower, Doc: "page faults while loading that did not wait for a disk; NULL where the system does not tell"},
		{Name: "weights_major_faults_count", Better: workloads.Lower, Doc: "page faults while loading that waited for a disk; NULL where the system does not tell"},
		{Name: "first_minor_faults_count", Better: workloads.Lower, Doc: "as weights_minor_faults_count, in the first inference"},
		{Name: "first_major_faults_count", Better: workloads.Lower, Doc: "as weights_major_faults_count, in the first inference"},
	}
}

// A config is what a point asks for.
type config struct {
	Model     string `param:"model"`
	Layers    int    `param:"layers"`
	DType     string `param:"dtype"`
	LoadBy    string `param:"load_by"`
	PageCache string `param:"page_cache"`
	Tokens    int    `param:"prompt_tokens"`
	Steady    int    `param:"steady_count"`
	Threads   int    `param:"threads"`

	shape  nn.Config
	format kernels.Format
}

// decode finds values that do not go together.
func decode(v workloads.Values) (config, error) {
	var c config
	if err := v.Decode(&c); err != nil {
		return c, err
	}
	c.format = kernels.FormatOf(c.DType)
	var err error
	if c.shape, err = nn.Preset(c.Model); err != nil {
		return c, err
	}
	if c.Layers > c.shape.Layers {
		return c, &workloads.Conflict{
			Params:  []string{"model", "layers"},
			Problem: fmt.Sprintf("layers %d is more than the %d of %s", c.Layers, c.shape.Layers, c.Model),
		}
	}
	c.shape.Layers = cmp.Or(c.Layers, c.shape.Layers)
	if bytes := c.bytes(); bytes > maxWeights {
		return c, &workloads.Conflict{
			Params:  []string{"model", "layers", "dtype"},
			Problem: fmt.Sprintf("the weights of %s in %s take %d MiB, at most %d are written to disk", c.Model, c.DType, bytes>>20, maxWeights>>20),
		}
	}
	if c.Tokens > c.shape.MaxSeqLen {
		return c, &workloads.Conflict{
			Params:  []string{"model", "prompt_tokens"},
			Problem: fmt.Sprintf("a prompt of %d tokens is longer than the %d positions of %s", c.Tokens, c.shape.MaxSeqLen, c.Model),
		}
	}
	return c, nil
}

// bytes is about the size of the file.
func (c *config) bytes() int64 { return c.shape.Parameters() * int64(c.format.Bytes()) }

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	entered := time.Now()
	c, err := decode(env.Params)
	if err != nil {
		return nil, err
	}
	if c.PageCache == evicted && !canEvict {
		return nil, fmt.Errorf("this system has no way to drop a file from the page cache: %w", workloads.ErrUnsupported)
	}
	// The model, its copy while it is loaded in Verify, and the page cache that
	// a mapped one lives in.
	if err := workloads.RequireMemory(2.5 * float64(c.bytes())); err != nil {
		return nil, err
	}
	file, err := ensureWeights(&c)
	if err != nil {
		return nil, err
	}
	i := &instance{config: c, file: file, launch: launchStages(env.Launch, entered), ids: make([]int32, c.Tokens)}
	i.drawPrompt(env.Seed)
	return i, nil
}

// Verify compares the answers of the model in the two ways to load it.
func (i *instance) Verify(ctx context.Context) error {
	var answers [2][]float32
	for n, load := range []string{read, mmap} {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s := server{threads: i.config.Threads}
		err := s.load(i.file, load)
		if err == nil {
			err = s.prepare(len(i.ids))
		}
		if err == nil {
			answers[n], err = s.answer(i.ids)
		}
		if err = errors.Join(err, s.close()); err != nil {
			return fmt.Errorf("load by %s: %w", load, err)
		}
	}
	for n, x := range answers[0] {
		if y := answers[1][n]; x != y {
			return fmt.Errorf("logit %d is %v where the weights are read, %v where they are mapped", n, x, y)
		}
	}
	return nil
}
