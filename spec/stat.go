package spec

import (
	"math"
	"strconv"
	"strings"
)

// A Stat names a statistic over the samples of a point: one of the constants,
// or a quantile written p50, p95, p99, p999 (99.9%).
type Stat string

// quantileForm is that of quantiles. Behind the first two digits there is no
// zero at the end: p990 is p99, and who writes p100 means the maximum and not
// the 10.0% that it would be.
const quantileForm = "^p([1-9]|[0-9][1-9]|[1-9]0|[0-9]{2,5}[1-9])$"

// The statistics that are not quantiles.
const (
	Mean     Stat = "mean"
	Std      Stat = "std" // sample standard deviation, n-1
	CV       Stat = "cv"  // std / mean
	Min      Stat = "min"
	Max      Stat = "max"
	Sum      Stat = "sum"
	Skewness Stat = "skewness"
)

// MetricSummary lists the statistics kept for one metric, in column order.
type MetricSummary struct {
	Metric string
	Stats  []Stat
}

// Quantile returns the probability of a quantile: 0.99 for p99. The first two
// digits are percent, further ones its decimals; p5 is 0.05. ok is false for a
// Stat that is no quantile.
func (s Stat) Quantile() (q float64, ok bool) {
	digits, ok := strings.CutPrefix(string(s), "p")
	if !ok || digits == "" || len(digits) > 6 || strings.Trim(digits, "0123456789") != "" || strings.Trim(digits, "0") == "" ||
		len(digits) > 2 && strings.HasSuffix(digits, "0") {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0, false
	}
	return float64(n) / math.Pow10(max(2, len(digits))), true
}

// Supported reports whether n samples make the statistic more than the extreme
// of the sample: a quantile q needs n ≥ 1/(1-q), and 1/q below the median.
func (s Stat) Supported(n int) bool {
	q, ok := s.Quantile()
	return !ok || n >= minSamples(q)
}

// minSamples is the smallest n at which quantile q is not the extreme.
func minSamples(q float64) int {
	// 1/(1-0.99) is a little above 100 in floating point.
	return int(math.Ceil(1/min(q, 1-q) - 1e-6))
}
