package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"runx/internal/stats"
)

// maxSteps bounds the steps of the only panel's curves in each direction: more
// than that fall within a pixel of one another.
const maxSteps = 400

// ecdfSteps returns the corners of the empirical distribution function of
// samples in ascending order, from (x1, 0) to (xn, 1). A step is left out while
// the curve has moved by less than 1/most in both directions, on an axis that
// place maps to 0..1; it never goes back.
func ecdfSteps(sorted []float64, place func(float64) float64, most float64) plotter.XYs {
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
		if !last && i > 0 && at-before.Y < 1/most && place(x)-place(before.X) < 1/most {
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

// drawECDF draws how large a share of the samples is at most x.
func drawECDF(c *chart) error {
	c.y.title = "share of samples"
	if !c.y.log {
		c.y.include(0)
	}
	c.y.include(1)
	for _, p := range c.panels {
		for _, g := range p.groups {
			c.ecdfOf(p, g, c.sampled(p, g, c.plot.X))
		}
	}
	c.keyAll(keyLine)
	if len(c.series) <= maxBands && !c.y.log && len(c.facts) > 0 {
		c.facts = append([]string{"A band holds its whole curve with 95% confidence if samples are independent."}, c.facts...)
	}
	return nil
}

// maxBands is the number of curves whose bands can be told apart.
const maxBands = 3

func (c *chart) ecdfOf(p *panel, g group, sorted []float64) {
	if len(sorted) == 0 {
		return
	}
	steps := ecdfSteps(sorted, placeOn(p.x, sorted[0], sorted[len(sorted)-1]), maxSteps/float64(min(len(c.panels), columnsLimit)))
	if len(c.series) <= maxBands && !c.y.log {
		upper, lower := slices.Clone(steps), slices.Clone(steps)
		width := dkwWidth(len(sorted), confidence)
		for i := range steps {
			upper[i].Y, lower[i].Y = min(steps[i].Y+width, 1), max(steps[i].Y-width, 0)
		}
		p.add(area{upper: upper, lower: lower, ink: g.ink})
	}
	if c.y.log {
		steps = slices.DeleteFunc(steps, func(s plotter.XY) bool { return s.Y <= 0 })
	}
	p.add(curve{points: steps, ink: g.ink})
	c.tellMedian(p, &g, c.x.unit, sorted)
	if len(c.series) > 1 {
		// The median tells the curves apart without their colours.
		p.add(dots{points: plotter.XYs{{X: stats.Quantile(sorted, 0.5), Y: 0.5}}, ink: g.ink, marker: g.marker})
	}
}

// placeOn maps lo..hi to 0..1 as axis a does.
func placeOn(a *axis, lo, hi float64) func(float64) float64 {
	if hi <= lo {
		return func(float64) float64 { return 0 }
	}
	return (&axis{log: a.log, lo: lo, hi: hi}).fraction
}
