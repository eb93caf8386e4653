package nn

import (
	"slices"
	"strings"
	"testing"
)

// The numbers of parameters are those that the published checkpoints have.
func TestParameterCounts(t *testing.T) {
	t.Parallel()
	published := map[string]int64{
		"gpt2-small":     124_439_808,
		"gpt2-medium":    354_823_168,
		"gpt2-large":     774_030_080,
		"gpt2-xl":        1_557_611_200,
		"smollm2-135m":   134_515_008,
		"qwen2.5-0.5b":   494_032_768,
		"tinyllama-1.1b": 1_100_048_384,
		"nano":           256*64 + 256*64 + 2*(4*(64*64+64)+2*64*256+256+64+4*64) + 2*64,
		"micro":          2*2048*256 + 4*(2*256*256+2*64*256+3*256*704+2*256) + 256,
	}
	for _, name := range Presets() {
		c, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		if got := c.Parameters(); got != published[name] {
			t.Errorf("%s has %d parameters, want %d", name, got, published[name])
		}
	}
	if len(Presets()) != len(published) {
		t.Errorf("presets %v", Presets())
	}
}

func TestUnknownPreset(t *testing.T) {
	t.Parallel()
	if _, err := Preset("gpt-2"); err == nil || !strings.Contains(err.Error(), "hint: there are nano, micro, gpt2-small") {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.VocabSize = 0 }, "vocab_size is 0"},
		{func(c *Config) { c.Dim = -1 }, "dim is -1"},
		{func(c *Config) { c.HiddenDim = mostElements + 1 }, "hidden_dim is 16777217"},
		{func(c *Config) { c.Heads = 7 }, "dim 256 is no multiple of 7 heads"},
		{func(c *Config) { c.KVHeads = 3 }, "kv_heads 3 do not divide 8 heads"},
		{func(c *Config) { c.Dim = 8 * 3 }, "even head dimension, not 3"},
		{func(c *Config) { c.Norm = "batch" }, `norm "batch"`},
		{func(c *Config) { c.Activation = "" }, `activation ""`},
		{func(c *Config) { c.Position = "none" }, `position "none"`},
		{func(c *Config) { c.Biases = "some" }, `biases "some"`},
		{func(c *Config) { c.NormEps = 0 }, "norm_eps is 0"},
		{func(c *Config) { c.RopeTheta = 0 }, "rope_theta is 0"},
	} {
		c, err := Preset("micro")
		if err != nil {
			t.Fatal(err)
		}
		tt.change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	several := Config{Dim: 1}.Validate()
	if n := strings.Count(several.Error(), "\n"); n < 9 {
		t.Errorf("only %d problems are named: %v", n+1, several)
	}
}

// The names are those of the published files of the Llama family.
func TestNames(t *testing.T) {
	t.Parallel()
	c, err := Preset("qwen2.5-0.5b")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for s := range c.specs() {
		if !strings.HasPrefix(s.name, "model.layers.") || strings.HasPrefix(s.name, "model.layers.23.") {
			names = append(names, s.name)
		}
	}
	want := []string{
		"model.embed_tokens.weight",
		"model.layers.23.input_layernorm.weight",
		"model.layers.23.self_attn.q_proj.weight", "model.layers.23.self_attn.q_proj.bias",
		"model.layers.23.self_attn.k_proj.weight", "model.layers.23.self_attn.k_proj.bias",
		"model.layers.23.self_attn.v_proj.weight", "model.layers.23.self_attn.v_proj.bias",
		"model.layers.23.self_attn.o_proj.weight",
		"model.layers.23.post_attention_layernorm.weight",
		"model.layers.23.mlp.gate_proj.weight", "model.layers.23.mlp.up_proj.weight", "model.layers.23.mlp.down_proj.weight",
		"model.norm.weight",
	}
	if !slices.Equal(names, want) {
		t.Errorf("names %q", names)
	}
}
