package kernels

// GELU writes dst = x*sigmoid(2u) = x/2*(1 + tanh(u)) with u = sqrt(2/pi)*(x +
// 0.044715*x^3): D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units", arXiv
// 1606.08415 (2016), in the form with tanh that GPT-2 uses. dst is at least as
// long as x and may be x. -Inf gives zero, +Inf +Inf, NaN NaN. The relative
// error is below 3e-7 or, for negative x, 3e-7 + 4.4e-7*|u|; results below 3e-38
// in size may be zero.
func (s *Set) GELU(dst, x []float32) {
	dst = first(dst, len(x))
	for from, to := range chunks(len(x)) {
		s.gelu(dst[from:to], x[from:to])
	}
}

// GELUGrad adds dx += dy*gelu'(x), with gelu'(x) = s*(1 + x*2u'*(1-s)), s =
// sigmoid(2u) and u' the derivative of u. dx and dy are at least as long as x.
// The error of the derivative is below 2.5e-6; at infinity it is 0 and 1.
func (s *Set) GELUGrad(dx, x, dy []float32) {
	dx, dy = first(dx, len(x)), first(dy, len(x))
	for from, to := range chunks(len(x)) {
		s.geluGrad(dx[from:to], x[from:to], dy[from:to])
	}
}

// SiLU writes dst = x*sigmoid(x) = x/(1 + e^-x): Hendrycks and Gimpel (2016);
// also known as swish. dst is at least as long as x and may be x. -Inf gives
// zero, +Inf +Inf, NaN NaN. The relative error is below 2.5e-7; results below
// 2.7e-37 in size may be zero.
func (s *Set) SiLU(dst, x []float32) {
	dst = first(dst, len(x))
	for from, to := range chunks(len(x)) {
		s.silu(dst[from:to], x[from:to])
	}
}

// SiLUGrad adds dx += dy*silu'(x), silu'(x) = s*(1 + x*(1-s)) with s =
// sigmoid(x). dx and dy are at least as long as x. The error of the derivative is
// below 1.2e-6; at infinity it is 0 and 1.
func (s *Set) SiLUGrad(dx, x, dy []float32) {
	dx, dy = first(dx, len(x)), first(dy, len(x))
	for from, to := range chunks(len(x)) {
		s.siluGrad(dx[from:to], x[from:to], dy[from:to])
	}
}

// SwiGLU writes dst = silu(gate)*up: N. Shazeer, "GLU Variants Improve
// Transformer", arXiv 2002.05202 (2020). dst and up are at least as long as
// gate; dst may be one of them. The errors are those of SiLU and of one rounding.
func (s *Set) SwiGLU(dst, gate, up []float32) {
	dst, up = first(dst, len(gate)), first(up, len(gate))
	for from, to := range chunks(len(gate)) {
		s.swiglu(dst[from:to], gate[from:to], up[from:to])
	}
}

// SwiGLUGrad adds the gradients of SwiGLU: dgate += dy*up*silu'(gate), dup +=
// dy*silu(gate). All are at least as long as gate. The errors are those of
// SiLUGrad and SiLU; dy*up must not overflow.
func (s *Set) SwiGLUGrad(dgate, dup, gate, up, dy []float32) {
	dgate, dup = first(dgate, len(gate)), first(dup, len(gate))
	up, dy = first(up, len(gate)), first(dy, len(gate))
	for from, to := range chunks(len(gate)) {
		s.swigluGrad(dgate[from:to], dup[from:to], gate[from:to], up[from:to], dy[from:to])
	}
}
