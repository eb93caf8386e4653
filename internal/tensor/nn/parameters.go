package nn

import (
	"errors"
	"fmt"
	"iter"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/safetensors"
)

// spec is one parameter tensor of a model: the name under which the Llama family
// publishes it, and where GPT-2 has what Llama has not, a name of the same kind.
type spec struct {
	name  string
	shape []int
	kind  kind
}

// kind is what a parameter is for: it decides storage and first values.
type kind uint8

const (
	matrix   kind = iota // of a linear layer, or the table of embeddings
	residual             // a matrix whose products are added to the residual stream
	table                // the learned positions
	gain
	bias
)

// matrix reports whether the parameter is kept as a tensor.Weight; all others
// are float32 tensors.
func (s spec) matrix() bool { return s.kind == matrix || s.kind == residual }

func (s spec) elements() int64 {
	n := int64(1)
	for _, d := range s.shape {
		n *= int64(d)
	}
	return n
}

const (
	embeddingName = "model.embed_tokens.weight"
	positionsName = "model.embed_positions.weight"
	normName      = "model.norm"
	headName      = "lm_head.weight"
)

func blockName(i int) string { return fmt.Sprintf("model.layers.%d.", i) }

// specs goes through the parameters of a valid config, always in the same order.
func (c Config) specs() iter.Seq[spec] {
	return func(yield func(spec) bool) {
		ok := yield(spec{embeddingName, []int{c.VocabSize, c.Dim}, matrix})
		if ok && c.Position == Learned {
			ok = yield(spec{positionsName, []int{c.MaxSeqLen, c.Dim}, table})
		}
		for i := 0; ok && i < c.Layers; i++ {
			ok = c.blockSpecs(blockName(i), yield)
		}
		ok = ok && c.normSpecs(normName, yield)
		if ok && !c.Tied {
			yield(spec{headName, []int{c.VocabSize, c.Dim}, matrix})
		}
	}
}

func (c Config) blockSpecs(prefix string, yield func(spec) bool) bool {
	kv := c.KVHeads * c.HeadDim()
	qkvBias, allBias := c.Biases != NoBiases, c.Biases == AllBiases
	return c.normSpecs(prefix+"input_layernorm", yield) &&
		linearSpecs(prefix+"self_attn.q_proj", c.Dim, c.Dim, matrix, qkvBias, yield) &&
		linearSpecs(prefix+"self_attn.k_proj", kv, c.Dim, matrix, qkvBias, yield) &&
		linearSpecs(prefix+"self_attn.v_proj", kv, c.Dim, matrix, qkvBias, yield) &&
		linearSpecs(prefix+"self_attn.o_proj", c.Dim, c.Dim, residual, allBias, yield) &&
		c.normSpecs(prefix+"post_attention_layernorm", yield) &&
		(c.Activation != SwiGLU || linearSpecs(prefix+"mlp.gate_proj", c.HiddenDim, c.Dim, matrix, allBias, yield)) &&
		linearSpecs(prefix+"mlp.up_proj", c.HiddenDim, c.Dim, matrix, allBias, yield) &&
		linearSpecs(prefix+"mlp.down_proj", c.Dim, c.HiddenDim, residual, allBias, yield)
}

func (c Config) normSpecs(name string, yield func(spec) bool) bool {
	return yield(spec{name + ".weight", []int{c.Dim}, gain}) &&
		(c.Norm != LayerNorm || yield(spec{name + ".bias", []int{c.Dim}, bias}))
}

func linearSpecs(name string, out, in int, k kind, withBias bool, yield func(spec) bool) bool {
	return yield(spec{name + ".weight", []int{out, in}, k}) &&
		(!withBias || yield(spec{name + ".bias", []int{out}, bias}))
}

// parameter is a spec with its elements.
type parameter struct {
	spec
	tensor *tensor.Tensor // of what is float32 and not packed
	weight *tensor.Weight // of a matrix
	// halves are the elements of a plain matrix of two bytes each; arena is
	// where they came from, nil for a mapped file.
	halves []uint16
	arena  *tensor.Arena
	// stored is where the elements are in a mapped file, where they are.
	stored safetensors.Tensor
	mapped bool
}

// format is that of the elements.
func (q *parameter) format() kernels.Format {
	if q.weight == nil {
		return kernels.Float32
	}
	return q.weight.Format()
}

// bytes is the memory of the elements.
func (q *parameter) bytes() int64 {
	if q.weight == nil {
		return q.elements() * int64(kernels.Float32.Bytes())
	}
	return q.weight.Bytes()
}

// free gives back what is not a mapped file's; of that it takes no more memory.
func (q *parameter) free() error {
	return errors.Join(q.stored.Release(), q.freeElements())
}

func (q *parameter) freeElements() error {
	switch {
	case q.halves != nil && q.arena != nil:
		return q.arena.FreeHalf(q.halves)
	case q.weight != nil:
		return q.weight.Free()
	default:
		return q.tensor.Free()
	}
}

// newFloats makes a parameter of zeros in float32.
func newFloats(a *tensor.Arena, s spec, trainable bool) (*parameter, error) {
	create := tensor.NewTensor
	if trainable {
		create = tensor.NewParameter
	}
	t, err := create(a, s.shape...)
	if err != nil {
		return nil, fmt.Errorf("parameter %s: %w", s.name, err)
	}
	return withTensor(s, t)
}

// withTensor makes a parameter of a float32 tensor, which it takes over.
func withTensor(s spec, t *tensor.Tensor) (*parameter, error) {
	q := &parameter{spec: s, tensor: t}
	if !s.matrix() {
		return q, nil
	}
	var err error
	if q.weight, err = tensor.NewWeight(t); err != nil {
		return nil, fmt.Errorf("parameter %s: %w", s.name, err)
	}
	return q, nil
}

// newHalves makes a matrix of two bytes an element, whose elements are
// unspecified.
func newHalves(a *tensor.Arena, s spec, f kernels.Format) (*parameter, error) {
	halves, err := a.AllocHalf(int(s.elements()))
	if err != nil {
		return nil, fmt.Errorf("parameter %s: %w", s.name, err)
	}
	q, err := withHalves(s, halves, f)
	if err != nil {
		return nil, errors.Join(err, a.FreeHalf(halves))
	}
	q.arena = a
	return q, nil
}

// withHalves makes a matrix of elements that stay the caller's.
func withHalves(s spec, halves []uint16, f kernels.Format) (*parameter, error) {
	w, err := tensor.HalfWeight(halves, f, s.shape[0], s.shape[1])
	if err != nil {
		return nil, fmt.Errorf("parameter %s: %w", s.name, err)
	}
	return &parameter{spec: s, weight: w, halves: halves}, nil
}
