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
	plain := c.forms[0]
	prompt, err := c.peers(c.prompt, []int32{}, false)
	if err != nil {
		return nil, err
	}
	token, err := c.peers(c.prompt[:1], c.prompt, false)
	if err != nil {
		return nil, err
	}
	score, err := c.peers(c.prompt, []int32{}, true)
	if err != nil {
		return nil, err
	}
	rows, err = runAll(b.rounds, []contest{
		{
			name: fmt.Sprintf("prompt of %d tokens, ", promptTokens), unit: rate("tokens/s", promptTokens),
			ours:   append(c.each(c.prefill), c.uncached(plain), plain.naively(c.prefill(plain))),
			theirs: prompt, tolerance: 1e-3,
		},
		{
			name: fmt.Sprintf("1 token after %d, ", promptTokens), unit: rate("tokens/s", 1),
			ours:   append(c.each(c.decode), plain.naively(c.decode(plain))),
			theirs: token, tolerance: 1e-3,
		},
		{
			name: fmt.Sprintf("likelihood of %d tokens, ", promptTokens), unit: rate("tokens/s", promptTokens),
			ours:   []side{c.score(plain)},
			theirs: score, tolerance: 1e-3,
		},
		{
			name: fmt.Sprintf("%d tokens, each of the %d likeliest, ", generateTokens, sampledFrom), unit: rate("tokens/s", generateTokens),
			ours: c.each(c.generate),
		},
		{
			name: "load a file by mapping it, unread", unit: milliseconds,
			ours: ours(c.load("", true)), theirs: []side{c.load("ours by reading", false)},
		},
	})
	return append(rows, c.memory()...), err
}

// modelCase is a model of random weights in its forms, and its file.
type modelCase struct {
	*bench
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
	c := &modelCase{bench: b, file: b.dir + "/model.safetensors"}
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

// prefill is the prompt into an empty cache.
func (c *modelCase) prefill(f modelForm) side {
	return c.logits(f, 0, func(p *tensor.Pass) *tensor.Tensor { return f.model.Prefill(p, c.prompt, 1, f.cache) })
}

// uncached is the prompt without a cache: what each token costs where none is
// kept.
func (c *modelCase) uncached(f modelForm) side {
	p := tensor.NewPass(c.engine, f.arena, tensor.PassOptions{})
	return keeping(f.name+", no cache", p, func() *tensor.Tensor { return f.model.Prefill(p, c.prompt, 1, nil) })
}

// naively is a side of the form with naive attention.
func (f modelForm) naively(s side) side {
	calls := s.calls
	s.name = f.name + ", naive attention"
	s.calls = func(n int) (float64, error) {
		f.model.SetAlgorithm(tensor.Naive)
		defer f.model.SetAlgorithm(tensor.Flash)
		return calls(n)
	}
	return s
}

// decode is a token behind the prompt.
func (c *modelCase) decode(f modelForm) side {
	return c.logits(f, promptTokens, func(p *tensor.Pass) *tensor.Tensor { return f.model.Decode(p, c.prompt[:1], f.cache) })
}

// logits is a prediction with so many tokens of the prompt in the cache.
func (c *modelCase) logits(f modelForm, past int, predict func(*tensor.Pass) *tensor.Tensor) side {
	p := tensor.NewPass(c.engine, f.arena, tensor.PassOptions{})
	return keeping("", p, func() *tensor.Tensor {
		if f.cache.Len() < past {
			p.Free(f.model.Prefill(p, c.prompt[:past], 1, f.cache))
		}
		if err := f.cache.Truncate(past); err != nil {
			p.Fail(err)
		}
		return predict(p)
	})
}

// score is the mean negative log likelihood of the prompt: all logits are needed.
func (c *modelCase) score(f modelForm) side {
	p := tensor.NewPass(c.engine, f.arena, tensor.PassOptions{})
	return keeping(f.name, p, func() *tensor.Tensor {
		logits := f.model.Forward(p, c.prompt[:promptTokens-1], 1)
		loss := p.CrossEntropy(logits, c.prompt[1:])
		p.Free(logits)
		return loss
	})
}

// generate samples tokens behind the first of the prompt.
func (c *modelCase) generate(f modelForm) side {
	p := tensor.NewPass(c.engine, f.arena, tensor.PassOptions{})
	return onThread("", func() error {
		if err := f.cache.Truncate(0); err != nil {
			return err
		}
		tokens := 0
		sampler := nn.Sampler{Temperature: temperature, TopK: sampledFrom, Seed: 1}
		for range f.model.Generate(p, c.prompt[:1], f.cache, &sampler) {
			if tokens++; tokens == generateTokens {
				break
			}
		}
		return p.Err()
	})
}

// memory is that of the weights in each form, and of a cache beside them.
func (c *modelCase) memory() []row {
	plain := float64(c.forms[0].model.Bytes())
	bytes := func(name string, n int64) row {
		return row{name: "memory of " + name, unit: "bytes", ours: float64(n), peer: "plain weights", theirs: plain, ratio: plain / float64(n)}
	}
	var rows []row
	for _, f := range c.forms[1:] {
		rows = append(rows, bytes("the weights "+f.name, f.model.Bytes()))
	}
	cache := c.forms[0].cache
	return append(rows, bytes(fmt.Sprintf("a cache of %d tokens", cache.Capacity()), cache.Bytes()))
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
func (c *modelCase) peers(ids, history []int32, score bool) ([]side, error) {
	options := modelOptions(c.forms[0].model.Config())
	options["ids"], options["history"], options["score"] = ids, history, score
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
