package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// BinEdges returns the edges of bins of one width that hold all samples, which
// are in ascending order: one edge more than bins, of which there are most at
// most. The width is that of Freedman and Diaconis, twice the interquartile range
// over the cube root of n; Sturges' where that range is nothing. Samples that are
// all equal get one bin about them.
//
// Source: D. Freedman, P. Diaconis, "On the Histogram as a Density Estimator: L2
// Theory", Zeitschrift für Wahrscheinlichkeitstheorie 57, 1981; H. A. Sturges, "The
// Choice of a Class Interval", JASA 21, 1926.
func BinEdges(sorted []float64, most int) []float64 {
	n := len(sorted)
	if n == 0 || most < 1 {
		return nil
	}
	lo, hi := sorted[0], sorted[n-1]
	if lo == hi {
		half := math.Abs(lo) / 20
		if lo == 0 {
			half = 0.5
		}
		return []float64{lo - half, lo + half}
	}
	width := 2 * (Quantile(sorted, 0.75) - Quantile(sorted, 0.25)) / math.Cbrt(float64(n))
	bins := math.Ceil((hi - lo) / width)
	if !(width > 0) {
		bins = math.Ceil(math.Log2(float64(n))) + 1
	}
	return floats.Span(make([]float64, int(max(min(bins, float64(most)), 1))+1), lo, hi)
}

// LogBinEdges is [BinEdges] on a logarithmic axis: the edges have one ratio. It
// leaves out samples that have no logarithm.
func LogBinEdges(sorted []float64, most int) []float64 {
	edges := BinEdges(logsOf(sorted), most)
	positive := sorted[len(sorted)-len(logsOf(sorted)):]
	for i, v := range edges {
		edges[i] = math.Exp(v)
	}
	if len(edges) > 2 { // exactly, so that no sample falls out by rounding
		edges[0], edges[len(edges)-1] = positive[0], positive[len(positive)-1]
	}
	return edges
}

// logsOf are the logarithms of the samples that have one; ascending stays so.
func logsOf(sorted []float64) []float64 {
	from, _ := slices.BinarySearchFunc(sorted, 0.0, func(v, zero float64) int {
		if v > zero {
			return 1
		}
		return -1
	})
	logs := make([]float64, len(sorted)-from)
	for i, v := range sorted[from:] {
		logs[i] = math.Log(v)
	}
	return logs
}

// A Curve is a density over the places X.
type Curve struct{ X, Density []float64 }

// Density returns the kernel density of samples in ascending order, at so many
// places from the smallest sample to the largest; its integral over the real
// axis is 1. The kernel is Gaussian with Silverman's bandwidth.
//
// Source: B. W. Silverman, "Density Estimation for Statistics and Data
// Analysis", 1986, 3.4.2, equation 3.31.
func Density(sorted []float64, points int) Curve {
	n := len(sorted)
	if n < 2 || points < 2 || sorted[0] == sorted[n-1] {
		return Curve{}
	}
	x := floats.Span(make([]float64, points), sorted[0], sorted[n-1])
	return Curve{x, densityAt(sorted, x, Bandwidth(sorted))}
}

// LogDensity is [Density] on a logarithmic axis: the places have one ratio, and
// the integral over the logarithm of X is 1. It leaves out samples that have no
// logarithm.
func LogDensity(sorted []float64, points int) Curve {
	c := Density(logsOf(sorted), points)
	for i, v := range c.X {
		c.X[i] = math.Exp(v)
	}
	return c
}

// Bandwidth is Silverman's: 0.9 times the smaller of standard deviation and
// interquartile range / 1.34, over the fifth root of n.
func Bandwidth(sorted []float64) float64 {
	spread := Std(sorted)
	if iqr := Quantile(sorted, 0.75) - Quantile(sorted, 0.25); iqr > 0 {
		spread = min(spread, iqr/1.34)
	}
	return 0.9 * spread * math.Pow(float64(len(sorted)), -0.2)
}

func densityAt(sorted, x []float64, bandwidth float64) []float64 {
	const reach = 6 // bandwidths beyond which a kernel is nothing
	scale := 1 / (float64(len(sorted)) * bandwidth * math.Sqrt(2*math.Pi))
	out := make([]float64, len(x))
	for i, at := range x {
		from, _ := slices.BinarySearch(sorted, at-reach*bandwidth)
		for _, v := range sorted[from:] {
			z := (v - at) / bandwidth
			if z > reach {
				break
			}
			out[i] += math.Exp(-z * z / 2)
		}
		out[i] *= scale
	}
	return out
}
