package kernels

import "math"

// Max is the largest element, NaNs passed over; -Inf if there is none.
func (s *Set) Max(x []float32) float32 {
	largest := float32(math.Inf(-1))
	for from, to := range chunks(len(x)) {
		largest = max(largest, s.maxOf(x[from:to]))
	}
	return largest
}

// ExpSum writes dst[i] = exp((x[i]-bias)*scale) for each element of x and
// returns the sum of what it wrote. dst is at least as long as x and may be x.
// The argument of exp must not exceed 87 (after subtracting the largest element
// it is at most 0). Arguments below -87.33, -Inf among them, give zero; NaN
// gives NaN. The relative error is below 4e-7 + 1.2e-7*|argument|.
func (s *Set) ExpSum(dst, x []float32, bias, scale float32) float32 {
	dst = first(dst, len(x))
	var sum float64
	for from, to := range chunks(len(x)) {
		sum += float64(s.expSum(dst[from:to], x[from:to], bias, scale*math.Log2E))
	}
	return float32(sum)
}

// Softmax writes dst[i] = exp(x[i]) / sum of exp(x), computed after subtracting
// the largest element, so that it neither overflows nor divides by zero. dst is
// at least as long as x and may be x. A row of -Inf alone gives zeros. NaN or
// +Inf anywhere makes every element NaN. The relative error of an element is
// below 1e-6 + 1.2e-7*(how far it is below the largest) + 2^-24*c/8, c being
// len(x) but at most 8192; elements more than 87.3 below the largest give zero.
func (s *Set) Softmax(dst, x []float32) {
	dst = first(dst, len(x))
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

// SoftmaxGrad adds the gradient of p = softmax(x) for x to dx, dp being that
// for p: dx[i] += p[i]*(dp[i] - sum of p*dp). All are at least as long as p. The
// error of what is added is below 2^-24*(c/4 + 12) * p[i] * the largest |dp|, c
// being len(p) but at most 8192.
func (s *Set) SoftmaxGrad(dx, p, dp []float32) {
	s.addMulWithShift(dx, first(dp, len(p)), p, s.Dot(p, dp), 1)
}

// ScoreGrad writes the gradient for part of a row of scores, of which p =
// softmax(scores*scale) is that part and dp its gradient: dst[i] = p[i]*(dp[i] -
// mean)*scale, mean being the sum of p*dp over the whole row. dst and dp are at
// least as long as p; dst may be p or dp.
func (s *Set) ScoreGrad(dst, p, dp []float32, mean, scale float32) {
	s.mulWithShift(dst, first(dp, len(p)), p, mean, scale)
}

// LogSumExp is log(sum of exp(x)), computed after subtracting the largest
// element; -Inf if x is empty or -Inf alone. NaN or +Inf anywhere gives NaN. The
// error is below 1e-6 + 2^-24*(c/4 + 2*|result|), c being len(x) but at most 8192.
func (s *Set) LogSumExp(x []float32) float32 {
	bias, offset := s.logSumExp(x)
	return bias + offset
}

// logSumExp is LogSumExp in two parts, the largest element and the rest.
func (s *Set) logSumExp(x []float32) (bias, offset float32) {
	bias = SoftmaxBias(s.Max(x))
	var sum float64
	for from, to := range chunks(len(x)) {
		sum += float64(s.sumExp(x[from:to], bias, math.Log2E))
	}
	return bias, float32(math.Log(sum))
}

// LogSoftmax writes dst[i] = x[i] - log(sum of exp(x)), computed after
// subtracting the largest element. dst is at least as long as x and may be x. A
// row of -Inf alone gives -Inf. NaN or +Inf anywhere makes every element NaN.
// The error is that of LogSumExp.
func (s *Set) LogSoftmax(dst, x []float32) {
	dst = first(dst, len(x))
	bias, offset := s.logSumExp(x)
	if math.IsInf(float64(offset), -1) {
		copy(dst, x)
		return
	}
	for from, to := range chunks(len(x)) {
		s.shift(dst[from:to], x[from:to], bias, offset)
	}
}

// LogSoftmaxGrad adds the gradient of logp = logsoftmax(x) for x to dx, dy being
// that for logp: dx[i] += dy[i] - exp(logp[i])*sum of dy. All are at least as
// long as logp. The error of what is added is below 2^-23*|dy[i]| + 2^-24*(c/4 +
// 20) * exp(logp[i]) * the sum of |dy|, c being len(logp) but at most 8192.
func (s *Set) LogSoftmaxGrad(dx, logp, dy []float32) {
	dx, dy = first(dx, len(logp)), first(dy, len(logp))
	total := s.Sum(dy)
	for from, to := range chunks(len(logp)) {
		s.subExpMul(dx[from:to], logp[from:to], dy[from:to], total)
	}
}
