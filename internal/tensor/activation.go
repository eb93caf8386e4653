package tensor

import "runx/internal/tensor/kernels"

// GELU computes x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x³))), the form of GPT-2:
// D. Hendrycks, K. Gimpel, arXiv 1606.08415 (2016). The tape keeps x.
func (p *Pass) GELU(x *Tensor) *Tensor {
	return p.activation("gelu", x,
		func(w *kernels.Worker, j *job, first, end int) { w.GELU(j.dst[first:end], j.x[first:end]) },
		func(w *kernels.Worker, j *job, first, end int) {
			w.GELUGrad(j.dst[first:end], j.x[first:end], j.y[first:end])
		})
}

// SiLU computes x/(1 + e^-x), also known as swish: D. Hendrycks, K. Gimpel,
// arXiv 1606.08415 (2016). The tape keeps x.
func (p *Pass) SiLU(x *Tensor) *Tensor {
	return p.activation("silu", x,
		func(w *kernels.Worker, j *job, first, end int) { w.SiLU(j.dst[first:end], j.x[first:end]) },
		func(w *kernels.Worker, j *job, first, end int) {
			w.SiLUGrad(j.dst[first:end], j.x[first:end], j.y[first:end])
		})
}

// blockFunc works on one block of a job.
type blockFunc = func(w *kernels.Worker, j *job, first, end int)

// activation applies a function to each element; differential adds to the
// gradient j.dst what the input j.x and the output's gradient j.y make of it.
func (p *Pass) activation(name string, x *Tensor, function, differential blockFunc) *Tensor {
	if !p.ready(name, x) {
		return &p.none
	}
	out := p.result(x.Shape())
	p.run(job{count: out.Len(), dst: out.data, x: x.data, do: function})
	if p.recording(x) {
		p.record(out, func(dy []float32) {
			p.addGradient(x, job{count: len(dy), x: x.data, y: dy, do: differential})
		}, x)
	}
	return out
}

// SwiGLU computes silu(gate) * up, element by element, for tensors of the same
// shape: N. Shazeer, "GLU Variants Improve Transformer", arXiv 2002.05202
// (2020). The tape keeps gate and up.
func (p *Pass) SwiGLU(gate, up *Tensor) *Tensor {
	if !p.ready("swiglu", gate, up) {
		return &p.none
	}
	if !gate.sameShape(up) {
		return p.failShapes("swiglu", "shapes must be equal", gate, up)
	}
	out := p.result(gate.Shape())
	p.run(job{count: out.Len(), dst: out.data, x: gate.data, y: up.data, do: func(w *kernels.Worker, j *job, first, end int) {
		w.SwiGLU(j.dst[first:end], j.x[first:end], j.y[first:end])
	}})
	if p.recording(gate, up) {
		p.record(out, func(dy []float32) { p.swigluBackward(gate, up, dy) }, gate, up)
	}
	return out
}

// swigluBackward computes both gradients at once, each to memory of its own: one
// that nobody needs, and the second of a tensor that is gate and up, to spare
// memory.
func (p *Pass) swigluBackward(gate, up *Tensor, dy []float32) {
	dgate, gateBeta := p.scaledGradient(gate)
	dup, upBeta := p.scaledGradient(up)
	if dgate == nil || dup == nil || gate == up {
		spare := p.result(gate.Shape())
		defer p.Free(spare)
		if dgate == nil {
			dgate = spare.data
		} else {
			dup, upBeta = spare.data, 0
		}
	}
	p.run(job{count: len(dy), do: func(w *kernels.Worker, _ *job, first, end int) {
		if gateBeta == 0 {
			clear(dgate[first:end])
		}
		if upBeta == 0 {
			clear(dup[first:end])
		}
		w.SwiGLUGrad(dgate[first:end], dup[first:end], gate.data[first:end], up.data[first:end], dy[first:end])
	}})
	if gate == up {
		p.accumulate(up, dup, 1)
	}
}
