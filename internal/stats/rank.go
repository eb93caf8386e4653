package stats

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// MidRanks returns the rank of each sample, from 1 on; equal samples share the
// mean of their ranks.
func MidRanks(x []float64) []float64 {
	ranks, _ := midRanks(x)
	return ranks
}

// MidRank returns the rank that [MidRanks] gives to a sample, from all of them in
// ascending order.
func MidRank(sorted []float64, v float64) float64 {
	from, _ := slices.BinarySearch(sorted, v)
	to := from
	for to < len(sorted) && to < from+8 && sorted[to] == v {
		to++
	}
	if to == from+8 { // many are equal
		to += sort.Search(len(sorted)-to, func(i int) bool { return sorted[to+i] > v })
	}
	return float64(from+to+1) / 2
}

// midRanks returns also the sum of t^3-t over the sizes t of the groups of
// equal samples, by which ties correct variances.
func midRanks(x []float64) (ranks []float64, ties float64) {
	order := make([]int32, len(x))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(x[a], x[b]) })
	ranks = make([]float64, len(x))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && x[order[to]] == x[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2
		}
		t := float64(to - from)
		ties += t*t*t - t
		from = to
	}
	return ranks, ties
}

// Spearman returns the rank correlation, -1 to 1: that of the mid-ranks. It is
// NaN where x or y does not vary. It assumes nothing but an order.
//
// Source: M. G. Kendall, "Rank Correlation Methods", 4th ed., 1970, 3.8.
func Spearman(x, y []float64) float64 {
	return correlation(MidRanks(x), MidRanks(y))
}

func correlation(x, y []float64) float64 {
	mx, my := Mean(x), Mean(y)
	var sxx, sxy, syy float64
	for i, v := range x {
		dx, dy := v-mx, y[i]-my
		sxx += dx * dx
		sxy += dx * dy
		syy += dy * dy
	}
	if !(sxx > 0 && syy > 0) {
		return math.NaN()
	}
	return min(max(sxy/math.Sqrt(sxx)/math.Sqrt(syy), -1), 1)
}
