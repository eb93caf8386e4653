package figure

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
)

// drawLine draws y over x as lines through the means of the rows that share an
// x. Several y of one unit are series; those of other units have panels of
// their own.
func drawLine(c *chart) error {
	return c.drawXY(true)
}

// drawScatter draws a marker for each row.
func drawScatter(c *chart) error { return c.drawXY(false) }

func (c *chart) drawXY(lines bool) error {
	xs := c.numbers(c.plot.X)
	if c.plot.Band == "ci" {
		c.facts = append(c.facts, "Bands are 95% intervals.")
	}
	for _, p := range c.panels {
		for _, g := range p.groups {
			for _, column := range c.plot.Y {
				c.addXY(p, g, xs, column, lines)
			}
		}
	}
	return nil
}

func (c *chart) addXY(p *panel, g group, xs []float64, column string, lines bool) {
	ys := c.numbers(column)
	var points plotter.XYs
	for _, row := range g.rows {
		if c.usable(p, xs[row], ys[row]) {
			points = append(points, plotter.XY{X: xs[row], Y: ys[row]})
		}
	}
	if len(points) == 0 {
		return
	}
	slices.SortStableFunc(points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
	if lines {
		p.add(curve{points: points, ink: g.ink})
		g.key = keyLine
	}
	p.add(dots{points: points, ink: g.ink, marker: g.marker})
	_ = math.NaN
}
