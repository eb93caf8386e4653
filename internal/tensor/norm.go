package tensor

import "runx/internal/tensor/kernels"

// LayerNorm computes (x-mean)/sqrt(variance+eps)*gain + bias along the last
// dimension, the variance being that of the row itself (divided by its length):
// J. Ba, J. Kiros, G. Hinton, arXiv 1607.06450 (2016). x is [.., dim], gain and
// bias are [dim]. The tape keeps x, gain, and the mean and 1/sqrt(variance+eps)
// of each row.
func (p *Pass) LayerNorm(x, gain, bias *Tensor, eps float32) *Tensor {
	if !p.ready("layer norm", x, gain, bias) {
		return &p.none
	}
	width := x.Dim(-1)
	if gain.rank != 1 || bias.rank != 1 || gain.Len() != width || bias.Len() != width {
		return p.failShapes("layer norm", "want [.., dim], [dim] and [dim]", x, gain, bias)
	}
	out := p.result(x.Shape())
	recording := p.recording(x, gain, bias)
	stats := p.statistics(recording, x.Rows(), 2)
	p.run(job{
		count: x.Rows(), width: width, dst: out.data, x: x.data, y: gain.data, z: bias.data, stats: stats.data, factor: eps,
		do: func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				mean, rstd := w.LayerNorm(j.row(j.dst, i), j.row(j.x, i), j.y, j.z, j.factor)
				if len(j.stats) > 0 {
					j.stats[2*i], j.stats[2*i+1] = mean, rstd
				}
			}
		},
	})
	if recording {
		p.record(out, func(dy []float32) { p.layerNormBackward(x, gain, bias, stats, dy) }, x, gain, stats)
		p.Free(stats)
	}
	return out
}

// statistics is memory for what the gradient needs of each row, empty where
// there will be none.
func (p *Pass) statistics(recording bool, rows, each int) *Tensor {
	if !recording {
		return &p.none
	}
	return p.result([]int{rows, each})
}

func (p *Pass) layerNormBackward(x, gain, bias, stats *Tensor, dy []float32) {
	rows, width := x.Rows(), gain.Len()
	p.addGradient(x, job{
		count: rows, width: width, x: x.data, y: gain.data, z: dy, stats: stats.data,
		do: func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				w.LayerNormGrad(j.row(j.dst, i), j.row(j.x, i), j.y, j.row(j.z, i), j.stats[2*i], j.stats[2*i+1])
			}
		},
	})
	dgain, dbias := p.gradient(gain), p.gradient(bias)
	if dgain == nil && dbias == nil {
		return
	}
	p.addRows(rows, width, func(w *kernels.Worker, sums []float32, first, end int) {
		for i := first; i < end; i++ {
			row := i * width
			w.LayerNormParamGrad(sums[:width], sums[width:], x.data[row:][:width], dy[row:][:width], stats.data[2*i], stats.data[2*i+1])
		}
	}, dgain, dbias)
}

// RMSNorm computes x/sqrt(mean of x² + eps)*gain along the last dimension: B.
// Zhang, R. Sennrich, arXiv 1910.07467 (2019). x is [.., dim], gain is [dim]. The
// tape keeps x, gain, and 1/sqrt(mean of x² + eps) of each row.
func (p *Pass) RMSNorm(x, gain *Tensor, eps float32) *Tensor {
	if !p.ready("rms norm", x, gain) {
		return &p.none
	}
	width := x.Dim(-1)
	if gain.rank != 1 || gain.Len() != width {
		return p.failShapes("rms norm", "want [.., dim] and [dim]", x, gain)
	}
	out := p.result(x.Shape())
	recording := p.recording(x, gain)
	stats := p.statistics(recording, x.Rows(), 1)
	p.run(job{
		count: x.Rows(), width: width, dst: out.data, x: x.data, y: gain.data, stats: stats.data, factor: eps,
		do: func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				rstd := w.RMSNorm(j.row(j.dst, i), j.row(j.x, i), j.y, j.factor)
				if len(j.stats) > 0 {
					j.stats[i] = rstd
				}
			}
		},
	})
	if recording {
		p.record(out, func(dy []float32) { p.rmsNormBackward(x, gain, stats, dy) }, x, gain, stats)
		p.Free(stats)
	}
	return out
}

func (p *Pass) rmsNormBackward(x, gain, stats *Tensor, dy []float32) {
	rows, width := x.Rows(), gain.Len()
	p.addGradient(x, job{
		count: rows, width: width, x: x.data, y: gain.data, z: dy, stats: stats.data,
		do: func(w *kernels.Worker, j *job, first, end int) {
			for i := first; i < end; i++ {
				w.RMSNormGrad(j.row(j.dst, i), j.row(j.x, i), j.y, j.row(j.z, i), j.stats[i])
			}
		},
	})
	dgain := p.gradient(gain)
	if dgain == nil {
		return
	}
	p.addRows(rows, width, func(w *kernels.Worker, sums []float32, first, end int) {
		for i := first; i < end; i++ {
			row := i * width
			w.RMSNormParamGrad(sums, x.data[row:][:width], dy[row:][:width], stats.data[i])
		}
	}, dgain)
}
