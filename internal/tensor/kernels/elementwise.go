package kernels

import "iter"

// maxChunk bounds the elements of one call into assembly.
const maxChunk = 8192

// chunks are the bounds of pieces of n elements, each as much as one call into
// assembly takes.
func chunks(n int) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for from := 0; from < n; from += maxChunk {
			if !yield(from, min(from+maxChunk, n)) {
				return
			}
		}
	}
}

// first are the first n elements of x, which must have as many: room behind its
// end does not count.
func first[E any](x []E, n int) []E { return x[:n:len(x)] }

// Sum is the sum of x, zero if x is empty. The error is below 2^-24*(c/4 + 8) *
// the sum of |x|, c being len(x) but at most 8192; mostly it is far below that.
func (s *Set) Sum(x []float32) float32 { return float32(s.sum64(x)) }

// sum64 adds the sums of the chunks in float64.
func (s *Set) sum64(x []float32) float64 {
	var sum float64
	for from, to := range chunks(len(x)) {
		sum += float64(s.sum(x[from:to]))
	}
	return sum
}

// Dot is the sum of x[i]*y[i]. y is at least as long as x. The error is that of
// Sum for the products.
func (s *Set) Dot(x, y []float32) float32 { return float32(s.dot64(x, y)) }

func (s *Set) dot64(x, y []float32) float64 {
	y = first(y, len(x))
	var sum float64
	for from, to := range chunks(len(x)) {
		sum += float64(s.sumMul(x[from:to], y[from:to]))
	}
	return sum
}

// Exp writes dst[i] = e^x[i] for each element of x, which may have any size:
// below -87.33654 (results below the normal numbers) it gives zero, above
// 88.72284 +Inf; NaN gives NaN. dst is at least as long as x and may be x. The
// relative error is below 1.5e-7.
func (s *Set) Exp(dst, x []float32) {
	dst = first(dst, len(x))
	for from, to := range chunks(len(x)) {
		s.exp(dst[from:to], x[from:to])
	}
}

// Scale writes dst[i] = x[i]*factor for each element of x. dst is at least as
// long as x and may be x.
func (s *Set) Scale(dst, x []float32, factor float32) {
	dst = first(dst, len(x))
	for from, to := range chunks(len(x)) {
		s.scale(dst[from:to], x[from:to], factor)
	}
}

// Add writes dst[i] = x[i]+y[i] for each element of x. dst and y are at least
// as long as x; dst may be x or y. It is rounded once.
func (s *Set) Add(dst, x, y []float32) { s.addScaled(dst, x, y, 1) }

// AddScaled adds: dst[i] += factor*x[i] for each element of x. dst is at least
// as long as x. The result is rounded once or, in portable Go, also after the
// product.
func (s *Set) AddScaled(dst, x []float32, factor float32) { s.addScaled(dst, x, dst, factor) }

func (s *Set) addScaled(dst, x, y []float32, factor float32) {
	dst, y = first(dst, len(x)), first(y, len(x))
	for from, to := range chunks(len(x)) {
		s.scaleAdd(dst[from:to], x[from:to], y[from:to], factor)
	}
}

// Mul writes dst[i] = x[i]*y[i] for each element of x. dst and y are at least
// as long as x; dst may be x or y. It is rounded once.
func (s *Set) Mul(dst, x, y []float32) { s.mulWithShift(dst, x, y, 0, 1) }

// mulWithShift writes dst = (x-shift)*factor*y; a shift of 0 and a factor of 1
// change nothing.
func (s *Set) mulWithShift(dst, x, y []float32, shift, factor float32) {
	dst, y = first(dst, len(x)), first(y, len(x))
	for from, to := range chunks(len(x)) {
		s.mulShifted(dst[from:to], x[from:to], y[from:to], shift, factor)
	}
}

// AddMul adds: dst[i] += x[i]*y[i] for each element of x. dst and y are at
// least as long as x. The result is rounded as that of AddScaled.
func (s *Set) AddMul(dst, x, y []float32) { s.addMulWithShift(dst, x, y, 0, 1) }

// addMulWithShift adds: dst += (x-shift)*factor*y.
func (s *Set) addMulWithShift(dst, x, y []float32, shift, factor float32) {
	dst, y = first(dst, len(x)), first(y, len(x))
	for from, to := range chunks(len(x)) {
		s.addMulShifted(dst[from:to], x[from:to], y[from:to], shift, factor)
	}
}

// Argmax is the index of the largest element, the first of equals; NaNs are
// passed over. It is -1 if there is no element but NaN. Zeros of either sign
// are equal.
func (s *Set) Argmax(x []float32) int {
	largest := s.Max(x)
	for from, to := range chunks(len(x)) {
		if i := s.firstEqual(x[from:to], largest); i >= 0 {
			return from + i
		}
	}
	return -1
}
