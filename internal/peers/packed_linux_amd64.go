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
// decoding does, or many: in float32 against OpenBLAS, which packs in each call,
// and in halves against float32. Batches and factors that are packed in the call
// follow.
func packedRows(b *bench) ([]row, error) {
	weight := normal(packedDim*packedDim, 1)
	full, err := b.set.Pack(make([]float32, b.set.PackedLen(packedDim, packedDim)), kernels.RowMajor(weight, packedDim, packedDim))
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, m := range []int{1, 8, 32} {
		c := newPackedCase(b, m, weight)
		more, err := runAll(b.rounds, []contest{c.blas(full)})
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
		for _, f := range []kernels.Format{kernels.Float16, kernels.BFloat16} {
			half, err := b.set.PackHalf(make([]uint16, b.set.PackedLen(packedDim, packedDim)), f, kernels.RowMajor(weight, packedDim, packedDim))
			if err != nil {
				return nil, err
			}
			r, err := c.half(full, half).run(b.rounds)
			if err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
	}
	more, err := runAll(b.rounds, []contest{batchContest(b), halfContest(b, kernels.Float16), halfContest(b, kernels.BFloat16)})
	return append(rows, more...), err
}

// packedCase is m rows times the weight.
type packedCase struct {
	*bench
	m            int
	weight, x    []float32
	ours, theirs []float32
}

func newPackedCase(b *bench, m int, weight []float32) packedCase {
	return packedCase{b, m, weight, normal(m*packedDim, 2), make([]float32, m*packedDim), make([]float32, m*packedDim)}
}

func (c packedCase) name(f kernels.Format) string {
	return fmt.Sprintf("%d × 4096² packed in %s", c.m, f)
}

func (c packedCase) unit() unit { return gigaflops(2 * float64(c.m) * packedDim * packedDim) }

func (c packedCase) side(name string, packed kernels.Packed, y []float32) side {
	left, output := kernels.RowMajor(c.x, c.m, packedDim), kernels.RowMajor(y, c.m, packedDim)
	return onThread(name, func() error { return c.team.GemmPacked(1, left, packed, 0, output) }).into(y)
}

func (c packedCase) blas(full kernels.Packed) contest {
	theirs := c.onBLAS(func(o *openBLAS) {
		if c.m == 1 {
			o.apply(packedDim, packedDim, c.weight, true, c.x, c.theirs)
			return
		}
		o.multiply(c.m, packedDim, packedDim, 1, c.x, c.weight, false, c.theirs)
	}).into(c.theirs)
	return contest{
		name: c.name(kernels.Float32), unit: c.unit(), ours: c.side("ours", full, c.ours), theirs: []side{theirs}, tolerance: 0.05,
	}
}

func (c packedCase) half(full, half kernels.Packed) contest {
	return contest{
		name: c.name(half.Format), unit: c.unit(), ours: c.side("ours", half, c.ours),
		theirs: []side{c.side("ours in float32", full, c.theirs)}, tolerance: halfTolerance,
	}
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
		ours: onThread("ours", func() error { return b.team.GemmBatch(1, left, right, 0, scores) }).into(ours),
		theirs: []side{b.onBLAS(func(o *openBLAS) {
			for h := range heads {
				o.multiply(n, n, d, 1, q[h*n*d:], k[h*n*d:], true, theirs[h*n*n:])
			}
		}).into(theirs)},
		tolerance: 1e-3,
	}
}

// halfContest is 1024³ with a factor stored in halves, against float32.
func halfContest(b *bench, f kernels.Format) contest {
	const n = 1024
	o := product{m: n, n: n, k: n}.operands()
	half := make([]uint16, n*n)
	b.set.Round(half, o.b, f)
	theirs := kernels.RowMajor(o.theirs, n, n)
	return contest{
		name: fmt.Sprintf("1024³ with a factor in %s", f), unit: gigaflops(o.flops()),
		ours: onThread("ours", func() error {
			return b.team.GemmHalf(1, o.left(), kernels.RowMajorHalf(half, f, n, n), 0, o.output())
		}).into(o.ours),
		theirs: []side{
			onThread("ours in float32", func() error { return b.team.Gemm(1, o.left(), o.right(), 0, theirs) }).into(o.theirs),
		},
		tolerance: halfTolerance,
	}
}
