package kernels

func avx2Products() productRoutines {
	return productRoutines{rows: 6, cols: 16, tiles: []rowTiles{{rows: 6, float32: tileAVX2}}, packTranspose: packTransposeAVX2}
}

func avx512Products() productRoutines {
	return productRoutines{rows: 12, cols: 32, tiles: []rowTiles{{rows: 12, float32: tileAVX512}}, packTranspose: packTransposeAVX2}
}

func tileAVX2(k int, a []float32, aRow, aCol int, b, c []float32, ldc int, alpha, beta float32) {
	const rows, cols = 6, 16
	_ = a[(rows-1)*aRow+(k-1)*aCol]
	_ = b[k*cols-1]
	_ = c[(rows-1)*ldc+cols-1]
	gemm6x16AVX2(int64(k), &a[0], bytes(aRow), bytes(aCol), &b[0], &c[0], bytes(ldc), alpha, beta)
}

func tileAVX512(k int, a []float32, aRow, aCol int, b, c []float32, ldc int, alpha, beta float32) {
	const rows, cols = 12, 32
	_ = a[(rows-1)*aRow+(k-1)*aCol]
	_ = b[k*cols-1]
	_ = c[(rows-1)*ldc+cols-1]
	gemm12x32AVX512(int64(k), &a[0], bytes(aRow), bytes(aCol), &b[0], &c[0], bytes(ldc), alpha, beta)
}

func packTransposeAVX2(dst []float32, dstRow int, src []float32, ld, n int) {
	_ = dst[(n-1)*dstRow+packGroup-1]
	_ = src[(packGroup-1)*ld+n-1]
	packTranspose8AVX2(&dst[0], bytes(dstRow), &src[0], bytes(ld), int64(n))
}
