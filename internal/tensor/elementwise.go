package tensor

import (
	"fmt"

	"runx/internal/tensor/kernels"
)

// Add computes x + y, element by element, for tensors of the same shape. The
// tape keeps nothing.
func (p *Pass) Add(x, y *Tensor) *Tensor {
	if !p.ready("add", x, y) {
		return &p.none
	}
	if !x.sameShape(y) {
		return p.failShapes("add", "shapes must be equal", x, y)
	}
	out := p.result(x.Shape())
	p.run(job{count: out.Len(), dst: out.data, x: x.data, y: y.data, do: addBlock})
	if p.recording(x, y) {
		p.record(out, func(dy []float32) {
			p.accumulate(y, dy, 1)
			p.handOver(out, x)
		})
	}
	return out
}

func addBlock(w *kernels.Worker, j *job, first, end int) {
	w.Add(j.dst[first:end], j.x[first:end], j.y[first:end])
}

// Mul computes x * y, element by element, for tensors of the same shape. The
// tape keeps y for the gradient of x, and x for that of y.
func (p *Pass) Mul(x, y *Tensor) *Tensor {
	if !p.ready("mul", x, y) {
		return &p.none
	}
	if !x.sameShape(y) {
		return p.failShapes("mul", "shapes must be equal", x, y)
	}
	out := p.result(x.Shape())
	p.run(job{count: out.Len(), dst: out.data, x: x.data, y: y.data, do: mulBlock})
	if p.recording(x, y) {
		p.record(out, func(dy []float32) {
			p.addProduct(x, y, dy)
			p.addProduct(y, x, dy)
		}, keptForOther(x, y)...)
	}
	return out
}

func mulBlock(w *kernels.Worker, j *job, first, end int) {
	w.Mul(j.dst[first:end], j.x[first:end], j.y[first:end])
}

// addProduct adds other*dy to the gradient of x.
func (p *Pass) addProduct(x, other *Tensor, dy []float32) {
	p.addGradient(x, job{count: len(dy), x: other.data, y: dy, do: func(w *kernels.Worker, j *job, first, end int) {
		w.AddMul(j.dst[first:end], j.x[first:end], j.y[first:end])
	}})
}

// keptForOther are those of two factors that the gradient of the other needs.
func keptForOther(x, y *Tensor) []*Tensor {
	var kept []*Tensor
	if x.NeedsGrad() {
		kept = append(kept, y)
	}
	if y.NeedsGrad() {
		kept = append(kept, x)
	}
	return kept
}

// Scale computes factor * x. The tape keeps nothing.
func (p *Pass) Scale(x *Tensor, factor float32) *Tensor {
	if !p.ready("scale", x) {
		return &p.none
	}
	out := p.result(x.Shape())
	p.run(job{count: out.Len(), dst: out.data, x: x.data, factor: factor, do: func(w *kernels.Worker, j *job, first, end int) {
		w.Scale(j.dst[first:end], j.x[first:end], j.factor)
	}})
	if p.recording(x) {
		p.record(out, func(dy []float32) { p.accumulate(x, dy, factor) })
	}
	return out
}

// AddRows adds learned positions: out[b, t] = x[b, t] + rows[first+t], for x of
// [batch, seq, dim] and rows of [n, dim] with first+seq at most n. The tape
// keeps nothing.
func (p *Pass) AddRows(x, rows *Tensor, first int) *Tensor {
	if !p.ready("add rows", x, rows) {
		return &p.none
	}
	seq := x.Dim(1)
	if x.rank != 3 || rows.rank != 2 || x.Dim(2) != rows.Dim(1) || first < 0 || first > rows.Dim(0)-seq {
		return p.failShapes("add rows", fmt.Sprintf("want [batch, seq, dim] and [n, dim] with positions below n; the first is %d", first), x, rows)
	}
	out := p.result(x.Shape())
	p.run(job{
		count: x.Rows(), width: x.Dim(2), dst: out.data, x: x.data, y: rows.data, size: seq, first: first,
		do: func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				w.Add(j.row(j.dst, i), j.row(j.x, i), j.row(j.y, j.first+i%j.size))
			}
		},
	})
	if p.recording(x, rows) {
		p.record(out, func(dy []float32) {
			p.addRowGradients(rows, x.Dim(0), seq, first, dy)
			p.handOver(out, x)
		})
	}
	return out
}

// addRowGradients adds dy[b, t] to the gradient of rows[first+t], b in order.
func (p *Pass) addRowGradients(rows *Tensor, batch, seq, first int, dy []float32) {
	grad := p.gradient(rows)
	if grad == nil {
		return
	}
	width := rows.Dim(1)
	p.run(job{
		count: seq, width: batch * width, dst: grad[first*width:], x: dy, size: width,
		do: func(w *kernels.Worker, j *job, first, end int) {
			n := j.size
			for b := 0; b < j.width/max(n, 1); b++ {
				from := (b*j.count + first) * n
				w.AddScaled(j.dst[first*n:end*n], j.x[from:from+(end-first)*n], 1)
			}
		},
	})
}
