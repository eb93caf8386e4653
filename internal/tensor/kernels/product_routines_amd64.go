package kernels

import "unsafe"

func avx2Products() productRoutines {
	const cols = 16
	return productRoutines{
		rows: 6, cols: cols, packTranspose: packTransposeAVX2, packRows: checkedPackRows(cols, packRows16AVX2),
		expanding: expandingOf(6, cols, gemmExpand6x16Float16AVX2, gemmExpand6x16BFloat16AVX2, gemmExpand6x16Int8AVX2, gemm6x16ScaledFloat32AVX2),
		tiles: []rowTiles{
			{rows: 1, one: tilesOf(1, cols, 1, gemm1x16Float32AVX2, gemm1x16Float16AVX2, gemm1x16BFloat16AVX2, gemm1x16Int8AVX2),
				several: tilesOf(1, cols, 4, gemm1x64Float32AVX2, gemm1x64Float16AVX2, gemm1x64BFloat16AVX2, gemm1x64Int8AVX2)},
			{rows: 2, one: tilesOf(2, cols, 1, gemm2x16Float32AVX2, gemm2x16Float16AVX2, gemm2x16BFloat16AVX2, gemm2x16Int8AVX2),
				several: tilesOf(2, cols, 2, gemm2x32Float32AVX2, gemm2x32Float16AVX2, gemm2x32BFloat16AVX2, gemm2x32Int8AVX2)},
			{rows: 3, one: tilesOf(3, cols, 1, gemm3x16Float32AVX2, gemm3x16Float16AVX2, gemm3x16BFloat16AVX2, gemm3x16Int8AVX2)},
			{rows: 4, one: tilesOf(4, cols, 1, gemm4x16Float32AVX2, gemm4x16Float16AVX2, gemm4x16BFloat16AVX2, gemm4x16Int8AVX2)},
			{rows: 6, one: tilesOf(6, cols, 1, gemm6x16Float32AVX2, gemm6x16Float16AVX2, gemm6x16BFloat16AVX2, gemm6x16Int8AVX2)},
		},
	}
}

func avx512Products() productRoutines {
	const cols = 32
	return productRoutines{
		rows: 12, cols: cols, packTranspose: packTransposeAVX2, packRows: checkedPackRows(cols, packRows32AVX512),
		expanding: expandingOf(12, cols, gemmExpand12x32Float16AVX512, gemmExpand12x32BFloat16AVX512, gemmExpand12x32Int8AVX512, gemm12x32ScaledFloat32AVX512),
		tiles: []rowTiles{
			{rows: 1, one: tilesOf(1, cols, 1, gemm1x32Float32AVX512, gemm1x32Float16AVX512, gemm1x32BFloat16AVX512, gemm1x32Int8AVX512),
				several: tilesOf(1, cols, 4, gemm1x128Float32AVX512, gemm1x128Float16AVX512, gemm1x128BFloat16AVX512, gemm1x128Int8AVX512)},
			{rows: 2, one: tilesOf(2, cols, 1, gemm2x32Float32AVX512, gemm2x32Float16AVX512, gemm2x32BFloat16AVX512, gemm2x32Int8AVX512),
				several: tilesOf(2, cols, 4, gemm2x128Float32AVX512, gemm2x128Float16AVX512, gemm2x128BFloat16AVX512, gemm2x128Int8AVX512)},
			{rows: 3, one: tilesOf(3, cols, 1, gemm3x32Float32AVX512, gemm3x32Float16AVX512, gemm3x32BFloat16AVX512, gemm3x32Int8AVX512),
				several: tilesOf(3, cols, 2, gemm3x64Float32AVX512, gemm3x64Float16AVX512, gemm3x64BFloat16AVX512, gemm3x64Int8AVX512)},
			{rows: 4, one: tilesOf(4, cols, 1, gemm4x32Float32AVX512, gemm4x32Float16AVX512, gemm4x32BFloat16AVX512, gemm4x32Int8AVX512),
				several: tilesOf(4, cols, 2, gemm4x64Float32AVX512, gemm4x64Float16AVX512, gemm4x64BFloat16AVX512, gemm4x64Int8AVX512)},
			{rows: 6, one: tilesOf(6, cols, 1, gemm6x32Float32AVX512, gemm6x32Float16AVX512, gemm6x32BFloat16AVX512, gemm6x32Int8AVX512)},
			{rows: 8, one: tilesOf(8, cols, 1, gemm8x32Float32AVX512, gemm8x32Float16AVX512, gemm8x32BFloat16AVX512, gemm8x32Int8AVX512)},
			{rows: 12, one: tilesOf(12, cols, 1, gemm12x32Float32AVX512, gemm12x32Float16AVX512, gemm12x32BFloat16AVX512, gemm12x32Int8AVX512)},
		},
	}
}

// assemblyTile is a tile in assembly, scaledTile one with scales; strides are in bytes.
type (
	assemblyTile[E element] func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b *E, bNext int64, c *float32, ldc int64, alpha, beta float32)
	scaledTile[E element]   func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b *E, bNext int64, c *float32, ldc int64, alpha, beta float32, scales *float32)
)

