package nn

import (
	"fmt"
	"slices"
	"strings"
)

// presets are the shapes of published models, each from the config.json at the
// address above it, and two of our own. Their weights are not here: NewModel
// fills them at random. Models that stretch their rotary frequencies for long
// contexts (Llama 3.1 and later) are not among them: package tensor computes the
// plain ones.
var presets = []Config{
	// Of our own: a GPT-2 and a Llama small enough for a test.
	{
		Name: "nano", VocabSize: 256, Dim: 64, Layers: 2, Heads: 4, KVHeads: 4, HiddenDim: 256, MaxSeqLen: 256,
		Norm: LayerNorm, Activation: GELU, Position: Learned, Biases: AllBiases, Tied: true, NormEps: 1e-5,
	},
	{
		Name: "micro", VocabSize: 2048, Dim: 256, Layers: 4, Heads: 8, KVHeads: 2, HiddenDim: 704, MaxSeqLen: 1024,
		Norm: RMSNorm, Activation: SwiGLU, Position: Rotary, NormEps: 1e-5, RopeTheta: 10000,
	},
	// https://huggingface.co/openai-community/gpt2/blob/main/config.json
	gpt2("gpt2-small", 768, 12, 12),
	// https://huggingface.co/openai-community/gpt2-medium/blob/main/config.json
	gpt2("gpt2-medium", 1024, 24, 16),
	// https://huggingface.co/openai-community/gpt2-large/blob/main/config.json
	gpt2("gpt2-large", 1280, 36, 20),
	// https://huggingface.co/openai-community/gpt2-xl/blob/main/config.json
	gpt2("gpt2-xl", 1600, 48, 25),
	// https://huggingface.co/HuggingFaceTB/SmolLM2-135M/blob/main/config.json
	{
		Name: "smollm2-135m", VocabSize: 49152, Dim: 576, Layers: 30, Heads: 9, KVHeads: 3, HiddenDim: 1536, MaxSeqLen: 8192,
		Norm: RMSNorm, Activation: SwiGLU, Position: Rotary, Tied: true, NormEps: 1e-5, RopeTheta: 100000,
	},
	// https://huggingface.co/Qwen/Qwen2.5-0.5B/blob/main/config.json
	{
		Name: "qwen2.5-0.5b", VocabSize: 151936, Dim: 896, Layers: 24, Heads: 14, KVHeads: 2, HiddenDim: 4864, MaxSeqLen: 32768,
		Norm: RMSNorm, Activation: SwiGLU, Position: Rotary, Biases: QKVBiases, Tied: true, NormEps: 1e-6, RopeTheta: 1000000,
	},
	// https://huggingface.co/TinyLlama/TinyLlama-1.1B-Chat-v1.0/blob/main/config.json
	{
		Name: "tinyllama-1.1b", VocabSize: 32000, Dim: 2048, Layers: 22, Heads: 32, KVHeads: 4, HiddenDim: 5632, MaxSeqLen: 2048,
		Norm: RMSNorm, Activation: SwiGLU, Position: Rotary, NormEps: 1e-5, RopeTheta: 10000,
	},
}

// gpt2 is a shape of A. Radford et al., "Language Models are Unsupervised
// Multitask Learners" (2019): the MLP is four times as wide as the model.
func gpt2(name string, dim, layers, heads int) Config {
	return Config{
		Name: name, VocabSize: 50257, Dim: dim, Layers: layers, Heads: heads, KVHeads: heads, HiddenDim: 4 * dim, MaxSeqLen: 1024,
		Norm: LayerNorm, Activation: GELU, Position: Learned, Biases: AllBiases, Tied: true, NormEps: 1e-5,
	}
}

// Preset returns the shape of a model by its name.
func Preset(name string) (Config, error) {
	i := slices.IndexFunc(presets, func(c Config) bool { return c.Name == name })
	if i < 0 {
		return Config{}, fmt.Errorf("no model %q\nhint: there are %s", name, strings.Join(Presets(), ", "))
	}
	return presets[i], nil
}

// Presets are the names that Preset knows, from small to large within a family.
func Presets() []string {
	names := make([]string, len(presets))
	for i, c := range presets {
		names[i] = c.Name
	}
	return names
}
