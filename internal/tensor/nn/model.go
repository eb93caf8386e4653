package nn

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// Model is a decoder-only language model: embeddings, blocks, a norm, and a head
// that gives a logit for each entry of the vocabulary.
type Model struct {
	config     Config
	parameters []*parameter // in the order of Config.specs
	embedding  *tensor.Weight
	positions  *tensor.Tensor // nil for rotary positions
	blocks     []Block
	norm       Norm
	head       Linear
	trainable  bool
	// algorithm is that of the attention.
	algorithm tensor.Algorithm
	file      io.Closer // a mapped file that parameters point into
}

// assemble builds the layers of the parameters.
func (m *Model) assemble() {
	c := m.config
	known := make(map[string]*parameter, len(m.parameters))
	for _, q := range m.parameters {
		known[q.name] = q
	}
	vector := func(name string) *tensor.Tensor {
		if q, ok := known[name]; ok {
			return q.tensor
		}
		return nil
	}
	linear := func(name string) Linear { return Linear{known[name+".weight"].weight, vector(name + ".bias")} }
	norm := func(name string) Norm {
		return Norm{Kind: c.Norm, Gain: vector(name + ".weight"), Bias: vector(name + ".bias"), Eps: float32(c.NormEps)}
	}
	m.embedding = known[embeddingName].weight
	m.positions = vector(positionsName)
	m.norm = norm(normName)
	m.head = Linear{Weight: m.embedding}
	if !c.Tied {
		m.head.Weight = known[headName].weight
	}
	m.blocks = make([]Block, c.Layers)
	for i := range m.blocks {
		prefix := blockName(i)
		b := Block{
			AttentionNorm: norm(prefix + "input_layernorm"),
			Attention: Attention{
				Query: linear(prefix + "self_attn.q_proj"), Key: linear(prefix + "self_attn.k_proj"),
				Value: linear(prefix + "self_attn.v_proj"), Output: linear(prefix + "self_attn.o_proj"),
				Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim(), Algorithm: m.algorithm,
			},
			MLPNorm: norm(prefix + "post_attention_layernorm"),
			MLP:     MLP{Up: linear(prefix + "mlp.up_proj"), Down: linear(prefix + "mlp.down_proj")},
		}
		if c.Position == Rotary {
			b.Attention.RopeTheta = c.RopeTheta
		}
		if c.Activation == SwiGLU {
			b.MLP.Gate = new(linear(prefix + "mlp.gate_proj"))
		}
		m.blocks[i] = b
	}
}

// Config is the shape of the model.
func (m *Model) Config() Config { return m.config }

// SetAlgorithm says how attention is computed from now on. A new model has
// tensor.Flash, which is as fast or faster and takes less memory; PyTorch too
// computes attention fused unless it is spelled out. The model must not be in
// use meanwhile.
func (m *Model) SetAlgorithm(a tensor.Algorithm) {
	m.algorithm = a
	for i := range m.blocks {
		m.blocks[i].Attention.Algorithm = a
	}
}

// Parameters goes through the parameters that are plain float32 tensors, under
// the names that Save gives them, always in the same order: all that a trainable
// model has, each with its gradient. Matrices in another format, or packed, are
// passed over; a tied head is the table of embeddings and comes once. Elements
// may be changed while the model is not in use, but not those of a mapped one.
func (m *Model) Parameters() iter.Seq2[string, *tensor.Tensor] {
	return func(yield func(string, *tensor.Tensor) bool) {
		for _, q := range m.parameters {
			if q.tensor != nil && !yield(q.name, q.tensor) {
				return
			}
		}
	}
}

// Bytes is the memory of the parameters, those in a mapped file too; gradients
// are not in it.
func (m *Model) Bytes() int64 {
	n := int64(0)
	for _, q := range m.parameters {
		n += q.bytes()
	}
	return n
}

// MappedBytes is the part of Bytes that is in a mapped file and not in the
// arena.
func (m *Model) MappedBytes() int64 {
	n := int64(0)
	for _, q := range m.parameters {
		if q.mapped {
			n += q.bytes()
		}
	}
	return n
}

// Pack replaces every matrix by a packed copy in the given format, from the
// arena, one after the other: besides the model one matrix at most is in memory
// twice, and what was mapped is no more. Products of a packed matrix need not
// bring it into the order in which they read it. A packed model computes on
// engines of the same kind, and cannot be packed again, saved or trained.
//
// The model must not be in use meanwhile; after an error it must only be freed.
func (m *Model) Pack(e *tensor.Engine, a *tensor.Arena, f kernels.Format) error {
	if m.trainable {
		return errors.New("pack a trainable model: a packed matrix has no gradient")
	}
	for _, q := range m.parameters {
		if !q.matrix() {
			continue
		}
		w, err := q.weight.Pack(e, a, f)
		if err != nil {
			return fmt.Errorf("pack model %q: %s: %w", m.config.Name, q.name, err)
		}
		if err := q.free(); err != nil {
			return errors.Join(err, w.Free())
		}
		*q = parameter{spec: q.spec, weight: w}
	}
	m.assemble()
	return nil
}

// Free gives the memory of the parameters back and closes a mapped file. The
// model must not be used afterwards.
func (m *Model) Free() error {
	var err error
	for _, q := range m.parameters {
		err = errors.Join(err, q.free())
	}
	if m.file != nil {
		err = errors.Join(err, m.file.Close())
	}
	*m = Model{}
	return err
}
