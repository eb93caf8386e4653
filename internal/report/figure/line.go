package figure

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"

	"runx/internal/results"
	"runx/internal/stats"
)

// drawLine draws y over x as lines. Where rows share an x the line goes through
// their median.
func drawLine(c *chart) error { return c.drawXY(true) }

// drawScatter draws a marker for each row.
func drawScatter(c *chart) error { return c.drawXY(false) }

// drawXY draws each y in the panels that have its unit: by a colour of its own,
// or where the colours tell a parameter's values by the form of its line.
func (c *chart) drawXY(lines bool) error {
	units := c.splitByUnit()
	xs := c.numbers(c.plot.X)
	for u := range units {
		c.panels[u*len(c.panels)/len(units)].y.title = commonName(units[u])
	}
	if len(units) == 1 && len(units[0]) > 1 && c.plot.Color == "" {
		c.seriesPerY(units[0])
	}
	for u, columns := range units {
		panels := c.panels[u*len(c.panels)/len(units) : (u+1)*len(c.panels)/len(units)]
		for k, column := range columns {
			c.addForm(k, column, len(columns), lines)
			t := trace{chart: c, xs: xs, ys: c.numbers(column), column: column, form: k, lines: lines}
			t.lo, t.hi = c.bandOf(column)
			for _, p := range panels {
				for i := range p.groups {
					t.drawIn(p, &p.groups[i])
				}
			}
			t.finish()
		}
	}
	return nil
}

// splitByUnit parts the y of a plot by their units. Where there are several,
// each has panels of its own, after each other.
func (c *chart) splitByUnit() [][]string {
	var units [][]string
	index := map[string]int{}
	for _, column := range c.plot.Y {
		unit := ""
		if i := slices.IndexFunc(c.table.Columns, func(col results.Column) bool { return col.Name == column }); i >= 0 {
			unit = c.table.Columns[i].Unit
		}
		if _, known := index[unit]; !known {
			index[unit], units = len(units), append(units, nil)
		}
		units[index[unit]] = append(units[index[unit]], column)
	}
	if len(units) == 1 {
		return units
	}
	var panels []*panel
	for _, columns := range units {
		y := c.axisOf(c.plot.LogY, columns...)
		for _, p := range c.panels {
			panels = append(panels, &panel{title: p.title, groups: slices.Clone(p.groups), x: p.x, y: y})
		}
	}
	c.panels = panels
	return units
}

// commonName is what several columns have in common: their metric, or the words
// that all end with, if that is more than the statistic. It is "" where there is
// no such thing.
func commonName(columns []string) string {
	if len(columns) == 1 {
		return ""
	}
	metric, _ := metricOf(columns[0])
	if !slices.ContainsFunc(columns, func(column string) bool { other, _ := metricOf(column); return other != metric }) {
		return columnName(metric)
	}
	if _, common := partNames(columns); strings.Contains(common, " ") {
		return common
	}
	return ""
}

// seriesPerY replaces the only series by one for each y.
func (c *chart) seriesPerY(columns []string) {
	c.series = nil
	names, common := partNames(columns)
	for i, column := range columns {
		if !strings.Contains(common, " ") { // the axis does not say it
			names[i] = c.label(column)
		}
		c.series = append(c.series, &series{
			label: names[i], ink: inkOfSeries(i, len(columns), false), marker: marker(i % int(noMarker)), column: column,
		})
	}
	for _, p := range c.panels {
		var rows []int
		for _, g := range p.groups {
			rows = append(rows, g.rows...)
		}
		p.groups = nil
		for _, s := range c.series {
			p.groups = append(p.groups, group{series: s, rows: rows})
		}
	}
}

// addForm tells in the legend the y that a form of line stands for, where the
// colours stand for something else.
func (c *chart) addForm(form int, column string, n int, lines bool) {
	if n < 2 || c.plot.Color == "" {
		return
	}
	e := entry{label: c.label(column), ink: mutedInk, marker: circle}
	switch {
	case form > 0 && lines:
		e.key = keyDashes
	case form > 0:
		e.marker = ring
	case lines:
		e.key = keyLine
	}
	c.legend = append(c.legend, e)
}

// bandOf are the ends of the intervals of a column, nil where there is no band.
func (c *chart) bandOf(column string) (lo, hi []float64) {
	if c.plot.Band != "ci" {
		return nil, nil
	}
	return c.numbers(column + "_lo"), c.numbers(column + "_hi")
}

