package stats

import (
	"math"
	"slices"
)

// A Curve is a density over the places X.
type Curve struct{ X, Density []float64 }

// Density returns the kernel density of samples in ascending order, at so many
// places from the smallest sample to the largest; its integral over the real
// axis is 1. There is none where all samples are equal. The kernel is Gaussian, of
// the width that [Bandwidth] chooses, but no narrower than the places are apart.
func Density(sorted []float64, points int) Curve {
	n := len(sorted)
	if n < 2 || points < 2 || sorted[0] == sorted[n-1] {
		return Curve{}
	}
	x := evenly(points, sorted[0], sorted[n-1])
	return Curve{x, densityAt(sorted, x, max(Bandwidth(sorted), x[1]-x[0]))}
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

const (
	// manyForDensity is the number of samples from which on those that lie within a
	// sixteenth of the bandwidth count as one: an error below 0.1%.
	manyForDensity = 2000
	withinBand     = 1.0 / 16
	// kernelReach is in bandwidths; beyond it the kernel is nothing.
	kernelReach = 6
)

func densityAt(sorted, x []float64, bandwidth float64) []float64 {
	values, weights := sorted, []float64(nil)
	if len(sorted) > manyForDensity {
		values, weights = merge(sorted, bandwidth*withinBand)
	}
	scale := 1 / (float64(len(sorted)) * bandwidth * math.Sqrt(2*math.Pi))
	out := make([]float64, len(x))
	for i, at := range x {
		from, _ := slices.BinarySearch(values, at-kernelReach*bandwidth)
		for k := from; k < len(values); k++ {
			z := (values[k] - at) / bandwidth
			if z > kernelReach {
				break
			}
			w := 1.0
			if weights != nil {
				w = weights[k]
			}
			out[i] += w * math.Exp(-z*z/2)
		}
		out[i] *= scale
	}
	return out
}

// merge makes one of the samples that lie within width: their mean, and how many
// they are.
func merge(sorted []float64, width float64) (means, weights []float64) {
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && sorted[to] < sorted[from]+width {
			to++
		}
		means = append(means, Mean(sorted[from:to]))
		weights = append(weights, float64(to-from))
		from = to
	}
	return means, weights
}
