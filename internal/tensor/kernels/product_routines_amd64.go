package kernels

import "unsafe"

func avx2Products() productRoutines {
	const cols = 16
	return productRoutines{
		rows: 6, cols: cols, packTranspose: packTransposeAVX2, packRows: checkedPackRows(cols, packRows16AVX2),
		tiles: []rowTiles{
			{rows: 1, one: tilesOf(1, cols, 1, gemm1x16Float32AVX2, gemm1x16Float16AVX2, gemm1x16BFloat16AVX2),
				several: tilesOf(1, cols, 4, gemm1x64Float32AVX2, gemm1x64Float16AVX2, gemm1x64BFloat16AVX2)},
			{rows: 2, one: tilesOf(2, cols, 1, gemm2x16Float32AVX2, gemm2x16Float16AVX2, gemm2x16BFloat16AVX2),
				several: tilesOf(2, cols, 2, gemm2x32Float32AVX2, gemm2x32Float16AVX2, gemm2x32BFloat16AVX2)},
			{rows: 3, one: tilesOf(3, cols, 1, gemm3x16Float32AVX2, gemm3x16Float16AVX2, gemm3x16BFloat16AVX2)},
			{rows: 4, one: tilesOf(4, cols, 1, gemm4x16Float32AVX2, gemm4x16Float16AVX2, gemm4x16BFloat16AVX2)},
			{rows: 6, one: tilesOf(6, cols, 1, gemm6x16Float32AVX2, gemm6x16Float16AVX2, gemm6x16BFloat16AVX2)},
		},
	}
}

func avx512Products() productRoutines {
	const cols = 32
	return productRoutines{
		rows: 12, cols: cols, packTranspose: packTransposeAVX2, packRows: checkedPackRows(cols, packRows32AVX512),
		tiles: []rowTiles{
			{rows: 1, one: tilesOf(1, cols, 1, gemm1x32Float32AVX512, gemm1x32Float16AVX512, gemm1x32BFloat16AVX512),
				several: tilesOf(1, cols, 4, gemm1x128Float32AVX512, gemm1x128Float16AVX512, gemm1x128BFloat16AVX512)},
			{rows: 2, one: tilesOf(2, cols, 1, gemm2x32Float32AVX512, gemm2x32Float16AVX512, gemm2x32BFloat16AVX512),
				several: tilesOf(2, cols, 4, gemm2x128Float32AVX512, gemm2x128Float16AVX512, gemm2x128BFloat16AVX512)},
			{rows: 3, one: tilesOf(3, cols, 1, gemm3x32Float32AVX512, gemm3x32Float16AVX512, gemm3x32BFloat16AVX512),
				several: tilesOf(3, cols, 2, gemm3x64Float32AVX512, gemm3x64Float16AVX512, gemm3x64BFloat16AVX512)},
			{rows: 4, one: tilesOf(4, cols, 1, gemm4x32Float32AVX512, gemm4x32Float16AVX512, gemm4x32BFloat16AVX512),
				several: tilesOf(4, cols, 2, gemm4x64Float32AVX512, gemm4x64Float16AVX512, gemm4x64BFloat16AVX512)},
			{rows: 6, one: tilesOf(6, cols, 1, gemm6x32Float32AVX512, gemm6x32Float16AVX512, gemm6x32BFloat16AVX512)},
			{rows: 8, one: tilesOf(8, cols, 1, gemm8x32Float32AVX512, gemm8x32Float16AVX512, gemm8x32BFloat16AVX512)},
			{rows: 12, one: tilesOf(12, cols, 1, gemm12x32Float32AVX512, gemm12x32Float16AVX512, gemm12x32BFloat16AVX512)},
		},
	}
}

// assemblyTile is a tile in assembly; strides are in bytes.
type assemblyTile[E float32 | uint16] func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b *E, bNext int64, c *float32, ldc int64, alpha, beta float32)

func tilesOf(rows, cols, panels int, full assemblyTile[float32], float16, bfloat16 assemblyTile[uint16]) panelTiles {
	return panelTiles{
		panels:   panels,
		float32:  checkedTile(rows, cols, panels, full),
		float16:  checkedTile(rows, cols, panels, float16),
		bfloat16: checkedTile(rows, cols, panels, bfloat16),
	}
}

// checkedTile checks the last element of each slice before it calls assembly.
func checkedTile[E float32 | uint16](rows, cols, panels int, run assemblyTile[E]) tile[E] {
	return func(tiles, k int, a []float32, aRow, aCol, aNext int, b []E, bNext int, c []float32, ldc int, alpha, beta float32) {
		_ = a[(tiles-1)*aNext+(rows-1)*aRow+(k-1)*aCol]
		_ = b[(panels-1)*bNext+k*cols-1]
		_ = c[(tiles*rows-1)*ldc+panels*cols-1]
		run(int64(tiles), int64(k), &a[0], bytes(aRow), bytes(aCol), bytes(aNext),
			&b[0], int64(bNext)*int64(unsafe.Sizeof(b[0])), &c[0], bytes(ldc), alpha, beta)
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
