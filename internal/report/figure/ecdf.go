package figure

import (
	"math"

	"gonum.org/v1/plot/plotter"
)

// maxSteps bounds the steps of a curve in each direction: more than that fall
// within a pixel of one another.
const maxSteps = 400

// ecdfSteps returns the corners of the empirical distribution function of
// samples in ascending order, from (x1, 0) to (xn, 1). A step is left out while
// the curve has moved by less than 1/maxSteps in both directions, on an axis
// that place maps to 0..1; it never goes back.
func ecdfSteps(sorted []float64, place func(float64) float64) plotter.XYs {
	if len(sorted) == 0 {
		return nil
	}
	n := float64(len(sorted))
	steps := plotter.XYs{{X: sorted[0], Y: 0}}
	height := 0.0
	for i, x := range sorted {
		last := i == len(sorted)-1
		if !last && sorted[i+1] == x {
			continue // a tie climbs at once
		}
		at := float64(i+1) / n
		before := steps[len(steps)-1]
		if !last && i > 0 && at-before.Y < 1.0/maxSteps && place(x)-place(before.X) < 1.0/maxSteps {
			continue
		}
		steps = append(steps, plotter.XY{X: x, Y: height}, plotter.XY{X: x, Y: at})
		height = at
	}
	return steps
}

// dkwWidth is the half width of the band that holds the whole distribution
// function with the given confidence, if the samples are independent: the
// inequality of Dvoretzky, Kiefer and Wolfowitz.
//
// Source: P. Massart, "The Tight Constant in the Dvoretzky-Kiefer-Wolfowitz
// Inequality", The Annals of Probability 18(3), 1990.
func dkwWidth(n int, confidence float64) float64 {
	return math.Sqrt(math.Log(2/(1-confidence)) / (2 * float64(n)))
}