// A trace is one y over x, in all panels and series.
type trace struct {
	*chart
	xs, ys, lo, hi []float64 // columns of the table
	column         string
	form           int // place among the y that share the panels
	lines          bool

	bare   int // points without an interval
	shared int // points at an x that has others
}

func (t *trace) drawIn(p *panel, g *group) {
	if g.column != "" && g.column != t.column {
		return
	}
	var rows []int
	for _, row := range g.rows {
		if t.usable(p, t.xs[row], t.ys[row]) {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(t.xs[a], t.xs[b]) })
	t.drawBand(p, g, rows)
	points := make(plotter.XYs, len(rows))
	for i, row := range rows {
		points[i] = plotter.XY{X: t.xs[row], Y: t.ys[row]}
	}
	t.drawPoints(p, g, points)
	t.drawFit(p, g, points)
}

// crowd is the number of points of a series from which each is drawn smaller
// and lets others shine through.
const crowd = 200

func (t *trace) drawPoints(p *panel, g *group, points plotter.XYs) {
	d := dots{points: points, ink: g.ink, marker: g.marker}
	if t.form > 0 && g.column == "" {
		d.marker = ring
	}
	if len(points) > crowd {
		d.radius, d.opacity = 2.2, 0.55
	}
	if !t.lines {
		p.add(d)
		return
	}
	g.key = keyLine
	middle := medians(points)
	line := curve{points: middle, ink: g.ink, dashes: t.form > 0 && g.column == ""}
	if len(middle) < len(points) {
		t.shared += len(points) - len(middle)
		d.radius, d.opacity = 2.2, 0.55
	}
	if t.plot.Fit != "" {
		line.width, line.opacity = 1.4, 0.6 // the fit is what counts
	}
	p.add(line)
	if len(points) <= crowd || len(middle) < len(points) {
		p.add(d)
	}
}

// medians are the points with one y for each x: the median. The points are
// sorted by x.
func medians(points plotter.XYs) plotter.XYs {
	var out plotter.XYs
	for i := 0; i < len(points); {
		var ys []float64
		x := points[i].X
		for ; i < len(points) && points[i].X == x; i++ {
			ys = append(ys, points[i].Y)
		}
		slices.Sort(ys)
		out = append(out, plotter.XY{X: x, Y: stats.Quantile(ys, 0.5)})
	}
	return out
}

// drawBand draws the intervals of a group: as an area where neighbours have
// them, else as a whisker.
func (t *trace) drawBand(p *panel, g *group, rows []int) {
	if t.lo == nil || t.hi == nil {
		return
	}
	var upper, lower plotter.XYs
	part := func() {
		if len(upper) > 1 && len(t.series) <= hues { // more would be one grey
			p.add(area{upper: upper, lower: lower, ink: g.ink})
		}
		upper, lower = nil, nil
	}
	for i, row := range rows {
		lo, hi := t.lo[row], t.hi[row]
		if math.IsNaN(lo) || math.IsNaN(hi) || math.IsInf(lo, 0) || math.IsInf(hi, 0) || p.y.log && lo <= 0 {
			t.bare++
			part()
			continue
		}
		x := t.xs[row]
		p.add(curve{points: plotter.XYs{{X: x, Y: lo}, {X: x, Y: hi}}, ink: g.ink, width: 1.6})
		if i > 0 && t.xs[rows[i-1]] == x {
			part() // several rows at one x have no area
		}
		upper, lower = append(upper, plotter.XY{X: x, Y: hi}), append(lower, plotter.XY{X: x, Y: lo})
	}
	part()
}

// WithoutInterval is how the warning ends that says at how many points a column
// has no interval: for those who say so themselves.
func WithoutInterval(column string) string { return " of " + column + " without an interval" }

// finish says what the drawing of all panels and series left out.
func (t *trace) finish() {
	if t.bare > 0 {
		t.warn("take more samples", "%s%s", counted(t.bare, "point"), WithoutInterval(t.column))
	}
	if t.shared > 0 && !t.plot.Samples { // of samples it is what was asked for
		t.warn("fix the other parameters by where", "%s: rows share a value of %s; the line goes through their median", t.column, t.plot.X)
	}
}
