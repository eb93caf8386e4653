package main

import (
	"fmt"

	"runx/internal/tensor/kernels"
)

// packedDim is the size of a square weight that no cache holds.
const packedDim = 4096

// halfTolerance is for results from factors rounded to halves: sums of
// packedDim products of normal numbers, each off by 2^-9 at most.
const halfTolerance = 3

// packedRows measures a weight that is packed once and serves a few rows, as
// decoding does, or many, in each format, against OpenBLAS, which packs in each
// call; before that, a batch, and a factor in halves that is packed in the call.
func packedRows(b *bench) ([]row, error) {
	weight := normal(packedDim*packedDim, 1)
	full, err := b.set.Pack(make([]float32, b.set.PackedLen(packedDim, packedDim)), kernels.RowMajor(weight, packedDim, packedDim))
	if err != nil {
		return nil, err
	}
	packed := []kernels.Packed{full}
	for _, f := range []kernels.Format{kernels.Float16, kernels.BFloat16} {
		half, err := b.set.PackHalf(make([]uint16, b.set.PackedLen(packedDim, packedDim)), f, kernels.RowMajor(weight, packedDim, packedDim))
		if err != nil {
			return nil, err
		}
		packed = append(packed, half)
	}
	contests := []contest{batchContest(b), halfContest(b)}
	for _, m := range []int{1, 8, 32} {
		contests = append(contests, packedContest(b, m, weight, packed))
	}
	return runAll(b.rounds, contests)
}

// packedContest is m rows times the weight, in each of its forms.
func packedContest(b *bench, m int, weight []float32, packed []kernels.Packed) contest {
	x, theirs := normal(m*packedDim, 2), make([]float32, m*packedDim)
	c := contest{
		name: fmt.Sprintf("%d × 4096² packed in ", m), unit: gigaflops(2 * float64(m) * packedDim * packedDim), tolerance: halfTolerance,
		theirs: []side{b.onBLAS(func(o *openBLAS) {
			if m == 1 {
				o.apply(packedDim, packedDim, weight, true, x, theirs)
				return
			}
			o.multiply(m, packedDim, packedDim, 1, x, weight, false, theirs)
		}).into(theirs)},
	}
	for _, p := range packed {
		y := make([]float32, m*packedDim)
		left, output := kernels.RowMajor(x, m, packedDim), kernels.RowMajor(y, m, packedDim)
		c.ours = append(c.ours, onThread(p.Format.String(), func() error { return b.team.GemmPacked(1, left, p, 0, output) }).into(y))
	}
	return c
}

// batchContest is the scores of 8 heads in one call; OpenBLAS takes one each.
func batchContest(b *bench) contest {
	const heads, n, d = 8, 1024, 64
	q, k := normal(heads*n*d, 1), normal(heads*n*d, 2)
	ours, theirs := make([]float32, heads*n*n), make([]float32, heads*n*n)
	batched := func(data []float32, stride int, m kernels.Matrix) kernels.BatchedMatrix {
		m.Data = data
		return kernels.BatchedMatrix{Matrix: m, Batch: heads, BatchStride: stride}
	}
	left := batched(q, n*d, kernels.RowMajor(nil, n, d))
	right := batched(k, n*d, kernels.RowMajor(nil, n, d).Transposed())
	scores := batched(ours, n*n, kernels.RowMajor(nil, n, n))
	return contest{
		name: "sgemm batch 8 × 1024×1024×64", unit: gigaflops(2 * heads * n * n * d),
		ours: []side{onThread("", func() error { return b.team.GemmBatch(1, left, right, 0, scores) }).into(ours)},
		theirs: []side{b.onBLAS(func(o *openBLAS) {
			for h := range heads {
				o.multiply(n, n, d, 1, q[h*n*d:], k[h*n*d:], true, theirs[h*n*n:])
			}
		}).into(theirs)},
		tolerance: 1e-3,
	}
}

// halfContest is 1024³ with a factor stored in halves, against float32.
func halfContest(b *bench) contest {
	const n = 1024
	o := product{m: n, n: n, k: n}.operands()
	c := contest{
		name: "sgemm 1024³ with a factor in ", unit: gigaflops(o.flops()), tolerance: halfTolerance,
		theirs: []side{
			onThread("ours in float32", func() error { return b.team.Gemm(1, o.left(), o.right(), 0, o.output()) }).into(o.ours),
		},
	}
	for _, f := range []kernels.Format{kernels.Float16, kernels.BFloat16} {
		half, y := make([]uint16, n*n), make([]float32, n*n)
		b.set.Round(half, o.b, f)
		right, output := kernels.RowMajorHalf(half, f, n, n), kernels.RowMajor(y, n, n)
		c.ours = append(c.ours, onThread(f.String(), func() error { return b.team.GemmHalf(1, o.left(), right, 0, output) }).into(y))
	}
	return c
}
