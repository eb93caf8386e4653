package kernels

import "math"

// LayerNorm writes dst = (x-mean)*rstd*gain + bias, with the mean of x and rstd
// = 1/sqrt(variance + eps), the variance being the mean of (x-mean)^2, found in
// a second pass: J. Ba, J. Kiros, G. Hinton, "Layer Normalization", arXiv
// 1607.06450 (2016). The others are at least as long as x; dst may be x. mean
// and rstd are what the gradients need. An empty row gives zeros. The error of an
// element is below 2^-24*(c/8 + 16) * (|gain|*rstd*largest |x| + |bias|), c being
// len(x) but at most 8192. NaN or Inf in x gives NaN everywhere.
func (s *Set) LayerNorm(dst, x, gain, bias []float32, eps float32) (mean, rstd float32) {
	if len(x) == 0 {
		return 0, 0
	}
	dst, gain, bias = first(dst, len(x)), first(gain, len(x)), first(bias, len(x))
	mean = float32(s.sum64(x) / float64(len(x)))
	var squares float64
	for from, to := range chunks(len(x)) {
		squares += float64(s.squares(x[from:to], mean))
	}
	rstd = float32(1 / math.Sqrt(squares/float64(len(x))+float64(eps)))
	for from, to := range chunks(len(x)) {
		s.normalize(dst[from:to], x[from:to], gain[from:to], bias[from:to], mean, rstd)
	}
	return mean, rstd
}

// LayerNormGrad adds the gradient of a layer norm for x to dx, dy being that for
// what LayerNorm wrote and mean and rstd what it returned: with g = gain*dy and
// y = (x-mean)*rstd, dx += rstd*(g - average of g - y*average of g*y). All are
// at least as long as x. The error of what is added is below 2^-24*(c/4 + 20) *
// rstd * largest |g| * (1+|y|) * (1 + rstd*largest |x|), c being len(x) but at
// most 8192.
func (s *Set) LayerNormGrad(dx, x, gain, dy []float32, mean, rstd float32) {
	gradients, projections := s.normSums64(x, gain, dy, mean)
	s.addNormGrad(dx, x, gain, dy, mean, rstd, projections, gradients)
}

// LayerNormParamGrad adds the gradients of a layer norm for gain and bias: dgain
// += dy*(x-mean)*rstd, dbias += dy. All are at least as long as x.
func (s *Set) LayerNormParamGrad(dgain, dbias, x, dy []float32, mean, rstd float32) {
	s.addMulWithShift(dgain, x, dy, mean, rstd)
	s.Add(dbias, first(dbias, len(x)), dy)
}

// RMSNorm writes dst = x*rstd*gain with rstd = 1/sqrt(mean of x^2 + eps): B.
// Zhang, R. Sennrich, "Root Mean Square Layer Normalization", arXiv 1910.07467
// (2019). The others are at least as long as x; dst may be x. rstd is what the
// gradients need. An empty row gives zero. The relative error is below
// 2^-24*(c/8 + 8), c being len(x) but at most 8192, as long as the squares of x
// stay below the largest float32.
func (s *Set) RMSNorm(dst, x, gain []float32, eps float32) (rstd float32) {
	if len(x) == 0 {
		return 0
	}
	rstd = float32(1 / math.Sqrt(s.dot64(x, x)/float64(len(x))+float64(eps)))
	s.mulWithShift(dst, x, gain, 0, rstd)
	return rstd
}

// RMSNormGrad adds the gradient of an RMS norm for x to dx, dy being that for
// what RMSNorm wrote and rstd what it returned: with g = gain*dy and y = x*rstd,
// dx += rstd*(g - y*average of g*y). All are at least as long as x. The error is
// that of LayerNormGrad.
func (s *Set) RMSNormGrad(dx, x, gain, dy []float32, rstd float32) {
	_, projections := s.normSums64(x, gain, dy, 0)
	s.addNormGrad(dx, x, gain, dy, 0, rstd, projections, 0)
}

// RMSNormParamGrad adds the gradient of an RMS norm for gain: dgain +=
// dy*x*rstd. All are at least as long as x.
func (s *Set) RMSNormParamGrad(dgain, x, dy []float32, rstd float32) {
	s.addMulWithShift(dgain, x, dy, 0, rstd)
}

// normSums64 are the sums of gain*dy and of gain*dy*(x-mean).
func (s *Set) normSums64(x, gain, dy []float32, mean float32) (gradients, projections float64) {
	gain, dy = first(gain, len(x)), first(dy, len(x))
	for from, to := range chunks(len(x)) {
		g, p := s.normSums(x[from:to], gain[from:to], dy[from:to], mean)
		gradients += float64(g)
		projections += float64(p)
	}
	return gradients, projections
}

// addNormGrad adds the gradient of either norm, of which the RMS norm has no
// mean and no sum of gradients.
func (s *Set) addNormGrad(dx, x, gain, dy []float32, mean, rstd float32, projections, gradients float64) {
	dx, gain, dy = first(dx, len(x)), first(gain, len(x)), first(dy, len(x))
	scale := float64(rstd) / float64(len(x))
	slope := float32(-scale * float64(rstd) * float64(rstd) * projections)
	offset := float32(-scale * gradients)
	for from, to := range chunks(len(x)) {
		s.normGrad(dx[from:to], x[from:to], gain[from:to], dy[from:to], mean, rstd, slope, offset)
	}
}
