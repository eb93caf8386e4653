package stats

import (
	"cmp"
	"slices"
)

// Holm returns the P values corrected for their number: if those up to some
// level are called significant, the probability that any of them is so by
// chance is at most that level. It assumes nothing of how the tests depend on each
// other.
//
// Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure",
// Scandinavian Journal of Statistics 6(2), 1979.
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	least := 0.0
	for k, i := range ascending(p) {
		least = max(least, min(1, float64(len(p)-k)*p[i]))
		adjusted[i] = least
	}
	return adjusted
}

// ascending returns the places of the values in ascending order of them.
func ascending(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	return order
}
