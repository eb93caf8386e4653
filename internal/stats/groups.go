package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// minGroups is the number of groups below which nothing is said of how much
// their rows agree.
const minGroups = 5

// WorthOf returns how many independent rows would know the quantile that lies at
// estimate as well as these rows do, which came in groups: those of one
// repetition share what the repetition met, and may be one number written down
// many times. starts are the places of the first row of each group. It is 0
// where there are fewer than 5 groups, which do not tell.
//
// Whether a row is at or below the estimate is 0 or 1. How far the sums over
// the groups scatter, against what independent rows would do, is the design
// effect; the rows are worth their number divided by it. With few groups the
// scatter is itself uncertain, for which Student's t accounts. Rows are worth no
// more than their number, and no less than groups whose rows are all alike.
//
// Source: E. L. Korn, B. I. Graubard, "Confidence Intervals for Proportions with
// Small Expected Number of Positive Counts Estimated from Survey Data", Survey
// Methodology 24(2), 1998; R. S. Woodruff, "Confidence Intervals for Medians and
// Other Position Measures", JASA 47, 1952.
func WorthOf(rows []float64, starts []int32, estimate, confidence float64) int {
	groups := len(starts)
	if groups < minGroups || !isOpenUnit(confidence) {
		return 0
	}
	below := 0
	for _, v := range rows {
		if v <= estimate {
			below++
		}
	}
	n := float64(len(rows))
	p := float64(below) / n
	var scatter, squares float64
	for g, from := range starts {
		to := len(rows)
		if g+1 < groups {
			to = int(starts[g+1])
		}
		d := -p * float64(to-int(from))
		for _, v := range rows[from:to] {
			if v <= estimate {
				d++
			}
		}
		scatter += d * d
		squares += float64(to-int(from)) * float64(to-int(from))
	}
	least := n * n / squares
	if below == len(rows) { // all alike: nothing tells rows from groups
		return int(least)
	}
	scatter *= float64(groups) / float64(groups-1)
	worth := min(n, n*n*p*(1-p)/scatter) * shrink(groups, confidence)
	return int(min(max(worth, least), n))
}

// shrink is the ratio of the squares of the normal quantile and of Student's t
// with a degree of freedom less than there are groups.
func shrink(groups int, confidence float64) float64 {
	freedom := float64(groups - 1)
	x := mathext.InvRegIncBeta(freedom/2, 0.5, 1-confidence)
	z := math.Sqrt2 * math.Erfinv(confidence)
	return z * z * x / (freedom * (1 - x))
}

// GroupedQuantileInterval is [QuantileInterval] for rows in ascending order that
// are worth only some independent ones: see [WorthOf]. Where each row is worth
// one it is the same, and where the rows of a group are one number it is the
// interval of one row per group.
func GroupedQuantileInterval(sorted []float64, worth int, q, confidence float64) (Interval, bool) {
	l, u, ok := intervalRanks(worth, q, (1-confidence)/2)
	if !ok || worth > len(sorted) {
		return Interval{math.NaN(), math.NaN()}, false
	}
	lo, hi := spreadRanks(len(sorted), worth, l, u)
	return Interval{sorted[lo], sorted[hi]}, true
}

// spreadRanks turns ranks of some rows into places among more: the first row
// that stands for rank l, and the last that stands for u.
func spreadRanks(n, worth, l, u int) (lo, hi int) {
	return (l - 1) * n / worth, (u*n+worth-1)/worth - 1
}
