package kernels

// Expand writes dst[i] = the value of src[i], stored as f, which is Float16 or
// BFloat16; it is exact. dst is at least as long as src. NaN stays NaN.
func (s *Set) Expand(dst []float32, src []uint16, f Format) {
	expand := s.expandFloat16
	if f == BFloat16 {
		expand = s.expandBFloat16
	}
	dst = first(dst, len(src))
	for from, to := range chunks(len(src)) {
		expand(dst[from:to], src[from:to])
	}
}

// Round writes dst[i] = the nearest to src[i] that f can store, of two equally
// near ones the even one; f is Float16 or BFloat16. dst is at least as long as
// src. What is too large for f becomes Inf (in Float16 from 65520 on), NaN stays
// NaN. Every Set writes the same bits.
func (s *Set) Round(dst []uint16, src []float32, f Format) {
	round := s.roundFloat16
	if f == BFloat16 {
		round = s.roundBFloat16
	}
	dst = first(dst, len(src))
	for from, to := range chunks(len(src)) {
		round(dst[from:to], src[from:to])
	}
}
