package main

import (
	"errors"
	"fmt"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/nn"
)

const (
	promptTokens   = 128
	generateTokens = 16
)

// modelRows measures a whole model, in float32 and with packed matrices: a
// prompt, a token behind it, sampling, and how long the file takes to load.
func modelRows(b *bench) (rows []row, err error) {
	c, err := newModelCase(b)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.free()) }()
	prompt, err := c.peers(c.prompt, []int32{})
	if err != nil {
		return nil, err
	}
	token, err := c.peers(c.prompt[:1], c.prompt)
	if err != nil {
		return nil, err
	}
	return runAll(b.rounds, []contest{
		{
			name: fmt.Sprintf("prompt of %d tokens, ", promptTokens), unit: rate("tokens/s", promptTokens),
			ours:   c.each(func(f modelForm) side { return c.logits(f, 0, c.prompt) }),
			theirs: prompt, tolerance: 1e-3,
		},
		{
			name: fmt.Sprintf("1 token after %d, ", promptTokens), unit: rate("tokens/s", 1),
			ours:   c.each(func(f modelForm) side { return c.logits(f, promptTokens, c.prompt[:1]) }),
			theirs: token, tolerance: 1e-3,
		},
		{
			name: fmt.Sprintf("%d tokens of the 40 likeliest, ", generateTokens), unit: rate("tokens/s", generateTokens),
			ours: c.each(c.generate),
		},
		{
			name: "load a file by mapping it, unread", unit: milliseconds,
			ours: ours(c.load("", true)), theirs: []side{c.load("ours by reading", false)},
		},
	})
}

// modelCase is a model of random weights in its forms, and its file.
type modelCase struct {
	*bench
	config nn.Config
	file   string
	prompt []int32
	forms  []modelForm
}

// modelForm is a model with memory and a cache of its own.
type modelForm struct {
	name  string
	model *nn.Model
	arena *tensor.Arena
	cache *nn.Cache
	half  bool
}

func newModelCase(b *bench) (*modelCase, error) {
	config, err := nn.Preset("gpt2-small")
	if err != nil {
		return nil, err
	}
	c := &modelCase{bench: b, config: config, file: b.dir + "/model.safetensors"}
	for i := range promptTokens {
		c.prompt = append(c.prompt, int32(i*7919%config.VocabSize))
	}
	plain := modelForm{name: "plain", arena: tensor.NewArena()}
	if plain.model, err = nn.NewModel(b.engine, plain.arena, config, nn.ModelOptions{Seed: 1}); err != nil {
		return nil, err
	}
	if err := plain.model.Save(c.file); err != nil {
		return nil, err
	}
	c.forms = []modelForm{plain}
	for _, f := range []kernels.Format{kernels.Float32, kernels.Float16, kernels.BFloat16} {
		form := modelForm{name: "packed in " + f.String(), arena: tensor.NewArena(), half: f != kernels.Float32}
		if form.model, err = nn.Load(form.arena, c.file, nn.LoadOptions{Mmap: true}); err != nil {
			return nil, err
		}
		if err := form.model.Pack(b.engine, form.arena, f); err != nil {
			return nil, err
		}
		c.forms = append(c.forms, form)
	}
	for i := range c.forms {
		f := &c.forms[i]
		f.model.SetAlgorithm(tensor.Flash)
		if f.cache, err = f.model.NewCache(b.engine, f.arena, 1, promptTokens+generateTokens); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *modelCase) free() error {
	var err error
	for _, f := range c.forms {
		err = errors.Join(err, f.cache.Free(), f.model.Free())
	}
	return err
}

func (c *modelCase) each(form func(modelForm) side) []side {
	var sides []side
	for _, f := range c.forms {
		s := form(f)
		s.name = f.name
		if f.half {
			s.tolerance = halfWeights
		}
		sides = append(sides, s)
	}
	return sides
}

// logits is what the model predicts behind ids, which follow so many tokens of
// the prompt in the cache.
func (c *modelCase) logits(f modelForm, past int, ids []int32) side {
	p := tensor.NewPass(c.engine, f.arena, tensor.PassOptions{})
	result := make([]float32, c.config.VocabSize)
	return onThread("", func() error {
		if f.cache.Len() < past {
			p.Free(f.model.Prefill(p, c.prompt[:past], 1, f.cache))
		}
		if err := f.cache.Truncate(past); err != nil {
			return err
		}
		logits := f.model.Prefill(p, ids, 1, f.cache)
		copy(result, logits.Data())
		p.Free(logits)
		return p.Err()
	}).into(result)
}

// generate samples tokens behind the first of the prompt.
func (c *modelCase) generate(f modelForm) side {
	p := tensor.NewPass(c.engine, f.arena, tensor.PassOptions{})
	return onThread("", func() error {
		if err := f.cache.Truncate(0); err != nil {
			return err
		}
		tokens := 0
		sampler := nn.Sampler{Temperature: 0.8, TopK: 40, Seed: 1}
		for range f.model.Generate(p, c.prompt[:1], f.cache, &sampler) {
			if tokens++; tokens == generateTokens {
				break
			}
		}
		return p.Err()
	})
}

// load opens the file as a model and lets go of it.
func (c *modelCase) load(name string, mapped bool) side {
	return onThread(name, func() error {
		m, err := nn.Load(tensor.NewArena(), c.file, nn.LoadOptions{Mmap: mapped})
		if err != nil {
			return err
		}
		return m.Free()
	})
}

// peers are PyTorch with attention spelled out, and with its fused one.
func (c *modelCase) peers(ids, history []int32) ([]side, error) {
	options := modelOptions(c.config)
	options["ids"], options["history"] = ids, history
	var sides []side
	for _, form := range []string{"naive", "fused"} {
		options["attention"] = form
		s, err := c.onTorch("PyTorch "+form, "model", options, c.file)
		if err != nil {
			return nil, err
		}
		sides = append(sides, s)
	}
	return sides, nil
}
