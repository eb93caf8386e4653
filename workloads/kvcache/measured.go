package kvcache

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

// decoding is an instance of mode measured: a model with a cache that lacks the
// last token.
type decoding struct {
	point
	config nn.Config
	engine *tensor.Engine
	arena  *tensor.Arena
	pass   *tensor.Pass
	model  *nn.Model
	cache  *nn.Cache
	// ids are the tokens, sequence after sequence, last the last of each.
	ids, last  []int32
	cacheBytes int64 // that the arena counts
	step       func() error
}

func openMeasured(pt point, env workloads.Env) (workloads.Instance, error) {
	config, err := nn.Preset(pt.Model)
	if err != nil {
		return nil, err
	}
	if err := workloads.RequireMemory(measuredNeeds(pt, config)); err != nil {
		return nil, err
	}
	engine, err := tensor.NewEngine(pt.Threads)
	if err != nil {
		return nil, err
	}
	d := &decoding{point: pt, config: config, engine: engine, arena: tensor.NewArena()}
	if err := d.fill(env.Seed); err != nil {
		engine.Close()
		return nil, err
	}
	return d, nil
}

// measuredNeeds is about what the point takes, in bytes, rather more than less.
func measuredNeeds(pt point, c nn.Config) float64 {
	const (
		floatBytes = 4
		panel      = 32 // more is never filled up
		scratch    = 64 << 20
	)
	tokens := float64(pt.Concurrency) * float64(pt.SeqLen+panel)
	cache := 2 * tokens * float64(c.Layers) * float64(c.KVHeads) * float64(c.HeadDim()+panel)
	activations := tokens * float64(6*c.Dim+4*c.HiddenDim)
	logits := float64(pt.Concurrency) * float64(c.VocabSize)
	return floatBytes*(float64(c.Parameters())+cache+activations+2*logits) + scratch
}

// fill makes the model and a cache of all tokens but the last.
func (d *decoding) fill(seed uint64) error {
	var err error
	if d.model, err = nn.NewModel(d.engine, d.arena, d.config, nn.ModelOptions{Seed: seed}); err != nil {
		return err
	}
	before := d.arena.LiveBytes()
	if d.cache, err = d.model.NewCache(d.engine, d.arena, d.Concurrency, d.SeqLen); err != nil {
		return err
	}
	d.cacheBytes = d.arena.LiveBytes() - before
	random := rand.New(rand.NewPCG(seed, 1))
	d.ids = make([]int32, d.Concurrency*d.SeqLen)
	for i := range d.ids {
		d.ids[i] = random.Int32N(int32(d.config.VocabSize))
	}
	var prompt []int32
	for first := 0; first < len(d.ids); first += d.SeqLen {
		end := first + d.SeqLen - 1
		prompt, d.last = append(prompt, d.ids[first:end]...), append(d.last, d.ids[end])
	}
	d.pass = tensor.NewPass(d.engine, d.arena, tensor.PassOptions{})
	if len(prompt) > 0 {
		d.pass.Free(d.model.Prefill(d.pass, prompt, d.Concurrency, d.cache))
	}
	d.step = func() error {
		logits, err := d.decode()
		d.pass.Free(logits)
		return err
	}
	return d.pass.Err()
}

// decode computes the logits behind the last token, once more each time.
func (d *decoding) decode() (*tensor.Tensor, error) {
	d.pass.Reset() // an error fails one sample, not those after it
	if err := d.cache.Truncate(d.SeqLen - 1); err != nil {
		return nil, err
	}
	logits := d.model.Decode(d.pass, d.last, d.cache)
	return logits, d.pass.Err()
}

func (d *decoding) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := r.Measure(d.step); err != nil {
		return err
	}
	s := grouped(d.Model, d.config.KVHeads, d.config.HeadDim(), group{layers: d.config.Layers})
	needed := int64(d.Concurrency) * s.requestBytes(elementBytes["fp32"], d.SeqLen)
	fitting := min(d.budget()/(d.cacheBytes/int64(d.Concurrency)), mostRequests)
	r.Set("token_bytes", float64(s.tokenBytes(elementBytes["fp32"])))
	r.Set("cache_bytes", float64(d.cacheBytes))
	r.Set("reserved_bytes", float64(d.cacheBytes))
	r.Set("predicted_bytes", float64(d.predicted()))
	r.Set("waste_ratio", 1-float64(needed)/float64(d.cacheBytes))
	r.Set("max_concurrency_count", float64(fitting))
	r.Set("oom_ratio", d.outOfMemory(int(fitting)))
	return nil
}

// panelWidths are how many elements the kernels of each instruction set compute
// at once: what the engine rounds up to.
var panelWidths = map[string]int{"avx512": 32, "avx2": 16, "portable": 4}

// predicted is the layout of the engine's cache by formula.
func (d *decoding) predicted() int64 {
	width := panelWidths[d.engine.Kernels()]
	if width == 0 {
		return 0 // an instruction set that nobody told of: no prediction
	}
	headDim := d.config.HeadDim()
	keys := roundUp(d.SeqLen, width) * headDim
	values := d.SeqLen * roundUp(headDim, width)
	heads := d.Concurrency * d.config.Layers * d.config.KVHeads
	return int64(elementBytes["fp32"]) * int64(heads) * int64(keys+values)
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }

// tolerance is how far the logits may be from those without a cache, as a share
// of their length.
const tolerance = 1e-3

// Verify compares the decode step with what the model computes from all tokens
// at once.
func (d *decoding) Verify(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	cached, err := d.decode()
	if err != nil {
		return err
	}
	whole := d.model.Prefill(d.pass, d.ids, d.Concurrency, nil)
	defer d.pass.Free(cached, whole)
	if err := d.pass.Err(); err != nil {
		return err
	}
	var difference, length float64
	for i, want := range whole.Data() {
		off := float64(cached.Data()[i]) - float64(want)
		difference += off * off
		length += float64(want) * float64(want)
	}
	if off := math.Sqrt(difference / length); !(off <= tolerance) { // NaN is off too
		return fmt.Errorf("logits with the cache are off by %.2g of their length, at most %.0e is rounding", off, tolerance)
	}
	return nil
}

func (d *decoding) Close() error {
	d.engine.Close()
	d.arena, d.pass, d.model, d.cache, d.ids, d.last = nil, nil, nil, nil, nil, nil
	d.step = func() error { return errors.New("the cache is closed") }
	return nil
}
