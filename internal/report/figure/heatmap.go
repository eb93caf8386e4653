package figure

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/plotter"

	"runx/internal/report"
)

const (
	// Cells of larger tables are too small for a number.
	writtenWidth, writtenHeight = 12, 8
	// logSpan is the ratio of the largest to the smallest value from which
	// colours go by the logarithm.
	logSpan = 30
)

// drawHeatmap shows a column as the colour of cells. Cells have the mean of
// their rows, where they have several.
func drawHeatmap(c *chart) error {
	xs, ys := c.categorise(c.x, c.plot.X), c.categorise(c.y, c.plot.Y[0])
	c.x.tight, c.y.tight = true, true
	bar := &colorBar{column: c.plot.Color, axis: c.axisOf(false, c.plot.Color)}
	bar.axis.tight = true
	grids := make([]*grid, len(c.panels))
	for i, p := range c.panels {
		grids[i] = c.gridOf(p, xs, ys)
		for _, v := range grids[i].cells {
			bar.axis.include(v)
		}
	}
	if lo, hi := bar.axis.lo, bar.axis.hi; lo > 0 && hi/lo >= logSpan {
		bar.axis.log = true
	}
	if bar.axis.used {
		c.tell(nil, nil, "%s from %s to %s", columnName(c.plot.Color), scaled(bar.axis.unit, bar.axis.lo), scaled(bar.axis.unit, bar.axis.hi))
	}
	bar.axis.settle()
	c.bar = bar
	for i, p := range c.panels {
		p.add(c.cellMarks(grids[i])...)
		p.add(c.frontierMarks(grids[i])...)
	}
	c.addHeatKeys(grids)
	return nil
}

// gridOf are the values of a panel's cells.
func (c *chart) gridOf(p *panel, xs, ys []float64) *grid {
	g := newGrid(len(c.x.categories), len(c.y.categories))
	values := c.numbers(c.plot.Color)
	counts := make([]int, len(g.cells))
	for _, group := range p.groups {
		for _, row := range group.rows {
			v := values[row]
			if math.IsInf(v, 0) {
				c.notFinite++
				v = math.NaN()
			}
			if math.IsNaN(v) {
				continue
			}
			cell := int(ys[row])*g.width + int(xs[row])
			counts[cell]++
			if counts[cell] == 1 {
				g.cells[cell] = 0
			}
			g.cells[cell] += v
		}
	}
	for i, n := range counts {
		if n > 1 {
			g.cells[i] /= float64(n)
		}
	}
	if most := slices.Max(append(counts, 0)); most > 1 {
		c.warn("choose one by where", "a cell shows the mean of up to %s", counted(most, "row"))
	}
	return g
}

// cellMarks are the cells of a grid; equal neighbours in a row are one mark.
func (c *chart) cellMarks(g *grid) []mark {
	written := g.width <= writtenWidth && g.height <= writtenHeight
	var cells []mark
	var labels cellTexts
	for y := range g.height {
		for x := 0; x < g.width; {
			v := g.at(x, y)
			from, to := float64(x)-0.5, float64(x)+0.5
			under := c.bar.inkOf(v)
			for x++; !written && x < g.width && c.bar.inkOf(g.at(x, y)) == under && math.IsNaN(g.at(x, y)) == math.IsNaN(v); x++ {
				to++
			}
			cell := box{x0: from, x1: to, y0: float64(y) - 0.5, y1: float64(y) + 0.5, ink: under, gap: written}
			if math.IsNaN(v) {
				cell.ink, cell.hatched = axisInk, true
			}
			cells = append(cells, cell)
			if written && !math.IsNaN(v) {
				labels = append(labels, label{at: plotter.XY{X: from + 0.5, Y: float64(y)}, text: c.bar.write(v), ink: inkOn(under), room: 0.94})
			}
		}
	}
	return append(cells, labels)
}

// write renders the value of a cell as the ticks of the bar do: with a unit where
// they have one each.
func (b *colorBar) write(v float64) string {
	if b.axis.ownUnits() {
		return scaled(b.axis.unit, v)
	}
	return short(b.axis.scale, v)
}

// cellTexts are the numbers in cells: all of them or, where one has no room,
// none.
type cellTexts []label

func (t cellTexts) reach(x, y *axis) {}

func (t cellTexts) draw(p *pen) {
	if !slices.ContainsFunc(t, func(l label) bool { return !l.fits(p) }) {
		for _, l := range t {
			l.draw(p)
		}
	}
}

// short renders a value to three significant digits.
func short(s report.Scale, v float64) string {
	v = s.Of(v)
	if v == 0 {
		return "0"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	if digits < -4 || digits > 6 {
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	text := strconv.FormatFloat(v, 'f', max(digits, 0), 64)
	if v == math.Trunc(v) {
		text = strconv.FormatFloat(v, 'f', 0, 64)
	}
	return text
}

// frontierMarks are the line along the cells at which the colour crosses the
// plot's contour, with a halo that parts it from any colour.
func (c *chart) frontierMarks(g *grid) []mark {
	if c.plot.Contour == nil {
		return nil
	}
	var halos, lines []mark
	for _, line := range g.frontier(*c.plot.Contour) {
		halos = append(halos, curve{points: line, ink: paperInk, width: 6})
		lines = append(lines, curve{points: line, ink: coalInk, width: 3})
	}
	return append(halos, lines...)
}

// addHeatKeys names what is not a colour of the ramp.
func (c *chart) addHeatKeys(grids []*grid) {
	if c.plot.Contour != nil {
		s := c.bar.axis.scale
		text := columnName(c.plot.Color) + " = " + s.Format(*c.plot.Contour)
		if s.Unit != "" {
			text += " " + s.Unit
		}
		c.legend = append(c.legend, entry{label: text, ink: textInk, key: keyLine, marker: noMarker})
	}
	if slices.ContainsFunc(grids, func(g *grid) bool { return slices.ContainsFunc(g.cells, math.IsNaN) }) {
		c.legend = append(c.legend, entry{label: "not measured", ink: mutedInk, key: keyHatch})
	}
}
