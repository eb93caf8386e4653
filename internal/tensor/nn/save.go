package nn

import (
	"encoding/json"
	"fmt"

	"runx/internal/tensor/kernels"
	"runx/internal/tensor/safetensors"
)

// configKey is where the metadata of a file has the Config as JSON.
const configKey = "runx.config"

// Save writes the model to a safetensors file, whole or not at all, without
// holding it in memory twice. Tensors have the names and shapes of the Llama
// family's published files ("model.layers.0.self_attn.q_proj.weight"); what only
// GPT-2 has is named in their manner. Each is in the format in which the model
// has it. A packed model cannot be saved.
func (m *Model) Save(path string) error {
	config, err := json.Marshal(m.config)
	if err != nil {
		return fmt.Errorf("save model %q: %w", m.config.Name, err)
	}
	sources := make([]safetensors.Source, len(m.parameters))
	for i, q := range m.parameters {
		switch {
		case q.halves != nil:
			sources[i] = safetensors.Uint16s(q.name, dtypeOf(q.format()), q.halves, q.shape...)
		case q.tensor != nil:
			sources[i] = safetensors.Float32s(q.name, q.tensor.Data(), q.shape...)
		default:
			return fmt.Errorf("save model %q: it is packed\nhint: save it before it is packed", m.config.Name)
		}
	}
	metadata := map[string]string{"format": "pt", configKey: string(config)}
	if err := safetensors.Write(path, sources, metadata); err != nil {
		return fmt.Errorf("save model %q: %w", m.config.Name, err)
	}
	return nil
}

func dtypeOf(f kernels.Format) safetensors.DType {
	switch f {
	case kernels.Float16:
		return safetensors.F16
	case kernels.BFloat16:
		return safetensors.BF16
	default:
		return safetensors.F32
	}
}
