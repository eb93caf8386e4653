package kernels

import "math"

// The definitions of the operations in float64, and the bounds that their
// documentation states.

const (
	expError       = 1.5e-7 // relative
	geluSlopeError = 2.5e-6 // absolute
	siluSlopeError = 1.2e-6 // absolute
)

func dot64(x, y []float64) (dot, size float64) {
	for i := range x {
		dot += x[i] * y[i]
		size += math.Abs(x[i] * y[i])
	}
	return dot, size
}

func largest64(x []float64) float64 {
	largest := 0.0
	for _, e := range x {
		largest = max(largest, math.Abs(e))
	}
	return largest
}

func logSumExp64(x []float64) float64 {
	largest, sum := math.Inf(-1), 0.0
	for _, e := range x {
		largest = max(largest, e)
	}
	if math.IsInf(largest, -1) {
		return largest
	}
	for _, e := range x {
		sum += math.Exp(e - largest)
	}
	return largest + math.Log(sum)
}

// logSumExpBound is the error of LogSumExp but for the rounding of the result.
func logSumExpBound(x []float64) float64 { return 1e-6 + epsilon*float64(len(x))/4 }

func softmax64(x []float64) []float64 {
	p := logSoftmax64([][]float64{x})
	for i, e := range p {
		p[i] = math.Exp(e)
	}
	return p
}

func logSoftmax64(in [][]float64) []float64 {
	y, all := make([]float64, len(in[0])), logSumExp64(in[0])
	for i, e := range in[0] {
		y[i] = e - all
	}
	return y
}

// moments are the mean and 1/sqrt(variance + testEps).
func moments[E float32 | float64](x []E) (mean, rstd float64) {
	if len(x) == 0 {
		return 0, 0
	}
	for _, e := range x {
		mean += float64(e) / float64(len(x))
	}
	variance := 0.0
	for _, e := range x {
		variance += (float64(e) - mean) * (float64(e) - mean) / float64(len(x))
	}
	return mean, 1 / math.Sqrt(variance+testEps)
}

// rootMeanSquare is 1/sqrt(mean of x^2 + testEps).
func rootMeanSquare[E float32 | float64](x []E) float64 {
	squares := 0.0
	for _, e := range x {
		squares += float64(e) * float64(e) / float64(len(x))
	}
	return 1 / math.Sqrt(squares+testEps)
}

func layerNorm64(in [][]float64) []float64 {
	mean, rstd := moments(in[0])
	y := make([]float64, len(in[0]))
	for i, x := range in[0] {
		y[i] = (x-mean)*rstd*in[1][i] + in[2][i]
	}
	return y
}

func rmsNorm64(in [][]float64) []float64 {
	rstd := rootMeanSquare(in[0])
	y := make([]float64, len(in[0]))
	for i, x := range in[0] {
		y[i] = x * rstd * in[1][i]
	}
	return y
}

// addNormGrad64 is the gradient of either norm for x; in is x, gain, dy.
func addNormGrad64(out, bound, in [][]float64, centred bool) {
	x, gain, dy := in[0], in[1], in[2]
	mean, rstd := 0.0, rootMeanSquare(x)
	if centred {
		mean, rstd = moments(x)
	}
	n := float64(len(x))
	largestX := largest64(x)
	var gradients, projections, largest float64
	for i := range x {
		g := gain[i] * dy[i]
		gradients += g / n
		projections += g * (x[i] - mean) * rstd / n
		largest = max(largest, math.Abs(g))
	}
	if !centred {
		gradients = 0
	}
	for i := range x {
		y := (x[i] - mean) * rstd
		error := epsilon * (n/4 + 20) * rstd * largest * (1 + math.Abs(y)) * (1 + largestX*rstd)
		out[0][i], bound[0][i] = added(out[0][i], rstd*(gain[i]*dy[i]-gradients-y*projections), error)
	}
}

// gelu64 is the activation and its derivative. Where x is far out the sigmoid is
// 0 or 1, also at infinity.
func gelu64(x float64) (y, slope float64) {
	const c = 0.79788456080286535588 // sqrt(2/pi)
	held := max(min(x, 1000), -1000)
	s := 1 / (1 + math.Exp(-geluZ(held)))
	slope = s + held*s*(1-s)*2*c*(1+3*0.044715*held*held)
	return max(x, -1000) * s, slope
}

// geluZ is z in gelu(x) = x*sigmoid(z).
func geluZ(x float64) float64 {
	const c = 0.79788456080286535588 // sqrt(2/pi)
	return 2 * c * (x + 0.044715*x*x*x)
}

func silu64(x float64) (y, slope float64) {
	held := max(min(x, 1000), -1000)
	s := 1 / (1 + math.Exp(-held))
	return max(x, -1000) * s, s * (1 + held*(1-s))
}

// geluBoundOf is the error of y = gelu(x).
func geluBoundOf(x, y float64) float64 {
	return math.Abs(y)*(3e-7+2.2e-7*max(-geluZ(max(x, -12)), 0)) + 3e-38
}

// siluBoundOf is the error of y = silu(x).
func siluBoundOf(y float64) float64 { return math.Abs(y)*2.5e-7 + 2.7e-37 }
