package figure

import (
	"slices"

	"runx/internal/stats"
)

// runningMedian returns, for each value, the median of the values at most half
// a window away; at the ends the window is cut. The window is odd.
func runningMedian(values []float64, window int) []float64 {
	half := window / 2
	medians := make([]float64, len(values))
	var sorted []float64
	for i := range values {
		if i == 0 {
			sorted = slices.Sorted(slices.Values(values[:min(half+1, len(values))]))
		} else {
			if enters := i + half; enters < len(values) {
				at, _ := slices.BinarySearch(sorted, values[enters])
				sorted = slices.Insert(sorted, at, values[enters])
			}
			if leaves := i - half - 1; leaves >= 0 {
				at, _ := slices.BinarySearch(sorted, values[leaves])
				sorted = slices.Delete(sorted, at, at+1)
			}
		}
		medians[i] = stats.Quantile(sorted, 0.5)
	}
	return medians
}

// windowFor is the width of the running median of n values: wide enough to be
// calm, narrow enough to show a step; 0 where a median would say nothing.
func windowFor(n int) int {
	if n < 15 {
		return 0
	}
	return min(max(n/20, 5), 501) | 1
}
