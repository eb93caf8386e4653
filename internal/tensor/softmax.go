package tensor

import "runx/internal/tensor/kernels"

// Softmax computes exp(x) / sum of exp(x) along the last dimension of x, [.., n],
// after subtracting the largest element. A row of -Inf alone gives zeros. The tape
// keeps the result p, for dx = p*(dy - sum of p*dy).
func (p *Pass) Softmax(x *Tensor) *Tensor {
	return p.rowwise("softmax", x,
		func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				w.Softmax(j.row(j.dst, i), j.row(j.x, i))
			}
		},
		func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				w.SoftmaxGrad(j.row(j.dst, i), j.row(j.x, i), j.row(j.y, i))
			}
		})
}

// LogSoftmax computes x - log of the sum of exp(x) along the last dimension of x,
// [.., n], after subtracting the largest element. The tape keeps the result l, for dx =
// dy - exp(l) * sum of dy.
func (p *Pass) LogSoftmax(x *Tensor) *Tensor {
	return p.rowwise("log-softmax", x,
		func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				w.LogSoftmax(j.row(j.dst, i), j.row(j.x, i))
			}
		},
		func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				w.LogSoftmaxGrad(j.row(j.dst, i), j.row(j.x, i), j.row(j.y, i))
			}
		})
}

// rowwise applies a function to each row; differential adds to the gradient
// j.dst what the output j.x and its gradient j.y make of it.
func (p *Pass) rowwise(name string, x *Tensor, function, differential blockFunc) *Tensor {
	if !p.ready(name, x) {
		return &p.none
	}
	width := x.Dim(-1)
	out := p.result(x.Shape())
	p.run(job{count: x.Rows(), width: width, dst: out.data, x: x.data, do: function})
	if p.recording(x) {
		p.record(out, func(dy []float32) {
			p.addGradient(x, job{count: out.Rows(), width: width, x: out.data, y: dy, do: differential})
		}, out)
	}
	return out
}
