package kvcache

import (
	"fmt"

	"runx/internal/tensor/nn"
)

// A shape is what of a model decides the size of its cache.
type shape struct {
	model string
	// elements is the numbers that one layer keeps of one token.
	elements int
	// groups are the layers, together as many as the model has.
	groups []group
}

// A group is layers that see as far back as each other.
type group struct {
	layers int
	window int // tokens; 0 sees all
}

// published are shapes of published models, each by the facts of its
// config.json at the address above it.
var published = []shape{
	// https://huggingface.co/openai-community/gpt2-xl/blob/main/config.json
	// n_layer 48, n_head 25, n_embd 1600: MHA, heads of 64.
	grouped("gpt2-xl", 25, 64, group{layers: 48}),
	// https://huggingface.co/meta-llama/Llama-2-7b-hf/blob/main/config.json
	// num_hidden_layers 32, num_key_value_heads 32, hidden_size 4096: MHA, heads of 128.
	grouped("llama-2-7b", 32, 128, group{layers: 32}),
	// https://huggingface.co/meta-llama/Llama-3.1-8B/blob/main/config.json
	// num_hidden_layers 32, num_key_value_heads 8, hidden_size 4096, num_attention_heads 32: GQA, heads of 128.
	grouped("llama-3.1-8b", 8, 128, group{layers: 32}),
	// https://huggingface.co/meta-llama/Llama-3.1-70B/blob/main/config.json
	// num_hidden_layers 80, num_key_value_heads 8, hidden_size 8192, num_attention_heads 64: GQA, heads of 128.
	grouped("llama-3.1-70b", 8, 128, group{layers: 80}),
	// https://huggingface.co/tiiuae/falcon-7b/blob/main/config.json
	// num_hidden_layers 32, multi_query true, hidden_size 4544, num_attention_heads 71: MQA, heads of 64.
	grouped("falcon-7b", 1, 64, group{layers: 32}),
	// https://huggingface.co/mistralai/Mistral-7B-v0.1/blob/main/config.json
	// num_hidden_layers 32, num_key_value_heads 8, sliding_window 4096, hidden_size 4096, num_attention_heads 32: GQA, heads of 128.
	grouped("mistral-7b-v0.1", 8, 128, group{layers: 32, window: 4096}),
	// https://huggingface.co/google/gemma-2-9b/blob/main/config.json
	// num_hidden_layers 42, num_key_value_heads 8, head_dim 256, sliding_window 4096 in every other layer.
	grouped("gemma-2-9b", 8, 256, group{layers: 21}, group{layers: 21, window: 4096}),
	// https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/config.json
	// num_hidden_layers 61, kv_lora_rank 512, qk_rope_head_dim 64: MLA, one latent of both for all heads.
	{model: "deepseek-v3", elements: 512 + 64, groups: []group{{layers: 61}}},
}

// embedded are the models that mode measured can run too: small enough to be
// made in a moment.
var embedded = []string{"nano", "micro", "gpt2-small", "smollm2-135m"}

// grouped is the shape of attention with a key and a value for each of kvHeads
// heads.
func grouped(model string, kvHeads, headDim int, groups ...group) shape {
	return shape{model: model, elements: 2 * kvHeads * headDim, groups: groups}
}

// models are the names that shapeOf knows.
func models() []string {
	var names []string
	for _, s := range published {
		names = append(names, s.model)
	}
	return append(names, embedded...)
}

func shapeOf(model string) (shape, error) {
	for _, s := range published {
		if s.model == model {
			return s, nil
		}
	}
	c, err := nn.Preset(model)
	if err != nil {
		return shape{}, fmt.Errorf("shape of the cache: %w", err)
	}
	return grouped(c.Name, c.KVHeads, c.HeadDim(), group{layers: c.Layers}), nil
}

// layers is the number of layers.
func (s shape) layers() int {
	n := 0
	for _, g := range s.groups {
		n += g.layers
	}
	return n
}

// tokenBytes is what one token takes in all layers, while every window holds it.
func (s shape) tokenBytes(elementBytes int) int64 {
	return int64(s.layers()) * int64(s.elements) * int64(elementBytes)
}

// requestBytes is what the cache of a request of so many tokens holds.
func (s shape) requestBytes(elementBytes, tokens int) int64 {
	n := int64(0)
	for _, g := range s.groups {
		n += int64(g.layers) * int64(g.kept(tokens))
	}
	return n * int64(s.elements) * int64(elementBytes)
}

// kept is how many of a request's tokens a layer keeps.
func (g group) kept(tokens int) int {
	if g.window > 0 {
		return min(tokens, g.window)
	}
	return tokens
}

// lane is how many layers share the pages of a table: as many as divide the
// layers of every group, so that all pages are equal.
func (s shape) lane() int {
	n := 0
	for _, g := range s.groups {
		n = divisor(n, g.layers)
	}
	return n
}

// divisor is the greatest common divisor.
func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
