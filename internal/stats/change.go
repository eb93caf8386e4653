package stats

import (
	"math"
	"slices"
)

// A Change is where a series is most likely to have moved to another level.
type Change struct {
	// At is the place of the first sample after the change; 0 where the series is
	// too short or does not vary.
	At int
	// P is the probability that a series without a change looks as changed as this.
	P float64
	// Before and After are the medians on its two sides.
	Before, After float64
}

// ChangePoint looks for one change of level by Pettitt's test: the split for
// which the ranks on both sides differ most. It assumes independent samples: a
// correlated series has a small P as well, and has moved all the same. P is an
// upper bound that is close where it is small. The place leans to the middle of the
// series.
//
// Source: A. N. Pettitt, "A Non-Parametric Approach to the Change-Point
// Problem", Applied Statistics 28(2), 1979.
func ChangePoint(x []float64) Change {
	n := float64(len(x))
	none := Change{P: 1, Before: math.NaN(), After: math.NaN()}
	if len(x) < 2 {
		return none
	}
	at, furthest, sum := 0, 0.0, 0.0
	for i, r := range MidRanks(x[:len(x):len(x)]) {
		sum += 2*r - n - 1
		if d := math.Abs(sum); d > furthest {
			at, furthest = i+1, d
		}
	}
	if at == 0 {
		return none
	}
	p := min(1, 2*math.Exp(-6*furthest*furthest/(n*n*n+n*n)))
	return Change{At: at, P: p, Before: median(x[:at]), After: median(x[at:])}
}

func median(x []float64) float64 {
	return Quantile(slices.Sorted(slices.Values(x)), 0.5)
}
