package stats

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/dsp/fourier"
)

// EffectiveSize returns how many independent samples of the same distribution
// would know the mean as well as this series does: n / (1 + 2 sum of the
// autocorrelations), summed over Geyer's initial positive sequence, at most n.
// A constant series counts in full. A series of more than 32768 is first averaged
// over consecutive samples, which bounds the memory. It takes O(n log n).
//
// Source: C. J. Geyer, "Practical Markov Chain Monte Carlo", Statistical
// Science 7(4), 1992, 3.3.
func EffectiveSize(x []float64) float64 {
	n := len(x)
	if n > maxSeries {
		return effectiveSizeOfMany(x)
	}
	if n < 4 {
		return float64(n)
	}
	gamma := autocovariance(x)
	if gamma[0] <= 0 {
		return float64(n)
	}
	tau := -1.0
	for lag := 0; lag+1 < n; lag += 2 {
		pair := (gamma[lag] + gamma[lag+1]) / gamma[0]
		if pair <= 0 {
			break
		}
		tau += 2 * pair
	}
	return float64(n) / max(tau, 1)
}

// maxSeries is the length from which a series is averaged first.
const maxSeries = 1 << 15

// effectiveSizeOfMany compares the variance of the samples with that of their
// mean, as the means of consecutive samples tell it.
func effectiveSizeOfMany(x []float64) float64 {
	size := (len(x) + maxSeries - 1) / maxSeries
	means := make([]float64, len(x)/size)
	for i := range means {
		means[i] = Mean(x[i*size : (i+1)*size])
	}
	one, mean := Std(x), Std(means)
	if !(one > 0 && mean > 0) {
		return float64(len(x))
	}
	return min(EffectiveSize(means)*(one/mean)*(one/mean), float64(len(x)))
}

// Autocorrelation returns how alike samples are that lie lag apart in the
// series, -1 to 1: the autocovariance with n in the denominator, as R's acf has it,
// relative to the variance. It is NaN where the series does not vary or is not
// longer than lag.
//
// Source: G. E. P. Box, G. M. Jenkins, "Time Series Analysis", 1976, 2.1.5.
func Autocorrelation(x []float64, lag int) float64 {
	if lag < 0 || lag >= len(x) {
		return math.NaN()
	}
	mean := Mean(x)
	var both, one float64
	for i, v := range x {
		one += (v - mean) * (v - mean)
		if i >= lag {
			both += (v - mean) * (x[i-lag] - mean)
		}
	}
	if !(one > 0) {
		return math.NaN()
	}
	return both / one
}

// autocovariance returns the biased autocovariance at the lags 0 to n-1, up to
// a common factor, by way of the power spectrum.
func autocovariance(x []float64) []float64 {
	// Padded to twice the length, so that the ends do not meet.
	padded := make([]float64, 1<<bits.Len(uint(2*len(x)-1)))
	mean := Mean(x)
	constant := true
	for i, v := range x {
		padded[i] = v - mean
		constant = constant && v == x[0]
	}
	if constant { // what rounding leaves is no correlation
		return make([]float64, len(x))
	}
	fft := fourier.NewFFT(len(padded))
	spectrum := fft.Coefficients(nil, padded)
	for i, c := range spectrum {
		spectrum[i] = complex(real(c)*real(c)+imag(c)*imag(c), 0)
	}
	return fft.Sequence(padded, spectrum)[:len(x)]
}
