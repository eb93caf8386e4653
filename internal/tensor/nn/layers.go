package nn

import "runx/internal/tensor"

// Linear is x*Wᵀ + b for W of [out, in] in any storage. Bias is [out] or nil.
type Linear struct {
	Weight *tensor.Weight
	Bias   *tensor.Tensor
}

// Forward maps [.., in] to [.., out].
func (l Linear) Forward(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	return p.Linear(x, l.Weight, l.Bias)
}

// Norm is a layer norm, or an RMS norm where Kind says so. Gain is [dim], and so
// is Bias, which an RMS norm has not.
type Norm struct {
	Kind       NormKind
	Gain, Bias *tensor.Tensor
	Eps        float32
}

// Forward normalises the rows of [.., dim].
func (n Norm) Forward(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	if n.Kind == RMSNorm {
		return p.RMSNorm(x, n.Gain, n.Eps)
	}
	return p.LayerNorm(x, n.Gain, n.Bias, n.Eps)
}

// MLP is Down(GELU(Up(x))), or Down(SwiGLU(Gate(x), Up(x))) where it has a gate.
type MLP struct {
	Gate     *Linear
	Up, Down Linear
}

// Forward maps [.., dim] to [.., dim].
func (m MLP) Forward(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	inner := m.inner(p, x)
	out := m.Down.Forward(p, inner)
	p.Free(inner)
	return out
}

func (m MLP) inner(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	if m.Gate == nil {
		up := m.Up.Forward(p, x)
		defer p.Free(up)
		return p.GELU(up)
	}
	gate, up := m.Gate.Forward(p, x), m.Up.Forward(p, x)
	defer p.Free(gate, up)
	return p.SwiGLU(gate, up)
}
