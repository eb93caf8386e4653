package figure

import (
	"slices"

	"gonum.org/v1/plot/plotter"

	"runx/internal/stats"
)

const (
	// outlinePoints are those of one side of a violin.
	outlinePoints = 72
	// minOutline is the number of samples below which a density would be made up.
	minOutline = 8
)

// drawViolin draws the density of the samples, mirrored, with median and quartiles.
// On a logarithmic axis it is the density of the logarithms.
func drawViolin(c *chart) error {
	positions := c.categorise(c.x, c.plot.X)
	for _, p := range c.panels {
		for _, b := range c.batches(p, positions) {
			p.add(violinMarks(b, c.y.log)...)
		}
	}
	c.keyAll(keyPatch)
	c.facts = append(c.facts, "A violin is as wide as samples are dense; the thick bar spans the quartiles, the point is the median.")
	return nil
}

func violinMarks(b batch, log bool) []mark {
	q1, median, q3 := stats.Quantile(b.sorted, 0.25), stats.Quantile(b.sorted, 0.5), stats.Quantile(b.sorted, 0.75)
	at := func(y0, y1 float64) plotter.XYs { return plotter.XYs{{X: b.at, Y: y0}, {X: b.at, Y: y1}} }
	outline := outlineOf(b, log)
	if outline == nil {
		d := dots{ink: b.ink, marker: ring, radius: 2.5}
		for _, v := range spread(b.sorted, maxOutliers) {
			d.points = append(d.points, plotter.XY{X: b.at, Y: v})
		}
		width := plotter.XYs{{X: b.at - b.half/2, Y: median}, {X: b.at + b.half/2, Y: median}}
		return []mark{d, curve{points: width, ink: b.ink}}
	}
	return []mark{
		area{upper: outline, ink: b.ink, opacity: 0.35},
		curve{points: append(slices.Clone(outline), outline[0]), ink: b.ink, width: 1},
		curve{points: at(q1, q3), ink: b.ink, width: 5},
		dots{points: at(median, median)[:1], ink: groundInk, marker: circle, radius: 2.2},
	}
}

// outlineOf is the contour of a violin, from the bottom along its left side to
// the top and back on its right; nil where there are too few different samples.
func outlineOf(b batch, log bool) plotter.XYs {
	if len(b.sorted) < minOutline {
		return nil
	}
	density := stats.Density
	if log {
		density = stats.LogDensity
	}
	c := density(b.sorted, outlinePoints)
	if len(c.X) == 0 { // all samples are equal
		return nil
	}
	var left, right plotter.XYs
	most := slices.Max(c.Density)
	for i, y := range c.X {
		wide := b.half * c.Density[i] / most
		left, right = append(left, plotter.XY{X: b.at - wide, Y: y}), append(right, plotter.XY{X: b.at + wide, Y: y})
	}
	slices.Reverse(right)
	return append(left, right...)
}
