package kernels

func avx2Halves() halfRoutines {
	return halfRoutines{
		expandFloat16: func(dst []float32, src []uint16) {
			expandFloat16AVX2(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
		expandBFloat16: func(dst []float32, src []uint16) {
			expandBFloat16AVX2(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
		roundFloat16: func(dst []uint16, src []float32) {
			roundFloat16AVX2(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
		roundBFloat16: func(dst []uint16, src []float32) {
			roundBFloat16AVX2(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
	}
}

func avx512Halves() halfRoutines {
	return halfRoutines{
		expandFloat16: func(dst []float32, src []uint16) {
			expandFloat16AVX512(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
		expandBFloat16: func(dst []float32, src []uint16) {
			expandBFloat16AVX512(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
		roundFloat16: func(dst []uint16, src []float32) {
			roundFloat16AVX512(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
		roundBFloat16: func(dst []uint16, src []float32) {
			roundBFloat16AVX512(&dst[:len(src)][0], &src[0], int64(len(src)))
		},
	}
}
