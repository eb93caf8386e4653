package kernels

import "golang.org/x/sys/cpu"

// vectorSets are the sets in assembly that the processor has and whose
// registers the operating system saves, the fastest last.
func vectorSets() []*Set {
	var sets []*Set
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		sets = append(sets, avx2Set())
		if cpu.X86.HasAVX512F {
			sets = append(sets, avx512Set())
		}
	}
	return sets
}

func avx2Set() *Set {
	return &Set{
		name:          "avx2",
		rows:          6,
		cols:          16,
		tile:          tileAVX2,
		packTranspose: packTransposeAVX2,
		maxOf:         func(x []float32) float32 { return maxOfAVX2(&x[0], int64(len(x))) },
		expSum: func(dst, x []float32, bias, scale float32) float32 {
			return expSumAVX2(&dst[:len(x)][0], &x[0], int64(len(x)), bias, scale)
		},
		scale: func(dst, x []float32, factor float32) {
			scaleAVX2(&dst[:len(x)][0], &x[0], int64(len(x)), factor)
		},
	}
}

func avx512Set() *Set {
	return &Set{
		name:          "avx512",
		rows:          12,
		cols:          32,
		tile:          tileAVX512,
		packTranspose: packTransposeAVX2,
		maxOf:         func(x []float32) float32 { return maxOfAVX512(&x[0], int64(len(x))) },
		expSum: func(dst, x []float32, bias, scale float32) float32 {
			return expSumAVX512(&dst[:len(x)][0], &x[0], int64(len(x)), bias, scale)
		},
		scale: func(dst, x []float32, factor float32) {
			scaleAVX512(&dst[:len(x)][0], &x[0], int64(len(x)), factor)
		},
	}
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

// bytes is a stride of so many float32 as assembly takes it.
func bytes(floats int) int64 { return int64(floats) * 4 }
