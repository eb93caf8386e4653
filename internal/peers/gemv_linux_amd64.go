package main

import (
	"fmt"

	"runx/internal/tensor/kernels"
)

// The figures of matrix-vector products: of OpenBLAS' speed and of the read
// bandwidth, and of float16 to float32.
const (
	gemvRatio = 0.95
	halfRatio = 1.7
)

// gemv is a matrix-vector product to measure: of rows×cols elements, transposed
// or not.
type gemv struct {
	name       string
	rows, cols int
	transposed bool
}

// The matrices do not fit the third-level cache of the machines that the figures
// were set on: the small one is twice as large as 32 MB.
var gemvs = []gemv{
	{"sgemv 4096²", 4096, 4096, false},
	{"sgemv 4096² transposed", 4096, 4096, true},
	{"sgemv 16384×4096", 16384, 4096, false},
	{"sgemv 16384×4096 transposed", 16384, 4096, true},
}

func gemvRows(b *bench) ([]row, error) {
	var rows []row
	for _, g := range gemvs {
		more, err := g.run(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.name, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// run makes the rows of one matrix: all sides take turns on the same memory.
func (g gemv) run(b *bench) ([]row, error) {
	a := normal(g.rows*g.cols, 1)
	in, out := g.cols, g.rows
	if g.transposed {
		in, out = out, in
	}
	x, y, theirs := normal(in, 2), make([]float32, out), make([]float32, out)
	matrix := kernels.RowMajor(a, g.rows, g.cols)
	if g.transposed {
		matrix = matrix.Transposed()
	}
	own := onThread("", func() error { return b.team.Gemv(1, matrix, x, 0, y) }).into(y)
	blas := b.onBLAS(func(o *openBLAS) { o.apply(g.rows, g.cols, a, g.transposed, x, theirs) }).into(theirs)
	read := own
	read.name = " of the bandwidth"
	speed := gigabytes(4 * len(a))
	return runAll(b.rounds, []contest{
		{name: g.name, unit: speed, figure: figure{ratio: gemvRatio}, ours: []side{own}, theirs: []side{blas}, tolerance: 0.05},
		{name: g.name, unit: speed, figure: figure{ratio: gemvRatio}, ours: []side{read}, theirs: []side{reading(a)}},
		g.half(b, kernels.Float16, figure{ratio: halfRatio}, own, matrix, x),
		g.half(b, kernels.BFloat16, figure{}, own, matrix, x),
	})
}

// half compares the same product of half as many bytes with that in float32,
// which is the peer here.
func (g gemv) half(b *bench, format kernels.Format, f figure, full side, matrix kernels.Matrix, x []float32) contest {
	full.name = "ours in float32"
	data, y := make([]uint16, len(matrix.Data)), make([]float32, matrix.Rows)
	b.set.Round(data, matrix.Data, format)
	half := kernels.HalfMatrix{
		Data: data, Format: format, Rows: matrix.Rows, Cols: matrix.Cols, RowStride: matrix.RowStride, ColStride: matrix.ColStride,
	}
	return contest{
		name: fmt.Sprintf("%s in %s", g.name, format), unit: milliseconds, figure: f, theirs: []side{full}, tolerance: halfTolerance,
		ours: ours(onThread("", func() error { return b.team.GemvHalf(1, half, x, 0, y) }).into(y)),
	}
}
