package pipeline

import (
	"context"
	"encoding/json"

	"runx/internal/tensor"
	"runx/internal/tensor/nn"
)

// A request is what a client sends.
type request struct {
	Prompt      string  `json:"prompt"`
	MaxTokens   int     `json:"max_tokens"`
	Temperature float64 `json:"temperature"`
	TopK        int     `json:"top_k"`
	Seed        uint64  `json:"seed"`
}

func (r *request) sampler() *nn.Sampler {
	return &nn.Sampler{Temperature: r.Temperature, TopK: r.TopK, Seed: r.Seed}
}

// A response is what it gets.
type response struct {
	Text         string `json:"text"`
	FinishReason string `json:"finish_reason"`
	Usage        usage  `json:"usage"`
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
}

// serve answers the request and notes the time of each stage.
func (i *instance) serve(ctx context.Context) error {
	l := &i.line
	l.begin()

	start := l.now()
	var asked request
	if err := json.Unmarshal(i.body, &asked); err != nil {
		return err
	}
	l.add(parse, noLayer, outside, start)

	start = l.now()
	i.ids = i.encoder.Append(i.ids[:0], asked.Prompt)
	l.add(tokenize, noLayer, outside, start)

	start = l.now()
	p := tensor.NewPass(i.engine, i.arena, tensor.PassOptions{})
	cache, err := i.model.NewCache(i.engine, i.arena, 1, len(i.ids)+asked.MaxTokens-1)
	if err != nil {
		return err
	}
	l.add(copyIn, noLayer, outside, start)

	err = i.generate(ctx, p, cache, &asked)

	start = l.now()
	if failed := cache.Free(); err == nil {
		err = failed
	}
	l.add(copyIn, noLayer, outside, start)
	if err != nil {
		return err
	}

	start = l.now()
	i.answer, err = json.Marshal(response{
		Text: string(i.text), FinishReason: "length",
		Usage: usage{PromptTokens: len(i.ids), CompletionTokens: len(i.picked)},
	})
	l.add(serialize, noLayer, outside, start)
	l.ended = l.now()
	return err
}

// generate continues the prompt, token by token.
func (i *instance) generate(ctx context.Context, p *tensor.Pass, cache *nn.Cache, asked *request) error {
	l, sampler, given := &i.line, asked.sampler(), i.ids
	i.text, i.picked = i.text[:0], i.picked[:0]
	for step := range asked.MaxTokens {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		start := l.now()
		i.input = append(i.input[:0], given...)
		l.add(copyIn, noLayer, step, start)

		logits := i.forward(p, cache, step)
		if p.Err() != nil {
			return p.Err()
		}

		start = l.now()
		next, err := sampler.Next(logits.Data())
		p.Free(logits)
		if err != nil {
			return err
		}
		i.picked = append(i.picked, next)
		l.add(sample, noLayer, step, start)

		start = l.now()
		i.text = i.tokenizer.AppendText(i.text, next)
		l.add(detokenize, noLayer, step, start)
		l.told()
		given = i.picked[step:]
	}
	return p.Err()
}

// forward computes the logits of the token after the input: what the model's
// Prefill and Decode do, with the halves of its blocks apart.
func (i *instance) forward(p *tensor.Pass, cache *nn.Cache, step int) *tensor.Tensor {
	l := &i.line
	start := l.now()
	x := i.model.Embed(p, i.input, 1, cache.Len())
	l.add(embed, noLayer, step, start)

	blocks := i.model.Blocks()
	for n := range blocks {
		b := &blocks[n]
		start = l.now()
		h := b.AttentionNorm.Forward(p, x)
		attended := b.Attention.Forward(p, h, cache.Layer(n))
		y := p.Add(x, attended)
		p.Free(x, h, attended)
		l.add(attention, n, step, start)

		start = l.now()
		h = b.MLPNorm.Forward(p, y)
		mapped := b.MLP.Forward(p, h)
		x = p.Add(y, mapped)
		p.Free(y, h, mapped)
		l.add(mlp, n, step, start)
	}

	start = l.now()
	logits := i.model.NextLogits(p, x)
	p.Free(x)
	l.add(head, noLayer, step, start)
	return logits
}
