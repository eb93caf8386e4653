package nn

import (
	"strings"

	"runx/internal/tensor/safetensors"
)

// layoutOf says where a file has each parameter.
func layoutOf(file *safetensors.File, c Config) func(spec) origin {
	for _, prefix := range []string{"", "transformer."} {
		if _, ok := file.Tensor(prefix + "h.0.attn.c_attn.weight"); ok && c.Position == Learned {
			return func(s spec) origin { return gpt2Origin(prefix, s) }
		}
	}
	return func(s spec) origin { return origin{name: s.name, parts: 1} }
}

// gpt2Names are the layers of a published GPT-2 file under the names of ours.
// Its linear layers are "Conv1D": the matrix is [in, out].
var gpt2Names = map[string]origin{
	"self_attn.q_proj":         {name: "attn.c_attn", transposed: true, part: 0, parts: 3},
	"self_attn.k_proj":         {name: "attn.c_attn", transposed: true, part: 1, parts: 3},
	"self_attn.v_proj":         {name: "attn.c_attn", transposed: true, part: 2, parts: 3},
	"self_attn.o_proj":         {name: "attn.c_proj", transposed: true, parts: 1},
	"mlp.up_proj":              {name: "mlp.c_fc", transposed: true, parts: 1},
	"mlp.down_proj":            {name: "mlp.c_proj", transposed: true, parts: 1},
	"input_layernorm":          {name: "ln_1", parts: 1},
	"post_attention_layernorm": {name: "ln_2", parts: 1},
}

// gpt2Origin is where a published GPT-2 file has a parameter.
func gpt2Origin(prefix string, s spec) origin {
	switch s.name {
	case embeddingName:
		return origin{name: prefix + "wte.weight", parts: 1}
	case positionsName:
		return origin{name: prefix + "wpe.weight", parts: 1}
	}
	name, inBlock := strings.CutPrefix(s.name, "model.layers.")
	end := strings.LastIndexByte(name, '.')
	if !inBlock { // the last norm, or a head that is not tied
		return origin{name: prefix + strings.Replace(name, normName, "ln_f", 1), parts: 1}
	}
	layer, middle, _ := strings.Cut(name[:end], ".")
	o := gpt2Names[middle]
	o.name = prefix + "h." + layer + "." + o.name + name[end:]
	o.transposed = o.transposed && s.matrix()
	return o
}
