package kernels

func normalizePortable(dst, x, gain, bias []float32, mean, rstd float32) {
	dst, gain, bias = dst[:len(x)], gain[:len(x)], bias[:len(x)]
	for i, e := range x {
		dst[i] = (e-mean)*rstd*gain[i] + bias[i]
	}
}

func normSumsPortable(x, gain, dy []float32, mean float32) (gradients, projections float32) {
	gain, dy = gain[:len(x)], dy[:len(x)]
	var g, p float64
	for i, e := range x {
		d := gain[i] * dy[i]
		g += float64(d)
		p += float64(d * (e - mean))
	}
	return float32(g), float32(p)
}

func normGradPortable(dx, x, gain, dy []float32, mean, rstd, slope, offset float32) {
	dx, gain, dy = dx[:len(x)], gain[:len(x)], dy[:len(x)]
	for i, e := range x {
		dx[i] += gain[i]*dy[i]*rstd + ((e-mean)*slope + offset)
	}
}

// An activation here is x*sigmoid(z) with z a function of x, whose derivative
// is s*(1 + x*z'*(1-s)) for s = sigmoid(z). x is held within bounds where s has
// reached 0 or 1 long before, so that infinities do not meet zeros.
const (
	siluBound = 100
	geluBound = 12

	geluLinear = 1.5957691216057308  // 2*sqrt(2/pi)
	geluCubic  = 0.07135481282553487 // geluLinear*0.044715
	geluSlope  = 3 * 0.07135481282553487
)

func sigmoid32(z float32) float32 { return 1 / (1 + exp32(-z)) }

// geluSigmoid is the factor of x in gelu(x).
func geluSigmoid(x float32) float32 { return sigmoid32(x * (geluLinear + geluCubic*x*x)) }

func siluDerivative(x float32) float32 {
	x = max(min(x, siluBound), -siluBound)
	s := sigmoid32(x)
	return s * (1 + x*(1-s))
}

func geluDerivative(x float32) float32 {
	x = max(min(x, geluBound), -geluBound)
	s := geluSigmoid(x)
	return s * (1 + x*(geluLinear+geluSlope*x*x)*(1-s))
}

func silu32(x float32) float32 {
	x = max(x, -siluBound)
	return x * sigmoid32(x)
}

func geluPortable(dst, x []float32) {
	dst = dst[:len(x)]
	for i, e := range x {
		e = max(e, -geluBound)
		dst[i] = e * geluSigmoid(e)
	}
}

func siluPortable(dst, x []float32) {
	dst = dst[:len(x)]
	for i, e := range x {
		dst[i] = silu32(e)
	}
}

func swigluPortable(dst, gate, up []float32) {
	dst, up = dst[:len(gate)], up[:len(gate)]
	for i, e := range gate {
		dst[i] = silu32(e) * up[i]
	}
}

func geluGradPortable(dx, x, dy []float32) {
	dx, dy = dx[:len(x)], dy[:len(x)]
	for i, e := range x {
		dx[i] += dy[i] * geluDerivative(e)
	}
}

func siluGradPortable(dx, x, dy []float32) {
	dx, dy = dx[:len(x)], dy[:len(x)]
	for i, e := range x {
		dx[i] += dy[i] * siluDerivative(e)
	}
}

func swigluGradPortable(dgate, dup, gate, up, dy []float32) {
	dgate, dup = dgate[:len(gate)], dup[:len(gate)]
	up, dy = up[:len(gate)], dy[:len(gate)]
	for i, e := range gate {
		dgate[i] += dy[i] * up[i] * siluDerivative(e)
		dup[i] += dy[i] * silu32(e)
	}
}
