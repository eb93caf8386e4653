package tensor

import (
	"errors"
	"fmt"

	"runx/internal/tensor/kernels"
)

// Linear computes x*wᵀ + bias for x of [.., in], w of [out, in] and bias of [out]
// or nil; the result is [.., out]. An element's error is at most about in*2^-24
// times the sum of the sizes of its terms, for the elements of w as they are
// stored.
//
// The tape keeps x where w needs a gradient, and w where x does. Only a plain
// float32 weight can be differentiated through.
func (p *Pass) Linear(x *Tensor, w *Weight, bias *Tensor) *Tensor {
	if !p.ready("linear", x) || !p.weightReady("linear", w) || bias != nil && !p.ready("linear", bias) {
		return &p.none
	}
	if x.Dim(-1) != w.in {
		return p.failShapes(fmt.Sprintf("linear [%d, %d]", w.out, w.in), "the last dimension must be that of the weight", x)
	}
	if bias != nil && (bias.rank != 1 || bias.Len() != w.out) {
		return p.failShapes(fmt.Sprintf("linear [%d, %d]", w.out, w.in), "the bias must have an element for each output", bias)
	}
	out := p.resultLike(x, w.out)
	var beta float32
	if bias != nil {
		p.fillRows(out, bias)
		beta = 1
	}
	p.multiply(x, w, beta, out)
	p.recordLinear(x, w, bias, out)
	return out
}

// weightReady reports whether w can be used.
func (p *Pass) weightReady(operation string, w *Weight) bool {
	switch {
	case p.err != nil:
	case w == nil:
		p.Fail(fmt.Errorf("%s: no weight", operation))
	case w.freed():
		p.Fail(fmt.Errorf("%s: weight [%d, %d]: %w", operation, w.out, w.in, ErrFreed))
	}
	return p.err == nil
}

// fillRows sets every row of out to row.
func (p *Pass) fillRows(out, row *Tensor) {
	p.run(job{count: out.Rows(), width: row.Len(), dst: out.data, x: row.data, do: func(_ *kernels.Worker, j *job, first, end int) {
		for i := first; i < end; i++ {
			copy(j.row(j.dst, i), j.x)
		}
	}})
}

// multiply computes out = x*wᵀ + beta*out by what is fastest for the storage of
// w: a single row takes the matrix-vector routines.
func (p *Pass) multiply(x *Tensor, w *Weight, beta float32, out *Tensor) {
	if p.err != nil {
		return
	}
	if err := p.engine.multiply(x.matrix(), w, beta, out.matrix()); err != nil {
		p.Fail(fmt.Errorf("linear [%d, %d]: %w", w.out, w.in, err))
	}
}

func (e *Engine) multiply(x kernels.Matrix, w *Weight, beta float32, out kernels.Matrix) error {
	team, err := e.running()
	if err != nil {
		return err
	}
	switch {
	case w.storage == packed:
		return team.GemmPacked(1, x, w.packed, beta, out)
	case w.storage == plainHalf && x.Rows == 1:
		return team.GemvHalf(1, w.half, x.Data, beta, out.Data)
	case w.storage == plainHalf:
		return team.GemmHalf(1, x, w.half.Transposed(), beta, out)
	case x.Rows == 1:
		return team.Gemv(1, w.tensor.matrix(), x.Data, beta, out.Data)
	default:
		return team.Gemm(1, x, w.tensor.matrix().Transposed(), beta, out)
	}
}

// recordLinear puts a product on the tape.
func (p *Pass) recordLinear(x *Tensor, w *Weight, bias, out *Tensor) {
	if p.gradients && p.err == nil && w.storage != plain && (w.trainable || x.NeedsGrad()) {
		p.Fail(w.notDifferentiable("linear"))
	}
	if !p.recording(x, w.tensor, bias) {
		return
	}
	var kept []*Tensor
	if w.storage == plain {
		kept = keptForOther(x, w.tensor)
	}
	p.record(out, func(dy []float32) { p.linearBackward(x, w, bias, out, dy) }, kept...)
}

// linearBackward adds dy*w to the gradient of x, dyᵀ*x to that of w and the sum
// of the rows of dy to that of the bias.
func (p *Pass) linearBackward(x *Tensor, w *Weight, bias, out *Tensor, dy []float32) {
	gradient := kernels.RowMajor(dy, out.Rows(), w.out)
	if dx, beta := p.scaledGradient(x); dx != nil {
		p.gemm(1, gradient, w.tensor.matrix(), beta, kernels.RowMajor(dx, x.Rows(), w.in))
	}
	if bias != nil {
		p.biasBackward(bias, gradient)
	}
	if w.storage != plain {
		return
	}
	if dw, beta := p.scaledGradient(w.tensor); dw != nil {
		p.gemm(1, gradient.Transposed(), x.matrix(), beta, kernels.RowMajor(dw, w.out, w.in))
	}
}

// biasBackward adds the sum of the rows of dy to the gradient of bias.
func (p *Pass) biasBackward(bias *Tensor, dy kernels.Matrix) {
	grad := p.gradient(bias)
	if grad == nil {
		return
	}
	p.addRows(dy.Rows, dy.Cols, func(w *kernels.Worker, sums []float32, first, end int) {
		for i := first; i < end; i++ {
			w.AddScaled(sums, matrixRow(dy, i), 1)
		}
	}, grad)
}

// notDifferentiable is the error of a gradient through a weight that is not
// plain float32.
func (w *Weight) notDifferentiable(operation string) error {
	if w.trainable {
		return errors.New(operation + ": a packed copy of a parameter has no gradient" +
			"\nhint: use the parameter itself, or a pass without gradients")
	}
	return fmt.Errorf("%s: no gradient through a weight that is not plain float32 (%s)"+
		"\nhint: use a plain float32 weight, or a pass without gradients", operation, w.describe())
}
