package kernels

func avx2Products() productRoutines {
	const cols = 16
	return productRoutines{
		rows: 6, cols: cols, packTranspose: packTransposeAVX2, packRows: checkedPackRows(cols, packRows16AVX2),
		tiles: []rowTiles{
			vectorTiles(1, cols, gemm1x16Float32AVX2, gemm1x16Float16AVX2, gemm1x16BFloat16AVX2),
			vectorTiles(2, cols, gemm2x16Float32AVX2, gemm2x16Float16AVX2, gemm2x16BFloat16AVX2),
			vectorTiles(4, cols, gemm4x16Float32AVX2, gemm4x16Float16AVX2, gemm4x16BFloat16AVX2),
			vectorTiles(6, cols, gemm6x16Float32AVX2, gemm6x16Float16AVX2, gemm6x16BFloat16AVX2),
		},
	}
}

func avx512Products() productRoutines {
	const cols = 32
	return productRoutines{
		rows: 12, cols: cols, packTranspose: packTransposeAVX2, packRows: checkedPackRows(cols, packRows32AVX512),
		tiles: []rowTiles{
			vectorTiles(1, cols, gemm1x32Float32AVX512, gemm1x32Float16AVX512, gemm1x32BFloat16AVX512),
			vectorTiles(2, cols, gemm2x32Float32AVX512, gemm2x32Float16AVX512, gemm2x32BFloat16AVX512),
			vectorTiles(4, cols, gemm4x32Float32AVX512, gemm4x32Float16AVX512, gemm4x32BFloat16AVX512),
			vectorTiles(6, cols, gemm6x32Float32AVX512, gemm6x32Float16AVX512, gemm6x32BFloat16AVX512),
			vectorTiles(8, cols, gemm8x32Float32AVX512, gemm8x32Float16AVX512, gemm8x32BFloat16AVX512),
			vectorTiles(12, cols, gemm12x32Float32AVX512, gemm12x32Float16AVX512, gemm12x32BFloat16AVX512),
		},
	}
}

// assemblyTile is a tile in assembly; strides are in bytes.
type assemblyTile[E float32 | uint16] func(tiles, k int64, a *float32, aRow, aCol, aNext int64, b *E, c *float32, ldc int64, alpha, beta float32)

func vectorTiles(rows, cols int, full assemblyTile[float32], float16, bfloat16 assemblyTile[uint16]) rowTiles {
	return rowTiles{
		rows:     rows,
		float32:  checkedTile(rows, cols, full),
		float16:  checkedTile(rows, cols, float16),
		bfloat16: checkedTile(rows, cols, bfloat16),
	}
}

// checkedTile checks the last element of each slice before it calls assembly.
func checkedTile[E float32 | uint16](rows, cols int, run assemblyTile[E]) tile[E] {
	return func(tiles, k int, a []float32, aRow, aCol, aNext int, b []E, c []float32, ldc int, alpha, beta float32) {
		_ = a[(tiles-1)*aNext+(rows-1)*aRow+(k-1)*aCol]
		_ = b[k*cols-1]
		_ = c[(tiles*rows-1)*ldc+cols-1]
		run(int64(tiles), int64(k), &a[0], bytes(aRow), bytes(aCol), bytes(aNext), &b[0], &c[0], bytes(ldc), alpha, beta)
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
