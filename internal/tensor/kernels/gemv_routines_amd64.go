package kernels

import "unsafe"

func avx2Gemv() gemvRoutines {
	return gemvRoutines{
		gemvFloat32: gemvKernel[float32]{
			dot: dotLines(dot12Float32AVX2, dot1Float32AVX2), add: addLines(add12Float32AVX2, add1Float32AVX2),
		},
		gemvFloat16: gemvKernel[uint16]{
			dot: dotLines(dot12Float16AVX2, dot1Float16AVX2), add: addLines(add12Float16AVX2, add1Float16AVX2),
		},
		gemvBFloat16: gemvKernel[uint16]{
			dot: dotLines(dot12BFloat16AVX2, dot1BFloat16AVX2), add: addLines(add12BFloat16AVX2, add1BFloat16AVX2),
		},
	}
}

func avx512Gemv() gemvRoutines {
	return gemvRoutines{
		gemvFloat32: gemvKernel[float32]{
			dot: dotLines(dot12Float32AVX512, dot1Float32AVX512), add: addLines(add12Float32AVX512, add1Float32AVX512),
		},
		gemvFloat16: gemvKernel[uint16]{
			dot: dotLines(dot12Float16AVX2, dot1Float16AVX2), add: addLines(add12Float16AVX512, add1Float16AVX512),
		},
		gemvBFloat16: gemvKernel[uint16]{
			dot: dotLines(dot12BFloat16AVX2, dot1BFloat16AVX2), add: addLines(add12BFloat16AVX512, add1BFloat16AVX512),
		},
	}
}

type (
	dotAssembly[E float32 | uint16] func(alpha float32, a *E, stride, ahead int64, x *float32, n int64, beta float32, y *float32)
	addAssembly[E float32 | uint16] func(alpha float32, a *E, stride, ahead int64, x, y *float32, n int64)
)

// dotLines calls the loop over gemvLines rows, or that over one for each of fewer.
func dotLines[E float32 | uint16](all, one dotAssembly[E]) func(float32, []E, int, int, []float32, float32, []float32) {
	return func(alpha float32, a []E, stride, ahead int, x []float32, beta float32, y []float32) {
		_ = a[(len(y)-1)*stride+len(x)-1]
		n, size := int64(len(x)), int64(unsafe.Sizeof(a[0]))
		step := int64(stride) * size
		if len(y) == gemvLines {
			all(alpha, &a[0], step, int64(ahead)*size, &x[0], n, beta, &y[0])
			return
		}
		for i := range y {
			one(alpha, &a[i*stride], step, aheadOfOne(i, len(y), step), &x[0], n, beta, &y[i])
		}
	}
}

// addLines calls the loop over gemvLines columns, or that over one for each of
// fewer.
func addLines[E float32 | uint16](all, one addAssembly[E]) func(float32, []E, int, int, []float32, []float32) {
	return func(alpha float32, a []E, stride, ahead int, x, y []float32) {
		_ = a[(len(x)-1)*stride+len(y)-1]
		n, size := int64(len(y)), int64(unsafe.Sizeof(a[0]))
		step := int64(stride) * size
		if len(x) == gemvLines {
			all(alpha, &a[0], step, int64(ahead)*size, &x[0], &y[0], n)
			return
		}
		for j := range x {
			one(alpha, &a[j*stride], step, aheadOfOne(j, len(x), step), &x[j], &y[0], n)
		}
	}
}

// aheadOfOne is the distance from a line of a few to the next one, if there is one.
func aheadOfOne(line, lines int, step int64) int64 {
	if line+1 < lines {
		return step
	}
	return 0
}
