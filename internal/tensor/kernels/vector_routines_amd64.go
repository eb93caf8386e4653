package kernels

func avx2Vectors() vectorRoutines {
	r := portableVectors()
	r.maxOf = func(x []float32) float32 { return maxOfAVX2(&x[0], int64(len(x))) }
	r.expSum = func(dst, x []float32, bias, scale float32) float32 {
		return expSumAVX2(&dst[:len(x)][0], &x[0], int64(len(x)), bias, scale)
	}
	r.scale = func(dst, x []float32, factor float32) {
		scaleAVX2(&dst[:len(x)][0], &x[0], int64(len(x)), factor)
	}
	return r
}

func avx512Vectors() vectorRoutines {
	r := portableVectors()
	r.maxOf = func(x []float32) float32 { return maxOfAVX512(&x[0], int64(len(x))) }
	r.expSum = func(dst, x []float32, bias, scale float32) float32 {
		return expSumAVX512(&dst[:len(x)][0], &x[0], int64(len(x)), bias, scale)
	}
	r.scale = func(dst, x []float32, factor float32) {
		scaleAVX512(&dst[:len(x)][0], &x[0], int64(len(x)), factor)
	}
	return r
}
