package kernels

func avx2Vectors() vectorRoutines {
	return vectorRoutines{
		maxOf: func(x []float32) float32 { return maxOfAVX2(&x[0], int64(len(x))) },
		expSum: func(dst, x []float32, bias, scale float32) float32 {
			return expSumAVX2(&dst[:len(x)][0], &x[0], int64(len(x)), bias, scale)
		},
		scale: func(dst, x []float32, factor float32) {
			scaleAVX2(&dst[:len(x)][0], &x[0], int64(len(x)), factor)
		},
	}
}

func avx512Vectors() vectorRoutines {
	return vectorRoutines{
		maxOf: func(x []float32) float32 { return maxOfAVX512(&x[0], int64(len(x))) },
		expSum: func(dst, x []float32, bias, scale float32) float32 {
			return expSumAVX512(&dst[:len(x)][0], &x[0], int64(len(x)), bias, scale)
		},
		scale: func(dst, x []float32, factor float32) {
			scaleAVX512(&dst[:len(x)][0], &x[0], int64(len(x)), factor)
		},
	}
}
