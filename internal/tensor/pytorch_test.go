package tensor_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
	"runx/internal/tensor/nn"
)

// vector is a case of pytorch/reference.json: what PyTorch computed in float64,
// as pytorch/reference.py says.
type vector struct {
	Op, Name          string
	Options           options
	Indices           []int32
	Output            array
	DY                array `json:"dy"`
	Inputs, Gradients map[string]array
}

type options struct {
	Eps     float32
	Theta   float64
	HeadDim int `json:"head_dim"`
	First   int
	Heads   int
	KVHeads int `json:"kv_heads"`
	Causal  bool
}

type array struct {
	Shape []int
	Data  []float64
}

func (a array) floats() []float32 {
	data := make([]float32, len(a.Data))
	for i, x := range a.Data {
		data[i] = float32(x)
	}
	return data
}

// compute is an operation of the engine on the inputs of a case.
type compute func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor

type tensors = map[string]*tensor.Tensor

// computes are the operations by the name that they have in the reference, in
// all their forms.
var computes = map[string]map[string]compute{
	"softmax":     plainly(func(p *tensor.Pass, _ vector, in tensors) *tensor.Tensor { return p.Softmax(in["x"]) }),
	"log_softmax": plainly(func(p *tensor.Pass, _ vector, in tensors) *tensor.Tensor { return p.LogSoftmax(in["x"]) }),
	"gelu":        plainly(func(p *tensor.Pass, _ vector, in tensors) *tensor.Tensor { return p.GELU(in["x"]) }),
	"silu":        plainly(func(p *tensor.Pass, _ vector, in tensors) *tensor.Tensor { return p.SiLU(in["x"]) }),
	"swiglu":      plainly(func(p *tensor.Pass, _ vector, in tensors) *tensor.Tensor { return p.SwiGLU(in["gate"], in["up"]) }),
	"layer_norm": plainly(func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor {
		return p.LayerNorm(in["x"], in["gain"], in["bias"], c.Options.Eps)
	}),
	"rms_norm": plainly(func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor {
		return p.RMSNorm(in["x"], in["gain"], c.Options.Eps)
	}),
	"rotary": plainly(func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor {
		return p.Rotary(in["x"], c.Options.HeadDim, c.Options.First, c.Options.Theta)
	}),
	"cross_entropy": plainly(func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor {
		return p.CrossEntropy(in["logits"], c.Indices)
	}),
	"attention":   byAlgorithm(attend),
	"gpt2_block":  byAlgorithm(gpt2Block),
	"llama_block": byAlgorithm(llamaBlock),
}

func plainly(c compute) map[string]compute { return map[string]compute{"": c} }

func byAlgorithm(f func(tensor.Algorithm) compute) map[string]compute {
	return map[string]compute{"naive": f(tensor.Naive), "flash": f(tensor.Flash)}
}

func attend(algorithm tensor.Algorithm) compute {
	return func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor {
		o := tensor.AttentionOptions{Heads: c.Options.Heads, KVHeads: c.Options.KVHeads, Causal: c.Options.Causal, Algorithm: algorithm}
		return p.Attention(in["q"], in["k"], in["v"], o)
	}
}

func gpt2Block(algorithm tensor.Algorithm) compute {
	return func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor {
		b := block(p, c, in, nn.LayerNorm)
		b.Attention.Algorithm = algorithm
		return b.Forward(p, in["x"], nil)
	}
}

func llamaBlock(algorithm tensor.Algorithm) compute {
	return func(p *tensor.Pass, c vector, in tensors) *tensor.Tensor {
		b := block(p, c, in, nn.RMSNorm)
		b.Attention.Algorithm, b.Attention.RopeTheta = algorithm, c.Options.Theta
		b.MLP.Gate = new(linear(p, in, "gate"))
		return b.Forward(p, in["x"], nil)
	}
}

