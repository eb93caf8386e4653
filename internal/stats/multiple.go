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

// BenjaminiHochberg returns the P values corrected for their number: if those up
// to some level are called significant, the share of them that is so by chance
// is expected to be at most that level. It assumes tests that are independent or
// depend positively on each other.
//
// Source: Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate",
// Journal of the Royal Statistical Society B 57(1), 1995.
func BenjaminiHochberg(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	most := 1.0
	for k, i := range slices.Backward(ascending(p)) {
		most = min(most, float64(len(p))/float64(k+1)*p[i])
		adjusted[i] = most
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