func tilesOf(rows, cols, panels int, full assemblyTile[float32], float16, bfloat16 assemblyTile[uint16], ints scaledTile[int8]) panelTiles {
	return panelTiles{
		panels:   panels,
		float32:  checkedTile(rows, cols, panels, full),
		float16:  checkedTile(rows, cols, panels, float16),
		bfloat16: checkedTile(rows, cols, panels, bfloat16),
		int8:     checkedScaledTile(rows, cols, panels, ints),
	}
}

// checkedTile checks the last element of each slice before it calls assembly.
func checkedTile[E element](rows, cols, panels int, run assemblyTile[E]) tile[E] {
	return func(tiles, k int, a []float32, aRow, aCol, aNext int, b panelView[E], c []float32, ldc int, alpha, beta float32) {
		_ = a[(tiles-1)*aNext+(rows-1)*aRow+(k-1)*aCol]
		_ = b.data[(panels-1)*b.next+k*cols-1]
		_ = c[(tiles*rows-1)*ldc+panels*cols-1]
		run(int64(tiles), int64(k), &a[0], bytes(aRow), bytes(aCol), bytes(aNext),
			&b.data[0], int64(b.next)*int64(unsafe.Sizeof(b.data[0])), &c[0], bytes(ldc), alpha, beta)
	}
}

// checkedScaledTile is checkedTile with scales.
func checkedScaledTile[E element](rows, cols, panels int, run scaledTile[E]) tile[E] {
	return func(tiles, k int, a []float32, aRow, aCol, aNext int, b panelView[E], c []float32, ldc int, alpha, beta float32) {
		_ = a[(tiles-1)*aNext+(rows-1)*aRow+(k-1)*aCol]
		_ = b.data[(panels-1)*b.next+k*cols-1]
		_ = b.scales[panels*cols-1]
		_ = c[(tiles*rows-1)*ldc+panels*cols-1]
		run(int64(tiles), int64(k), &a[0], bytes(aRow), bytes(aCol), bytes(aNext),
			&b.data[0], int64(b.next)*int64(unsafe.Sizeof(b.data[0])), &c[0], bytes(ldc), alpha, beta, &b.scales[0])
	}
}

// assemblyExpanding and scaledExpanding are expanding tiles in assembly.
type (
	assemblyExpanding func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b *uint16, bNext int64, c *float32, ldc int64, alpha, beta float32, expanded *float32)
	scaledExpanding   func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b *int8, bNext int64, c *float32, ldc int64, alpha, beta float32, scales, expanded *float32)
)

func expandingOf(rows, cols int, float16, bfloat16 assemblyExpanding, ints scaledExpanding, expanded scaledTile[float32]) expandingTiles {
	return expandingTiles{
		float16:      checkedExpanding(rows, cols, float16),
		bfloat16:     checkedExpanding(rows, cols, bfloat16),
		expandedInt8: checkedScaledTile(rows, cols, 1, expanded),
		int8: func(k int, a []float32, aRow, aCol int, b panelView[int8], c []float32, ldc int, alpha, beta float32, expanded []float32) {
			_ = a[(rows-1)*aRow+(k-1)*aCol]
			_, _ = b.data[k*cols-1], b.scales[cols-1]
			_ = c[(rows-1)*ldc+cols-1]
			_ = expanded[k*cols-1]
			ints(1, int64(k), &a[0], bytes(aRow), bytes(aCol), 0, &b.data[0], 0, &c[0], bytes(ldc), alpha, beta, &b.scales[0], &expanded[0])
		},
	}
}

func checkedExpanding(rows, cols int, run assemblyExpanding) expandingTile[uint16] {
	return func(k int, a []float32, aRow, aCol int, b panelView[uint16], c []float32, ldc int, alpha, beta float32, expanded []float32) {
		_ = a[(rows-1)*aRow+(k-1)*aCol]
		_ = b.data[k*cols-1]
		_ = c[(rows-1)*ldc+cols-1]
		_ = expanded[k*cols-1]
		run(1, int64(k), &a[0], bytes(aRow), bytes(aCol), 0, &b.data[0], 0, &c[0], bytes(ldc), alpha, beta, &expanded[0])
	}
}

func packTransposeAVX2(dst []float32, dstRow int, src []float32, ld, n int) {
	_ = dst[(n-1)*dstRow+packGroup-1]
	_ = src[(packGroup-1)*ld+n-1]
	packTranspose8AVX2(&dst[0], bytes(dstRow), &src[0], bytes(ld), int64(n))
}

func checkedPackRows(cols int, run func(dst, src *float32, ld, n int64)) func(dst, src []float32, ld, n int) {
	return func(dst, src []float32, ld, n int) {
		_ = dst[n*cols-1]
		_ = src[(n-1)*ld+cols-1]
		run(&dst[0], &src[0], bytes(ld), int64(n))
	}
}
