package stats

import "math"

// Mean returns the arithmetic mean, NaN where there is no sample. The second
// pass takes out the rounding of the first.
func Mean(x []float64) float64 {
	n := float64(len(x))
	if n == 0 {
		return math.NaN()
	}
	mean := 0.0
	for _, v := range x {
		mean += v / n // v/n first: the sum of large samples must not overflow
	}
	if math.IsInf(mean, 0) {
		return mean
	}
	rest := 0.0
	for _, v := range x {
		rest += (v - mean) / n
	}
	return mean + rest
}

// GeoMean returns the geometric mean: that of ratios, and of what spans orders of
// magnitude. It is NaN where there is no sample or one is below 0.
func GeoMean(x []float64) float64 {
	logs := make([]float64, len(x))
	for i, v := range x {
		logs[i] = math.Log(v)
	}
	return math.Exp(Mean(logs))
}

// Std returns the standard deviation with n-1 in the denominator, NaN below two
// samples.
func Std(x []float64) float64 {
	n := float64(len(x))
	if n < 2 {
		return math.NaN()
	}
	_, m2, _ := centralSums(x)
	return math.Sqrt(m2 / (n - 1))
}

// Skewness returns the adjusted Fisher-Pearson coefficient G1, the one of
// pandas, Excel and scipy.stats.skew(bias=False). It is NaN below three samples
// and where all are equal.
//
// Source: D. N. Joanes, C. A. Gill, "Comparing measures of sample skewness and
// kurtosis", The Statistician 47(1), 1998.
func Skewness(x []float64) float64 {
	n := float64(len(x))
	_, m2, m3 := centralSums(x)
	if n < 3 || m2 == 0 {
		return math.NaN()
	}
	sd := math.Sqrt(m2 / n)
	return math.Sqrt(n*(n-1)) / (n - 2) * (m3 / n / (sd * sd * sd))
}

// centralSums returns the mean and the sums of the second and third powers of
// the distances from it.
func centralSums(x []float64) (mean, m2, m3 float64) {
	mean = Mean(x)
	for _, v := range x {
		d := v - mean
		m2 += d * d
		m3 += d * d * d
	}
	return mean, m2, m3
}
