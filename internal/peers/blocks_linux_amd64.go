package main

import (
	"fmt"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/nn"
	"runx/internal/tensor/safetensors"
)

// blockRatio is the figure of a decoder block: PyTorch's speed.
const blockRatio = 1.0

// blockTokens is how many tokens go through a block, and how many are in the
// cache when one follows.
const blockTokens = 512

// halfWeights is the tolerance where weights are rounded to halves.
const halfWeights = 0.05

// blockRows compares one decoder block of each style with PyTorch: 512 tokens,
// and one token that follows 512 in the cache.
func blockRows(b *bench) ([]row, error) {
	var rows []row
	for _, preset := range []string{"gpt2-small", "tinyllama-1.1b"} {
		c, err := newBlockCase(b, preset, tensor.NewTensor)
		if err != nil {
			return nil, err
		}
		for _, part := range []func() (contest, error){c.prefill, c.decode} {
			contest, err := part()
			if err != nil {
				return nil, err
			}
			more, err := contest.run(b.rounds)
			if err != nil {
				return nil, err
			}
			rows = append(rows, more...)
		}
	}
	return rows, nil
}

// blockCase is a block with random weights.
type blockCase struct {
	*bench
	config nn.Config
	arena  *tensor.Arena
	block  nn.Block
	// sources are the weights by the names that published checkpoints have.
	sources []safetensors.Source
	weights string // a file of them, once PyTorch has been asked
	make    func(a *tensor.Arena, shape ...int) (*tensor.Tensor, error)
	problem error
}

// newBlockCase makes the weights by the given function.
func newBlockCase(b *bench, preset string, make func(*tensor.Arena, ...int) (*tensor.Tensor, error)) (*blockCase, error) {
	config, err := nn.Preset(preset)
	if err != nil {
		return nil, err
	}
	c := &blockCase{bench: b, config: config, arena: tensor.NewArena(), make: make}
	kv := config.KVHeads * config.HeadDim()
	c.block = nn.Block{
		AttentionNorm: c.norm("input_layernorm"),
		Attention: nn.Attention{
			Query: c.linear("self_attn.q_proj", config.Dim, config.Dim), Key: c.linear("self_attn.k_proj", kv, config.Dim),
			Value: c.linear("self_attn.v_proj", kv, config.Dim), Output: c.linear("self_attn.o_proj", config.Dim, config.Dim),
			Heads: config.Heads, KVHeads: config.KVHeads, HeadDim: config.HeadDim(), RopeTheta: config.RopeTheta, Algorithm: tensor.Flash,
		},
		MLPNorm: c.norm("post_attention_layernorm"),
		MLP:     nn.MLP{Up: c.linear("mlp.up_proj", config.HiddenDim, config.Dim), Down: c.linear("mlp.down_proj", config.Dim, config.HiddenDim)},
	}
	if config.Activation == nn.SwiGLU {
		c.block.MLP.Gate = new(c.linear("mlp.gate_proj", config.HiddenDim, config.Dim))
	}
	return c, c.problem
}

// tensor makes a tensor of normal numbers around a centre.
func (c *blockCase) tensor(name string, centre, deviation float32, shape ...int) *tensor.Tensor {
	if c.problem != nil {
		return nil
	}
	var t *tensor.Tensor
	if t, c.problem = c.make(c.arena, shape...); c.problem != nil {
		return nil
	}
	tensor.FillNormal(t.Data(), uint64(len(c.sources)))
	for i, x := range t.Data() {
		t.Data()[i] = centre + deviation*x
	}
	c.sources = append(c.sources, safetensors.Float32s(name, t.Data(), shape...))
	return t
}

// deviation is that of GPT-2's initial weights.
const deviation = 0.02

func (c *blockCase) linear(name string, out, in int) nn.Linear {
	t := c.tensor(name+".weight", 0, deviation, out, in)
	if c.problem != nil {
		return nn.Linear{}
	}
	l := nn.Linear{}
	l.Weight, c.problem = tensor.NewWeight(t)
	if c.config.Biases == nn.AllBiases {
		l.Bias = c.tensor(name+".bias", 0, deviation, out)
	}
	return l
}

func (c *blockCase) norm(name string) nn.Norm {
	n := nn.Norm{Kind: c.config.Norm, Gain: c.tensor(name+".weight", 1, deviation, c.config.Dim), Eps: float32(c.config.NormEps)}
	if c.config.Norm == nn.LayerNorm {
		n.Bias = c.tensor(name+".bias", 0, deviation, c.config.Dim)
	}
	return n
}

