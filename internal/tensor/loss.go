package tensor

import (
	"fmt"

	"runx/internal/tensor/kernels"
)

// CrossEntropy computes the mean negative log likelihood of the targets in nats:
// the mean over rows i of log(sum of exp(logits[i])) - logits[i, targets[i]].
// logits is [.., classes] with a row for each target; the result is [1]. It fails
// where there is no target or one is not from 0 to below classes. The tape keeps
// the logits, the log of the sum of each row, and a copy of the targets.
func (p *Pass) CrossEntropy(logits *Tensor, targets []int32) *Tensor {
	if !p.ready("cross entropy", logits) {
		return &p.none
	}
	rows, classes := logits.Rows(), logits.Dim(-1)
	if rows != len(targets) || rows == 0 || classes == 0 {
		return p.failShapes("cross entropy", fmt.Sprintf("want a row of at least one class for each of %d targets, at least one", len(targets)), logits)
	}
	if err := checkIDs(targets, classes); err != nil {
		p.Fail(fmt.Errorf("cross entropy: target %w", err))
		return &p.none
	}
	logSums := p.result([]int{rows})
	p.run(job{count: rows, width: classes, dst: logSums.data, x: logits.data, do: func(w *kernels.Worker, j *job, first, end int) {
		for i := first; i < end; i++ {
			j.dst[i] = w.LogSumExp(j.row(j.x, i))
		}
	}})
	out := p.result([]int{1})
	if p.err != nil {
		return out
	}
	var total float64
	for i, target := range targets {
		total += float64(logSums.data[i]) - float64(logits.data[i*classes+int(target)])
	}
	out.data[0] = float32(total / float64(rows))
	if p.recording(logits) {
		ids := p.keepIDs(targets)
		p.record(out, func(dy []float32) { p.crossEntropyBackward(logits, logSums, ids, dy[0]) }, logits, logSums, ids)
		p.Free(ids)
	}
	p.Free(logSums)
	return out
}

// crossEntropyBackward adds (softmax(logits) - onehot(target))*dy/rows.
func (p *Pass) crossEntropyBackward(logits, logSums, ids *Tensor, dy float32) {
	grad, beta := p.scaledGradient(logits)
	if grad == nil {
		return
	}
	rows, classes := logits.Rows(), logits.Dim(-1)
	dst := grad
	if beta != 0 {
		own := p.result(logits.Shape())
		defer p.Free(own)
		dst = own.data
	}
	p.run(job{
		count: rows, width: classes, dst: dst, x: logits.data, y: logSums.data, z: ids.data, factor: dy / float32(rows),
		do: func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				row := j.row(j.dst, i)
				w.ExpSum(row, j.row(j.x, i), j.y[i], 1)
				row[idAt(j.z, i)]--
				w.Scale(row, row, j.factor)
			}
		},
	})
	if beta != 0 {
		p.accumulate(logits, dst, 1)
	}
}

// Mean computes the mean of all elements; the result is [1]. Blocks are added up
// in float64. It fails where there are no elements. The tape keeps nothing.
func (p *Pass) Mean(x *Tensor) *Tensor {
	if !p.ready("mean", x) {
		return &p.none
	}
	if x.Len() == 0 {
		return p.failShapes("mean", "there are no elements", x)
	}
	out := p.result([]int{1})
	total := p.sum(x.data)
	if p.err != nil {
		return out
	}
	out.data[0] = float32(total / float64(x.Len()))
	if p.recording(x) {
		p.record(out, func(dy []float32) {
			p.addGradient(x, job{count: x.Len(), factor: dy[0] / float32(x.Len()), do: func(_ *kernels.Worker, j *job, first, end int) {
				for i := range j.dst[first:end] {
					j.dst[first+i] += j.factor
				}
			}})
		})
	}
	return out
}
