package kernels

import "unsafe"

func avx2Gemv() gemvRoutines {
	return gemvRoutines{
		gemvFloat32: gemvKernel[float32]{
			dot: dotLines(dot4Float32AVX2, dot1Float32AVX2), add: addLines(add4Float32AVX2, add1Float32AVX2),
		},
		gemvFloat16: gemvKernel[uint16]{
			dot: dotLines(dot4Float16AVX2, dot1Float16AVX2), add: addLines(add4Float16AVX2, add1Float16AVX2),
		},
		gemvBFloat16: gemvKernel[uint16]{
			dot: dotLines(dot4BFloat16AVX2, dot1BFloat16AVX2), add: addLines(add4BFloat16AVX2, add1BFloat16AVX2),
		},
	}
}

func avx512Gemv() gemvRoutines {
	return gemvRoutines{
		gemvFloat32: gemvKernel[float32]{
			dot: dotLines(dot4Float32AVX512, dot1Float32AVX512), add: addLines(add4Float32AVX512, add1Float32AVX512),
		},
		gemvFloat16: gemvKernel[uint16]{
			dot: dotLines(dot4Float16AVX512, dot1Float16AVX512), add: addLines(add4Float16AVX512, add1Float16AVX512),
		},
		gemvBFloat16: gemvKernel[uint16]{
			dot: dotLines(dot4BFloat16AVX512, dot1BFloat16AVX512), add: addLines(add4BFloat16AVX512, add1BFloat16AVX512),
		},
	}
}

type (
	dotAssembly[E float32 | uint16] func(alpha float32, a *E, stride int64, x *float32, n int64, beta float32, y *float32)
	addAssembly[E float32 | uint16] func(alpha float32, a *E, stride int64, x, y *float32, n int64)
)

// dotLines calls the loop over dotRows rows, or that over one for each of fewer.
func dotLines[E float32 | uint16](all, one dotAssembly[E]) func(alpha float32, a []E, stride int, x []float32, beta float32, y []float32) {
	return func(alpha float32, a []E, stride int, x []float32, beta float32, y []float32) {
		_ = a[(len(y)-1)*stride+len(x)-1]
		n, step := int64(len(x)), int64(stride)*int64(unsafe.Sizeof(a[0]))
		if len(y) == dotRows {
			all(alpha, &a[0], step, &x[0], n, beta, &y[0])
			return
		}
		for i := range y {
			one(alpha, &a[i*stride], step, &x[0], n, beta, &y[i])
		}
	}
}

// addLines calls the loop over addCols columns, or that over one for each of
// fewer.
func addLines[E float32 | uint16](all, one addAssembly[E]) func(alpha float32, a []E, stride int, x, y []float32) {
	return func(alpha float32, a []E, stride int, x, y []float32) {
		_ = a[(len(x)-1)*stride+len(y)-1]
		n, step := int64(len(y)), int64(stride)*int64(unsafe.Sizeof(a[0]))
		if len(x) == addCols {
			all(alpha, &a[0], step, &x[0], &y[0], n)
			return
		}
		for j := range x {
			one(alpha, &a[j*stride], step, &x[j], &y[0], n)
		}
	}
}
