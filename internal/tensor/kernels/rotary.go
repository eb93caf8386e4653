package kernels

// Rotate turns the pairs (x[i], x[i+half]) by the angles with the given cosines
// and sines, in place: x[i]*cos[i] - x[i+half]*sin[i] and x[i+half]*cos[i] +
// x[i]*sin[i], where half is len(cos) and x has twice as many elements, the
// features of one head. J. Su et al., "RoFormer: Enhanced Transformer with
// Rotary Position Embedding", arXiv 2104.09864 (2021), with the pairs as Llama
// has them. sin is at least as long as cos. The error is below 2^-23*(|x[i]| +
// |x[i+half]|).
func (s *Set) Rotate(x, cos, sin []float32) {
	half := len(cos)
	x, sin = first(x, 2*half), first(sin, half)
	for from, to := range chunks(half) {
		s.rotate(x[from:to], x[half+from:half+to], cos[from:to], sin[from:to])
	}
}
