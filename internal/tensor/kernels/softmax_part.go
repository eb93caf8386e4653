package kernels

// ScoreGrad writes the gradient for part of a row of scores, of which p =
// softmax(scores*scale) is that part and dp its gradient: dst[i] = p[i]*(dp[i] -
// mean)*scale, mean being the sum of p*dp over the whole row. dst and dp are at
// least as long as p; dst may be p or dp.
func (s *Set) ScoreGrad(dst, p, dp []float32, mean, scale float32) {
	s.mulWithShift(dst, first(dp, len(p)), p, mean, scale)
}
