package tensor

import (
	"cmp"
	"fmt"
	"slices"

	"runx/internal/tensor/kernels"
)

// MatMulOptions say what MatMul multiplies. The zero value is the plain product.
type MatMulOptions struct {
	// TransposeA and TransposeB exchange the last two dimensions of a factor.
	TransposeA, TransposeB bool
	// Alpha multiplies the product; zero means one.
	Alpha float32
}

// MatMul computes alpha * a * b: a of [.., m, k], or [.., k, m] transposed, and b
// of [.., k, n], or [.., n, k] transposed, give [.., m, n]. Leading dimensions
// are equal. An element's error is at most about k*2^-24 times the sum of the
// sizes of its terms. The tape keeps b for the gradient of a, and a for that of
// b.
func (p *Pass) MatMul(a, b *Tensor, o MatMulOptions) *Tensor {
	if !p.ready("matmul", a, b) {
		return &p.none
	}
	if a.rank < 2 || a.rank != b.rank || !slices.Equal(a.dims[:a.rank-2], b.dims[:b.rank-2]) {
		return p.failShapes("matmul", "want [.., m, k] and [.., k, n] with equal leading dimensions", a, b)
	}
	o.Alpha = cmp.Or(o.Alpha, 1)
	left, right := transposedIf(o.TransposeA, a.batched(a.data)), transposedIf(o.TransposeB, b.batched(b.data))
	if left.Cols != right.Rows {
		return p.failShapes("matmul", "inner dimensions differ", a, b)
	}
	dims := a.dims
	dims[a.rank-2], dims[a.rank-1] = left.Rows, right.Cols
	out := p.result(dims[:a.rank])
	p.gemmBatch(o.Alpha, left, right, 0, out.batched(out.data))
	if p.recording(a, b) {
		p.record(out, func(dy []float32) {
			p.matmulBackward(o, a, b, out.batched(dy))
		}, keptForOther(a, b)...)
	}
	return out
}

// matmulBackward adds alpha*dy*bᵀ to the gradient of a and alpha*aᵀ*dy to that of
// b, each transposed as a whole where its factor was.
func (p *Pass) matmulBackward(o MatMulOptions, a, b *Tensor, dy kernels.BatchedMatrix) {
	if da, beta := p.scaledGradient(a); da != nil {
		x, y := dy, transposedIf(!o.TransposeB, b.batched(b.data))
		if o.TransposeA {
			x, y = transposed(y), transposed(x)
		}
		p.gemmBatch(o.Alpha, x, y, beta, a.batched(da))
	}
	if db, beta := p.scaledGradient(b); db != nil {
		x, y := transposedIf(!o.TransposeA, a.batched(a.data)), dy
		if o.TransposeB {
			x, y = transposed(y), transposed(x)
		}
		p.gemmBatch(o.Alpha, x, y, beta, b.batched(db))
	}
}

// batched views data, of as many elements as t, as the matrices of its last two
// dimensions.
func (t *Tensor) batched(data []float32) kernels.BatchedMatrix {
	rows, cols, batch := t.Dim(-2), t.Dim(-1), 1
	for _, d := range t.dims[:max(t.rank-2, 0)] {
		batch *= d
	}
	return kernels.BatchedMatrix{Matrix: kernels.RowMajor(data, rows, cols), Batch: batch, BatchStride: rows * cols}
}

func transposed(m kernels.BatchedMatrix) kernels.BatchedMatrix {
	m.Matrix = m.Transposed()
	return m
}

func transposedIf(yes bool, m kernels.BatchedMatrix) kernels.BatchedMatrix {
	if yes {
		return transposed(m)
	}
	return m
}

// gemmBatch computes c = alpha*a*b + beta*c for each matrix of a batch.
func (p *Pass) gemmBatch(alpha float32, a, b kernels.BatchedMatrix, beta float32, c kernels.BatchedMatrix) {
	if p.err != nil || c.Batch == 0 {
		return
	}
	team, err := p.engine.running()
	if err == nil {
		err = team.GemmBatch(alpha, a, b, beta, c)
	}
	if err != nil {
		p.Fail(fmt.Errorf("matmul: %w", err))
	}
}
