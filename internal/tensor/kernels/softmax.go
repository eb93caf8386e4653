package kernels

import "math"

// maxChunk bounds the elements of one call into assembly.
const maxChunk = 8192

// Max is the largest element, NaNs passed over; -Inf if there is none.
func (s *Set) Max(x []float32) float32 {
	largest := float32(math.Inf(-1))
	for len(x) > 0 {
		n := min(len(x), maxChunk)
		largest = max(largest, s.maxOf(x[:n]))
		x = x[n:]
	}
	return largest
}

// ExpSum writes dst[i] = exp((x[i]-bias)*scale) for each element of x and
// returns the sum of what it wrote. dst is at least as long as x and may be x.
// The argument of exp must not exceed 87 (after subtracting the largest element
// it is at most 0). Arguments below -87.33, -Inf among them, give zero; NaN
// gives NaN. The relative error is below 4e-7 + 1.2e-7*|argument|.
func (s *Set) ExpSum(dst, x []float32, bias, scale float32) float32 {
	var sum float32
	for len(x) > 0 {
		n := min(len(x), maxChunk)
		sum += s.expSum(dst[:n], x[:n], bias, scale*math.Log2E)
		dst, x = dst[n:], x[n:]
	}
	return sum
}

// Scale writes dst[i] = x[i]*factor for each element of x. dst is at least as
// long as x and may be x.
func (s *Set) Scale(dst, x []float32, factor float32) {
	for len(x) > 0 {
		n := min(len(x), maxChunk)
		s.scale(dst[:n], x[:n], factor)
		dst, x = dst[n:], x[n:]
	}
}

// Softmax writes dst[i] = exp(x[i]) / sum of exp(x), computed after subtracting
// the largest element, so that it neither overflows nor divides by zero. dst is
// at least as long as x and may be x. A row of -Inf alone gives zeros. NaN or
// +Inf anywhere makes every element NaN.
func (s *Set) Softmax(dst, x []float32) {
	dst = dst[:len(x)]
	sum := s.ExpSum(dst, x, SoftmaxBias(s.Max(x)), 1)
	if sum == 0 {
		return
	}
	s.Scale(dst, dst, 1/sum)
}

// SoftmaxBias is what to subtract from a row whose largest element is given:
// that element, or zero where it is -Inf, whose difference with itself is NaN.
func SoftmaxBias(largest float32) float32 {
	if math.IsInf(float64(largest), -1) {
		return 0
	}
	return largest
}