// packed is the block with its matrices packed.
func (c *blockCase) packed(f kernels.Format) (nn.Block, error) {
	b := c.block
	linears := []*nn.Linear{&b.Attention.Query, &b.Attention.Key, &b.Attention.Value, &b.Attention.Output, &b.MLP.Up, &b.MLP.Down}
	if b.MLP.Gate != nil {
		b.MLP.Gate = new(*b.MLP.Gate)
		linears = append(linears, b.MLP.Gate)
	}
	for _, l := range linears {
		var err error
		if l.Weight, err = l.Weight.Pack(c.engine, c.arena, f); err != nil {
			return b, err
		}
	}
	return b, nil
}

// input is [1, seq, dim] for the engine, and a source of it for PyTorch.
func (c *blockCase) input(name string, seq int, seed uint64) (*tensor.Tensor, safetensors.Source, error) {
	data := normal(seq*c.config.Dim, seed)
	t, err := tensor.FromSlice(data, 1, seq, c.config.Dim)
	return t, safetensors.Float32s(name, data, 1, seq, c.config.Dim), err
}

// peers are PyTorch with attention spelled out, and with its fused one.
func (c *blockCase) peers(program string, inputs ...safetensors.Source) ([]side, error) {
	file, err := c.hand(inputs...)
	if err != nil {
		return nil, err
	}
	if c.weights == "" {
		if c.weights, err = c.hand(c.sources...); err != nil {
			return nil, err
		}
	}
	options := modelOptions(c.config)
	var sides []side
	for _, form := range []string{"naive", "fused"} {
		options["attention"] = form
		s, err := c.onTorch("PyTorch "+form, program, options, c.weights, file)
		if err != nil {
			return nil, err
		}
		sides = append(sides, s)
	}
	return sides, nil
}

// modelOptions are what worker.py asks of a model's shape.
func modelOptions(c nn.Config) map[string]any {
	style := "gpt2"
	if c.Norm == nn.RMSNorm {
		style = "llama"
	}
	return map[string]any{
		"style": style, "heads": c.Heads, "kv_heads": c.KVHeads, "head_dim": c.HeadDim(),
		"eps": c.NormEps, "theta": c.RopeTheta, "layers": c.Layers,
	}
}

// prefill is all tokens at once, in each algorithm, and with packed matrices.
func (c *blockCase) prefill() (contest, error) {
	x, source, err := c.input("x", blockTokens, 1)
	if err != nil {
		return contest{}, err
	}
	naive := c.block
	naive.Attention.Algorithm = tensor.Naive
	packed, err := c.packed(kernels.Float32)
	if err != nil {
		return contest{}, err
	}
	theirs, err := c.peers("block", source)
	return contest{
		name: fmt.Sprintf("%s block, %d tokens, ", c.config.Name, blockTokens), unit: milliseconds, figure: figure{ratio: blockRatio},
		ours: []side{
			c.forward("flash", &c.block, x, nil), c.forward("naive", &naive, x, nil), c.forward("flash, packed", &packed, x, nil),
		},
		theirs: theirs, tolerance: 1e-3,
	}, err
}

// decode is one token behind the others, with plain and with packed matrices.
func (c *blockCase) decode() (contest, error) {
	x, source, err := c.input("x", 1, 2)
	if err != nil {
		return contest{}, err
	}
	history, historySource, err := c.input("history", blockTokens, 3)
	if err != nil {
		return contest{}, err
	}
	cache, err := tensor.NewKVCache(c.engine, c.arena, 1, c.config.KVHeads, blockTokens+1, c.config.HeadDim())
	if err != nil {
		return contest{}, err
	}
	if _, err := c.forward("", &c.block, history, cache).calls(1); err != nil {
		return contest{}, err
	}
	own := []side{c.forward("plain", &c.block, x, cache)}
	for _, f := range []kernels.Format{kernels.Float32, kernels.Float16, kernels.BFloat16} {
		packed, err := c.packed(f)
		if err != nil {
			return contest{}, err
		}
		s := c.forward("packed in "+f.String(), &packed, x, cache)
		if f != kernels.Float32 {
			s.tolerance = halfWeights
		}
		own = append(own, s)
	}
	theirs, err := c.peers("block", source, historySource)
	return contest{
		name: fmt.Sprintf("%s block, 1 token after %d, ", c.config.Name, blockTokens), unit: milliseconds, figure: figure{ratio: blockRatio},
		ours: own, theirs: theirs, tolerance: 1e-3,
	}, err
}

// forward is the block applied to x. With a cache it goes behind what the cache
// has now.
func (c *blockCase) forward(name string, block *nn.Block, x *tensor.Tensor, cache *tensor.KVCache) side {
	p := tensor.NewPass(c.engine, c.arena, tensor.PassOptions{})
	past := 0
	if cache != nil {
		past = cache.Len()
	}
	return keeping(name, p, func() *tensor.Tensor {
		if cache != nil {
			if err := cache.Truncate(past); err != nil {
				p.Fail(err)
			}
		}
		return block.Forward(p, x, cache)
	})
}
