package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// A Line is y = Intercept + Slope x. Its numbers are NaN where the samples have
// no line: fewer than two different x.
type Line struct {
	Slope, Intercept float64
	// R2 is the share of the variance of y that the line explains, 0 to 1; NaN
	// where y does not vary.
	R2 float64
	// SlopeError is the standard error of Slope; NaN below three samples.
	SlopeError float64
	// N is how many samples it is made from.
	N int
}

// FitLine returns the line of least squares. x and y have the same length.
//
// The interval of its slope assumes errors that are independent, normal and of
// one size. R2 assumes nothing.
func FitLine(x, y []float64) Line {
	n := len(x)
	none := Line{math.NaN(), math.NaN(), math.NaN(), math.NaN(), n}
	if n < 2 {
		return none
	}
	mx, my := Mean(x), Mean(y)
	var sxx, sxy, syy float64
	for i, v := range x {
		dx, dy := v-mx, y[i]-my
		sxx += dx * dx
		sxy += dx * dy
		syy += dy * dy
	}
	if !(sxx > 0) {
		return none
	}
	l := Line{Slope: sxy / sxx, R2: math.NaN(), SlopeError: math.NaN(), N: n}
	l.Intercept = my - l.Slope*mx
	rest := 0.0
	for i, v := range x {
		d := y[i] - my - l.Slope*(v-mx)
		rest += d * d
	}
	if syy > 0 {
		l.R2 = min(max(1-rest/syy, 0), 1)
	}
	if n > 2 {
		l.SlopeError = math.Sqrt(rest / float64(n-2) / sxx)
	}
	return l
}

// At is the y of the line at x.
func (l Line) At(x float64) float64 { return l.Intercept + l.Slope*x }

// SlopeInterval is the confidence interval of the slope by Student's t with n-2
// degrees of freedom. It is false below three samples.
//
// Source: N. R. Draper, H. Smith, "Applied Regression Analysis", 3rd ed., 1998, 1.4.
func (l Line) SlopeInterval(confidence float64) (Interval, bool) {
	if math.IsNaN(l.SlopeError) || !isOpenUnit(confidence) {
		return Interval{math.NaN(), math.NaN()}, false
	}
	far := studentQuantile((1-confidence)/2, float64(l.N-2)) * l.SlopeError
	return Interval{l.Slope - far, l.Slope + far}, true
}

// A Power is the power law y = Factor x^Exponent: a straight line where both
// axes are logarithmic.
type Power struct {
	Exponent, Factor float64
	// R2 is the share of the variance of log y that it explains.
	R2 float64
	// N is how many samples it is made from, Dropped how many were left out because
	// x or y is not above 0.
	N, Dropped int

	line Line
}

// FitPower returns the power law of least squares between the logarithms. The
// errors count relative to y, so that small and large y weigh the same. Samples
// with an x or y that has no logarithm are left out. Its numbers are NaN where
// there are fewer than two different x.
func FitPower(x, y []float64) Power {
	u, v := make([]float64, 0, len(x)), make([]float64, 0, len(x))
	for i := range x {
		if hasLog(x[i]) && hasLog(y[i]) {
			u, v = append(u, math.Log(x[i])), append(v, math.Log(y[i]))
		}
	}
	l := FitLine(u, v)
	return Power{Exponent: l.Slope, Factor: math.Exp(l.Intercept), R2: l.R2, N: l.N, Dropped: len(x) - l.N, line: l}
}

// At is the y of the power law at x.
func (p Power) At(x float64) float64 { return p.Factor * math.Pow(x, p.Exponent) }

// Interval is the confidence interval of the exponent: see [Line.SlopeInterval].
// It holds the scatter around the law, not what the law fails to describe.
func (p Power) Interval(confidence float64) (Interval, bool) { return p.line.SlopeInterval(confidence) }

// An Exponential is y = Factor e^(Rate x): a straight line where the axis of y
// is logarithmic.
type Exponential struct {
	Rate, Factor float64
	// R2 is the share of the variance of log y that it explains.
	R2 float64
	// N is how many samples it is made from, Dropped how many were left out because
	// y is not above 0.
	N, Dropped int

	line Line
}

// FitExponential returns the exponential of least squares between x and the
// logarithm of y: see [FitPower].
func FitExponential(x, y []float64) Exponential {
	u, v := make([]float64, 0, len(x)), make([]float64, 0, len(x))
	for i := range x {
		if hasLog(y[i]) {
			u, v = append(u, x[i]), append(v, math.Log(y[i]))
		}
	}
	l := FitLine(u, v)
	return Exponential{Rate: l.Slope, Factor: math.Exp(l.Intercept), R2: l.R2, N: l.N, Dropped: len(x) - l.N, line: l}
}

// At is the y of the exponential at x.
func (e Exponential) At(x float64) float64 { return e.Factor * math.Exp(e.Rate*x) }

// Interval is the confidence interval of the rate: see [Line.SlopeInterval].
func (e Exponential) Interval(confidence float64) (Interval, bool) {
	return e.line.SlopeInterval(confidence)
}

func hasLog(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// studentQuantile is the point beyond which Student's t with so many degrees of
// freedom lies with probability tail, at most a half.
func studentQuantile(tail, freedom float64) float64 {
	x := mathext.InvRegIncBeta(freedom/2, 0.5, 2*tail)
	return math.Sqrt(freedom * (1 - x) / x)
}

// studentTail is the probability that Student's t lies beyond t >= 0.
func studentTail(t, freedom float64) float64 {
	return mathext.RegIncBeta(freedom/2, 0.5, freedom/(freedom+t*t)) / 2
}

// normalQuantile is the point below which a standard normal variable lies with
// probability p.
func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// normalBelow is the probability that a standard normal variable lies below z.
func normalBelow(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
