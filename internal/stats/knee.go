package stats

import (
	"cmp"
	"math"
	"slices"
)

// Knee returns the x at which y bends most: where the curve is furthest from
// the straight line between its ends, above it or below. So it finds where a
// throughput that rises levels off, and where a latency that was flat takes off,
// without being told which. Several y at one x count as their mean. It is NaN
// where there are fewer than three different x, and where the curve is
// straight. A scale or shift of either axis leaves it as it is; logarithms do
// not. The answer is one of the x, the first of several as far, and a noisy straight
// line has one too: ask for its interval.
//
// Source: V. Satopää, J. Albrecht, D. Irwin, B. Raghavan, "Finding a 'Kneedle' in
// a Haystack: Detecting Knee Points in System Behavior", ICDCS Workshops, 2011;
// of it the one most prominent knee, without smoothing.
func Knee(x, y []float64) float64 {
	u, v := curve(x, y)
	if len(u) < 3 {
		return math.NaN()
	}
	last := len(u) - 1
	slope := (v[last] - v[0]) / (u[last] - u[0])
	at, furthest, scale := math.NaN(), 0.0, 0.0
	for i := range u {
		scale = max(scale, math.Abs(v[i]))
		if d := math.Abs(v[i] - v[0] - slope*(u[i]-u[0])); d > furthest {
			at, furthest = u[i], d
		}
	}
	if furthest <= 1e-12*scale { // what rounding leaves of a straight line
		return math.NaN()
	}
	return at
}

// curve returns the different x in ascending order, and the mean y at each.
func curve(x, y []float64) (u, v []float64) {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	var same []float64
	for k, i := range order {
		same = append(same, y[i])
		if k+1 == len(order) || x[order[k+1]] != x[i] {
			u, v = append(u, x[i]), append(v, Mean(same))
			same = same[:0]
		}
	}
	return u, v
}
