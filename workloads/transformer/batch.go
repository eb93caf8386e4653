package transformer

import (
	"context"
	"math/rand/v2"
	"time"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
	"runx/workloads"
)

// An instance has a model, a cache for each size of batch, and the prompts.
type instance struct {
	settings
	config  nn.Config
	engine  *tensor.Engine
	arena   *tensor.Arena
	model   *nn.Model
	pass    *tensor.Pass
	caches  []*nn.Cache // by size, nil where a size does not occur
	prompts []int32     // of the largest batch, sequence after sequence
	next    []int32     // the token that follows each sequence
	sampler nn.Sampler  // the most likely token

	perform func() error // the full batch, made once
	took    time.Duration
	server  *server // with arrivals
}

// prepare makes model, caches and prompts, and computes once, which makes the
// tables of positions.
func (i *instance) prepare(seed uint64) error {
	var err error
	i.model, err = nn.NewModel(i.engine, i.arena, i.config, nn.ModelOptions{Seed: seed, Format: i.format()})
	if err != nil {
		return err
	}
	if i.Packed {
		if err := i.model.Pack(i.engine, i.arena, i.format()); err != nil {
			return err
		}
	}
	low, high := i.sizes()
	i.caches = make([]*nn.Cache, high+1)
	for size := low; size <= high; size++ {
		if i.caches[size], err = i.model.NewCache(i.engine, i.arena, size, i.tokens()); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	i.prompts, i.next = make([]int32, high*i.PromptTokens), make([]int32, high)
	for n := range i.prompts {
		i.prompts[n] = random.Int32N(int32(i.config.VocabSize))
	}
	i.pass = tensor.NewPass(i.engine, i.arena, tensor.PassOptions{})
	if i.Arrivals == poisson {
		i.server = newServer(i)
	}
	if err := i.prefill(high); err != nil {
		return err
	}
	i.perform = func() error {
		begin := time.Now()
		err := i.serve(high)
		i.took = time.Since(begin)
		return err
	}
	return i.perform()
}

// serve does with the first size sequences what the phase says. For decode they
// are in the cache.
func (i *instance) serve(size int) error {
	if i.Phase == decode {
		return i.decode(size)
	}
	if err := i.prefill(size); err != nil {
		return err
	}
	if i.Phase == prefill {
		return nil
	}
	for range i.NewTokens - 1 {
		if err := i.decode(size); err != nil {
			return err
		}
	}
	return nil
}

// prefill computes the first token that follows each prompt.
func (i *instance) prefill(size int) error {
	cache := i.caches[size]
	if err := cache.Truncate(0); err != nil {
		return err
	}
	return i.pick(i.model.Prefill(i.pass, i.prompts[:size*i.PromptTokens], size, cache))
}

// decode computes the next token of each sequence.
func (i *instance) decode(size int) error {
	return i.pick(i.model.Decode(i.pass, i.next[:size], i.caches[size]))
}

// pick takes the most likely token of each sequence, and frees the logits. Where
// something failed, the pass is as new again afterwards.
func (i *instance) pick(logits *tensor.Tensor) error {
	if err := i.pass.Err(); err != nil {
		i.pass.Reset()
		return err
	}
	vocab, data := i.config.VocabSize, logits.Data()
	for s := range logits.Rows() {
		id, err := i.sampler.Next(data[s*vocab : (s+1)*vocab])
		if err != nil {
			i.pass.Free(logits)
			return err
		}
		i.next[s] = id
	}
	i.pass.Free(logits)
	return i.pass.Err()
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	i.arena.ResetPeak()
	if i.server != nil {
		return i.server.sample(ctx, r)
	}
	if i.Phase == decode {
		if err := i.caches[i.Batch].Truncate(i.PromptTokens); err != nil {
			return err
		}
	}
	if err := r.MeasureOnce(i.perform); err != nil {
		return err
	}
	r.Set("requests_per_s", float64(i.Batch)/i.took.Seconds())
	i.record(r, i.Batch)
	return nil
}

// record sets what every row has.
func (i *instance) record(r *workloads.Recorder, size int) {
	var cached int64
	for _, c := range i.caches {
		if c != nil {
			cached += c.Bytes()
		}
	}
	r.Set("memory_bytes", float64(i.arena.PeakBytes()))
	r.Set("cache_bytes", float64(cached))
	r.Set("work_flops", workFlops(&i.settings, i.config, size))
}

func (i *instance) Close() error {
	i.engine.Close()
	i.arena, i.model, i.pass, i.caches, i.perform, i.server = nil, nil, nil, nil, nil, nil
	return nil
}

// matrixElems are the elements of all matrices of a block, and of the head.
func matrixElems(c nn.Config) (block, head float64) {
	dim, hidden, kv := float64(c.Dim), float64(c.HiddenDim), float64(c.KVHeads*c.HeadDim())
	matrices := 2.0
	if c.Activation == nn.SwiGLU {
		matrices = 3
	}
	return 2*dim*dim + 2*dim*kv + matrices*dim*hidden, dim * float64(c.VocabSize)
}

// workFlops counts the matrix products of one batch: two operations for each
// element of a matrix and token, and those of attention. Only the last token of
// a call goes through the head.
func workFlops(s *settings, c nn.Config, size int) float64 {
	block, head := matrixElems(c)
	call := func(tokens, keys int) float64 {
		attention := tensor.AttentionShape{
			Batch: size, Heads: c.Heads, KVHeads: c.KVHeads, SeqLen: tokens, Keys: keys, HeadDim: c.HeadDim(), Causal: true,
		}
		products := 2 * float64(size) * (float64(tokens*c.Layers)*block + head)
		return products + float64(c.Layers)*attention.Flops()
	}
	switch s.Phase {
	case prefill:
		return call(s.PromptTokens, s.PromptTokens)
	case decode:
		return call(1, s.PromptTokens+1)
	}
	flops := call(s.PromptTokens, s.PromptTokens)
	for n := range s.NewTokens - 1 {
		flops += call(1, s.PromptTokens+n+1)
	}
	return flops
}

// needs is about what a point takes, in bytes, rather more than less. It is a
// float64, which no shape overflows.
func needs(s *settings, c nn.Config) float64 {
	const (
		panel      = 32      // capacities are rounded up to it
		floatBytes = 4       // caches and activations are float32
		fixed      = 4 << 20 // tiles, and what panels of weights are padded to
	)
	low, high := s.sizes()
	sequences := float64(low+high) * float64(high-low+1) / 2
	keys := float64(c.Layers*c.KVHeads) * float64(s.tokens()+panel) * float64(c.HeadDim()+panel)
	block, head := matrixElems(c)
	weights := float64(c.Parameters()) * float64(s.format().Bytes())
	if s.Packed { // one matrix at a time is there twice
		weights += max(block, head) * float64(s.format().Bytes())
	}
	row := float64(8*c.Dim + 4*c.HiddenDim)
	activations := float64(high) * (float64(s.PromptTokens)*row + 2*float64(c.VocabSize))
	return weights + floatBytes*(2*sequences*keys+activations) + fixed*float64(s.Threads+1)
}