// block is what both styles have.
func block(p *tensor.Pass, c vector, in tensors, kind nn.NormKind) nn.Block {
	norm := func(name string) nn.Norm {
		return nn.Norm{Kind: kind, Gain: in[name+".gain"], Bias: in[name+".bias"], Eps: c.Options.Eps}
	}
	return nn.Block{
		AttentionNorm: norm("norm1"),
		Attention: nn.Attention{
			Query: linear(p, in, "q"), Key: linear(p, in, "k"), Value: linear(p, in, "v"), Output: linear(p, in, "o"),
			Heads: c.Options.Heads, KVHeads: c.Options.KVHeads, HeadDim: in["x"].Dim(-1) / c.Options.Heads,
		},
		MLPNorm: norm("norm2"),
		MLP:     nn.MLP{Up: linear(p, in, "up"), Down: linear(p, in, "down")},
	}
}

func linear(p *tensor.Pass, in tensors, name string) nn.Linear {
	w, err := tensor.NewWeight(in[name+".weight"])
	if err != nil {
		p.Fail(err)
	}
	return nn.Linear{Weight: w, Bias: in[name+".bias"]}
}

// tolerance is how far float32 may be from float64, relative to the largest
// element of a tensor or to 1: some roundings of 6e-8 each, and more where a case
// is ill-conditioned: exponentials of 100 ± rounding, and a norm that subtracts a
// mean of 50 from elements of which the rounding is that of 50.
func tolerance(c vector) float64 {
	switch c.Name {
	case "large", "saturated", "far from zero":
		return 6e-6
	}
	return 1e-6
}

// PyTorch in float64 is what every operation and its gradients are held to, on
// every set of kernels.
func TestAgainstPyTorch(t *testing.T) {
	t.Parallel()
	cases := readReference(t)
	for _, set := range kernels.Supported() {
		engine := tensor.NewEngineOn(set, 2)
		t.Cleanup(engine.Close)
		for _, c := range cases {
			forms, ok := computes[c.Op]
			if !ok {
				t.Errorf("no operation of the engine stands for %q", c.Op)
			}
			for form, f := range forms {
				t.Run(fmt.Sprintf("%s/%s %s %s", set.Name(), c.Op, form, c.Name), func(t *testing.T) {
					checkAgainst(t, engine, c, f)
				})
			}
		}
	}
}

func readReference(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("pytorch/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 20 {
		t.Fatalf("only %d cases", len(file.Cases))
	}
	return file.Cases
}

// checkAgainst computes forward, and backward from the upstream gradient.
func checkAgainst(t *testing.T, e *tensor.Engine, c vector, f compute) {
	t.Helper()
	arena := tensor.NewArena()
	in := tensors{}
	for name, a := range c.Inputs {
		x, err := tensor.NewParameter(arena, a.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		copy(x.Data(), a.floats())
		in[name] = x
	}
	dy, err := tensor.FromSlice(c.DY.floats(), c.DY.Shape...)
	if err != nil {
		t.Fatal(err)
	}
	p := tensor.NewPass(e, arena, tensor.PassOptions{Gradients: true})
	y := f(p, c, in)
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	if !slices.Equal(y.Shape(), c.Output.Shape) {
		t.Fatalf("the result has shape %v, PyTorch's %v", y.Shape(), c.Output.Shape)
	}
	compare(t, "result", y.Data(), c.Output.Data, tolerance(c))
	// The sum of y*dy has dy as its gradient for y.
	loss := p.Scale(p.Mean(p.Mul(y, dy)), float32(y.Len()))
	if err := p.Backward(loss); err != nil {
		t.Fatal(err)
	}
	for name, want := range c.Gradients {
		compare(t, "gradient of "+name, in[name].Grad(), want.Data, tolerance(c))
	}
}

func compare(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, PyTorch has %d", what, len(got), len(want))
	}
	largest := 1.0
	for _, x := range want {
		largest = max(largest, math.Abs(x))
	}
	for i := range got {
		diff := math.Abs(float64(got[i]) - want[i])
		if !(diff <= tolerance*largest) {
			t.Errorf("%s: element %d is %v, PyTorch computes %v: %.2g of the largest, at most %.2g wanted", what, i, got[i], want[i], diff/largest, tolerance)
			return
		}
	}
}
