package pipeline

import "runx/internal/tensor/nn"

// A stage is a part of a request.
type stage uint8

const (
	parse stage = iota
	tokenize
	copyIn
	embed
	attention
	mlp
	head
	sample
	detokenize
	serialize
	stageCount
)

// A class is what a stage, or a part of it, waits for.
type class uint8

const (
	compute class = iota
	transfer
	overhead
	classCount
)

var classNames = [classCount]string{"compute", "transfer", "overhead"}

// stages are the stages by number. The class of those that compute is that of
// the part that is no transfer.
var stages = [stageCount]struct {
	name  string
	class class
	doc   string
}{
	parse:      {"parse", overhead, "reading the JSON of the request"},
	tokenize:   {"tokenize", overhead, "splitting the prompt into tokens"},
	copyIn:     {"copy", transfer, "memory of the cache taken and given back, token ids copied to the model"},
	embed:      {"embed", transfer, "looking up the rows of the tokens, learned positions added"},
	attention:  {"attention", compute, "first halves of all layers: norm, projections, attention, residual sum"},
	mlp:        {"mlp", compute, "second halves of all layers: norm, matrices, activation, residual sum"},
	head:       {"head", compute, "last norm and logits of the next token"},
	sample:     {"sample", overhead, "drawing tokens from their logits"},
	detokenize: {"detokenize", overhead, "turning tokens into text, one by one"},
	serialize:  {"serialize", overhead, "writing the JSON of the answer"},
}

func (s stage) String() string { return stages[s].name }

func (s stage) metric() string { return "stage_" + stages[s].name + "_ms" }

// spansBeside are the spans of a request outside its steps: parse, tokenize, copy
// before and after, serialize.
const spansBeside = 5

// spansPerToken are the spans of a step beside its layers: copy, embed, head,
// sample, detokenize.
const spansPerToken = 5

// cost is what a model has to do, by formula.
type cost struct {
	config       nn.Config
	elementBytes int // of a weight
}

const floatBytes = 4

// of is the bytes that one span moves and the operations that it does, for rows
// tokens after past others: weights once, the cache as far as it is read and
// written, input and output. Norms, biases and activations in between are left
// out, and so are the operations that are not in products.
func (c cost) of(s stage, rows, past int) (bytes, flops float64) {
	dim, hidden := float64(c.config.Dim), float64(c.config.HiddenDim)
	n, before, vocab := float64(rows), float64(past), float64(c.config.VocabSize)
	width := float64(c.config.KVHeads * c.config.HeadDim())
	inOut := 2 * n * dim * floatBytes
	switch s {
	case attention:
		weights := 2*dim*dim + 2*dim*width
		cached := 2 * width * (before + 2*n) // written once, read once
		pairs := n*before + n*(n+1)/2
		return weights*float64(c.elementBytes) + cached*floatBytes + inOut, 2*n*weights + 4*dim*pairs
	case mlp:
		weights := 2 * dim * hidden
		if c.config.Activation == nn.SwiGLU {
			weights = 3 * dim * hidden
		}
		return weights*float64(c.elementBytes) + inOut, 2 * n * weights
	case head:
		return dim*vocab*float64(c.elementBytes) + (dim+vocab)*floatBytes, 2 * dim * vocab
	default:
		return 0, 0
	}
}
