package nn

import (
	"math"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

// reference computes a model in float64, straight from the formulas.
type reference struct {
	Config
	weights map[string][]float64
}

// newReference takes the weights of a plain model, expanded.
func newReference(m *Model) *reference {
	r := &reference{Config: m.config, weights: map[string][]float64{}}
	for _, q := range m.parameters {
		floats := make([]float32, q.elements())
		if q.halves != nil {
			kernels.Best().Expand(floats, q.halves, q.format())
		} else {
			copy(floats, q.tensor.Data())
		}
		for _, x := range floats {
			r.weights[q.name] = append(r.weights[q.name], float64(x))
		}
	}
	return r
}

// logits is a row for each token of one sequence.
func (r *reference) logits(ids []int32) [][]float64 {
	x := make([][]float64, len(ids))
	for i, id := range ids {
		x[i] = append([]float64(nil), r.weights[embeddingName][int(id)*r.Dim:][:r.Dim]...)
		if r.Position == Learned {
			for j := range x[i] {
				x[i][j] += r.weights[positionsName][i*r.Dim+j]
			}
		}
	}
	for i := range r.Layers {
		prefix := blockName(i)
		h := r.norm(prefix+"input_layernorm", x)
		x = plus(x, r.linear(prefix+"self_attn.o_proj", r.attention(prefix, h)))
		h = r.norm(prefix+"post_attention_layernorm", x)
		x = plus(x, r.linear(prefix+"mlp.down_proj", r.inner(prefix, h)))
	}
	head := embeddingName
	if !r.Tied {
		head = headName
	}
	return product(r.norm(normName, x), r.weights[head], r.VocabSize, nil)
}

// loss is the mean negative log likelihood of each next token.
func (r *reference) loss(ids []int32) float64 {
	var total float64
	for i, row := range r.logits(ids[:len(ids)-1]) {
		var sum float64
		for _, x := range row {
			sum += math.Exp(x)
		}
		total += math.Log(sum) - row[ids[i+1]]
	}
	return total / float64(len(ids)-1)
}

func (r *reference) linear(name string, x [][]float64) [][]float64 {
	return product(x, r.weights[name+".weight"], len(r.weights[name+".weight"])/len(x[0]), r.weights[name+".bias"])
}

// product is x*wᵀ + bias.
func product(x [][]float64, w []float64, out int, bias []float64) [][]float64 {
	y := make([][]float64, len(x))
	for i := range x {
		y[i] = make([]float64, out)
		copy(y[i], bias)
		for o := range out {
			for j, v := range x[i] {
				y[i][o] += v * w[o*len(x[i])+j]
			}
		}
	}
	return y
}

func plus(x, y [][]float64) [][]float64 {
	for i := range x {
		for j := range x[i] {
			y[i][j] += x[i][j]
		}
	}
	return y
}

func (r *reference) norm(name string, x [][]float64) [][]float64 {
	gain, bias := r.weights[name+".weight"], r.weights[name+".bias"]
	y := make([][]float64, len(x))
	for i, row := range x {
		var mean, squares float64
		if r.Norm == LayerNorm {
			for _, v := range row {
				mean += v / float64(len(row))
			}
		}
		for _, v := range row {
			squares += (v - mean) * (v - mean) / float64(len(row))
		}
		y[i] = make([]float64, len(row))
		for j, v := range row {
			y[i][j] = (v - mean) / math.Sqrt(squares+r.NormEps) * gain[j]
			if bias != nil {
				y[i][j] += bias[j]
			}
		}
	}
	return y
}

func (r *reference) attention(prefix string, h [][]float64) [][]float64 {
	d := r.HeadDim()
	q, k, v := r.linear(prefix+"self_attn.q_proj", h), r.linear(prefix+"self_attn.k_proj", h), r.linear(prefix+"self_attn.v_proj", h)
	if r.Position == Rotary {
		r.rotate(q)
		r.rotate(k)
	}
	out := make([][]float64, len(h))
	for i := range h {
		out[i] = make([]float64, r.Dim)
		for head := range r.Heads {
			own, shared := head*d, head/(r.Heads/r.KVHeads)*d
			weights, sum := make([]float64, i+1), 0.0
			for j := range weights {
				for e := range d {
					weights[j] += q[i][own+e] * k[j][shared+e] / math.Sqrt(float64(d))
				}
				weights[j] = math.Exp(weights[j])
				sum += weights[j]
			}
			for j, w := range weights {
				for e := range d {
					out[i][own+e] += w / sum * v[j][shared+e]
				}
			}
		}
	}
	return out
}

func (r *reference) rotate(x [][]float64) {
	d := r.HeadDim()
	for position, row := range x {
		for head := 0; head < len(row); head += d {
			for i := range d / 2 {
				sin, cos := math.Sincos(float64(position) * math.Pow(r.RopeTheta, -2*float64(i)/float64(d)))
				a, b := row[head+i], row[head+i+d/2]
				row[head+i], row[head+i+d/2] = a*cos-b*sin, b*cos+a*sin
			}
		}
	}
}

func (r *reference) inner(prefix string, h [][]float64) [][]float64 {
	up := r.linear(prefix+"mlp.up_proj", h)
	var gate [][]float64
	if r.Activation == SwiGLU {
		gate = r.linear(prefix+"mlp.gate_proj", h)
	}
	for i, row := range up {
		for j, x := range row {
			if gate != nil {
				row[j] = gate[i][j] / (1 + math.Exp(-gate[i][j])) * x
			} else {
				row[j] = 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
			}
		}
	}
	return up
}

// tiny are two models, one of each family, small enough for the reference, with
// odd sizes.
func tiny() []Config {
	return []Config{
		{
			Name: "tiny-gpt2", VocabSize: 23, Dim: 15, Layers: 2, Heads: 3, KVHeads: 3, HiddenDim: 37, MaxSeqLen: 19,
			Norm: LayerNorm, Activation: GELU, Position: Learned, Biases: AllBiases, Tied: true, NormEps: 1e-5,
		},
		{
			Name: "tiny-llama", VocabSize: 29, Dim: 24, Layers: 3, Heads: 4, KVHeads: 2, HiddenDim: 31, MaxSeqLen: 17,
			Norm: RMSNorm, Activation: SwiGLU, Position: Rotary, Biases: QKVBiases, NormEps: 1e-5, RopeTheta: 100,
		},
	}
}

// algorithms are both ways to compute attention.
func algorithms() []tensor.Algorithm { return []tensor.Algorithm{tensor.Naive, tensor.Flash} }
