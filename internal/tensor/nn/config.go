package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// NormKind is how activations are normalised before each half of a block.
type NormKind string

// Activation is the function in the middle of the MLP.
type Activation string

// Position is how a model knows where a token stands.
type Position string

// Biases says which linear layers add a bias.
type Biases string

const (
	// LayerNorm is that of Ba et al. (2016), with gain and bias.
	LayerNorm NormKind = "layer_norm"
	// RMSNorm is that of Zhang and Sennrich (2019), with a gain.
	RMSNorm NormKind = "rms_norm"

	// GELU is the tanh form of Hendrycks and Gimpel (2016) between two matrices.
	GELU Activation = "gelu"
	// SwiGLU is that of Shazeer (2020), with a third matrix as the gate.
	SwiGLU Activation = "swiglu"

	// Learned adds a vector for each position to the embeddings.
	Learned Position = "learned"
	// Rotary turns queries and keys by their position: Su et al. (2021).
	Rotary Position = "rotary"

	// NoBiases is the Llama family's choice.
	NoBiases Biases = ""
	// QKVBiases is Qwen2's: for queries, keys and values.
	QKVBiases Biases = "qkv"
	// AllBiases is GPT-2's: for every linear layer of a block.
	AllBiases Biases = "all"
)

// Config is the shape of a model. Its JSON is in the metadata of the files that
// Model.Save writes.
type Config struct {
	Name      string `json:"name"`
	VocabSize int    `json:"vocab_size"`
	// Dim is the width of the model, a multiple of Heads.
	Dim    int `json:"dim"`
	Layers int `json:"layers"`
	// Heads is the number of heads of the queries, KVHeads that of the keys and
	// values, a divisor of Heads.
	Heads   int `json:"heads"`
	KVHeads int `json:"kv_heads"`
	// HiddenDim is the width in the middle of the MLP.
	HiddenDim int `json:"hidden_dim"`
	// MaxSeqLen is the number of positions.
	MaxSeqLen  int        `json:"max_seq_len"`
	Norm       NormKind   `json:"norm"`
	Activation Activation `json:"activation"`
	Position   Position   `json:"position"`
	Biases     Biases     `json:"biases,omitempty"`
	// Tied uses the table of embeddings as the matrix of the head too.
	Tied    bool    `json:"tied"`
	NormEps float64 `json:"norm_eps"`
	// RopeTheta is the base of the rotary frequencies, where Position is Rotary.
	RopeTheta float64 `json:"rope_theta,omitempty"`
}

// HeadDim is the width of one head.
func (c Config) HeadDim() int { return c.Dim / c.Heads }

// mostElements bounds each dimension of a model, and so the size of a matrix.
const mostElements = 1 << 24

// Validate returns an error that names everything that is wrong.
func (c Config) Validate() error {
	var wrong []error
	refuse := func(condition bool, format string, args ...any) {
		if condition {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	for _, d := range []struct {
		name  string
		value int
	}{
		{"vocab_size", c.VocabSize}, {"dim", c.Dim}, {"layers", c.Layers}, {"heads", c.Heads}, {"kv_heads", c.KVHeads},
		{"hidden_dim", c.HiddenDim}, {"max_seq_len", c.MaxSeqLen},
	} {
		refuse(d.value < 1 || d.value > mostElements, "%s is %d: must be from 1 to %d", d.name, d.value, mostElements)
	}
	if len(wrong) == 0 {
		refuse(c.Dim%c.Heads != 0, "dim %d is no multiple of %d heads", c.Dim, c.Heads)
		refuse(c.Heads%c.KVHeads != 0, "kv_heads %d do not divide %d heads", c.KVHeads, c.Heads)
		refuse(c.Position == Rotary && c.HeadDim()%2 != 0, "rotary positions need an even head dimension, not %d", c.HeadDim())
	}
	refuse(!slices.Contains([]NormKind{LayerNorm, RMSNorm}, c.Norm), "norm %q: must be %s or %s", c.Norm, LayerNorm, RMSNorm)
	refuse(!slices.Contains([]Activation{GELU, SwiGLU}, c.Activation), "activation %q: must be %s or %s", c.Activation, GELU, SwiGLU)
	refuse(!slices.Contains([]Position{Learned, Rotary}, c.Position), "position %q: must be %s or %s", c.Position, Learned, Rotary)
	refuse(!slices.Contains([]Biases{NoBiases, QKVBiases, AllBiases}, c.Biases), "biases %q: must be none, %s or %s", c.Biases, QKVBiases, AllBiases)
	refuse(!(c.NormEps > 0) || math.IsInf(c.NormEps, 0), "norm_eps is %g: must be above 0", c.NormEps)
	refuse(c.Position == Rotary && (!(c.RopeTheta > 0) || math.IsInf(c.RopeTheta, 0)), "rope_theta is %g: must be above 0", c.RopeTheta)
	if len(wrong) > 0 {
		return fmt.Errorf("model %q: %w", c.Name, errors.Join(wrong...))
	}
	return nil
}

// Parameters is the number of trained numbers of a valid config; a tied head
// counts once.
func (c Config) Parameters() int64 {
	n := int64(0)
	for s := range c.specs() {
		n += s.elements()
	}
	return n
}
