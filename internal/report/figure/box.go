package figure

import (
	"slices"

	"runx/internal/stats"
)

// maxOutliers bounds the outliers that one box shows.
const maxOutliers = 40

// A boxplot is what a box shows of samples.
//
// Source: J. W. Tukey, "Exploratory Data Analysis", 1977, 2C and 2D, with the
// quartiles of [stats.Quantile].
type boxplot struct {
	q1, median, q3 float64
	// low and high are the outermost samples within one and a half
	// interquartile ranges of the box.
	low, high float64
	// outliers are the samples beyond, in ascending order: where there are more
	// than maxOutliers, evenly spaced ones with both ends.
	outliers []float64
	// beyond is the number of all samples beyond.
	beyond int
}

// boxOf describes samples in ascending order, of which there is at least one.
func boxOf(sorted []float64) boxplot {
	b := boxplot{q1: stats.Quantile(sorted, 0.25), median: stats.Quantile(sorted, 0.5), q3: stats.Quantile(sorted, 0.75)}
	fence := 1.5 * (b.q3 - b.q1)
	from, _ := slices.BinarySearch(sorted, b.q1-fence)
	to := from
	for to < len(sorted) && sorted[to] <= b.q3+fence {
		to++
	}
	// A whisker never ends inside the box, which interpolated quartiles of few
	// samples would allow.
	b.low, b.high = min(sorted[from], b.q1), max(sorted[to-1], b.q3)
	outside := slices.Concat(sorted[:from], sorted[to:])
	b.beyond, b.outliers = len(outside), spread(outside, maxOutliers)
	return b
}

// spread returns at most n of the values, evenly spaced in rank, with both
// ends.
func spread(values []float64, n int) []float64 {
	if len(values) <= n {
		return values
	}
	some := make([]float64, n)
	for i := range some {
		some[i] = values[i*(len(values)-1)/(n-1)]
	}
	return some
}
