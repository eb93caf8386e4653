package figure

import (
	"fmt"
	"math"
	"slices"

	"runx/internal/report"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
)

// A chart is a figure in the making: the rows of a plot parted into panels and
// series, to which the plot's kind adds marks in the units of the table.
type chart struct {
	plot    *spec.Plot
	table   *results.Table
	summary *results.Table // tells the order of texts; nil is none
	series  []*series      // in the order of the legend
	panels  []*panel       // in reading order, those that are drawn
	x, y    *axis          // of all panels, unless a panel has its own
	legend  []entry        // series are there by themselves where there are two or more
	// columns of panels and their height in pixels, where a kind does not take
	// those of the house style.
	columns     int
	panelHeight float64
	bar         *colorBar // of a heat map
	// facts are sentences for the caption.
	facts    []string
	warnings []stats.Warning

	notFinite, notPositive int // see usable
}

// A panel shows the rows of one value of the facet.
type panel struct {
	title  string // "batch = 4"; "" where there is but one panel
	groups []group
	x, y   *axis
	marks  []mark
	notes  []note // below the title: the exponents of the panel's fits
}

// A group is the rows of one series in one panel.
type group struct {
	*series
	rows []int // of the table
}

// A series is what one colour stands for.
type series struct {
	label  string // value of the color parameter; "" where there is one series
	ink    ink
	marker marker
	// key is how the legend shows it; the kind may change it. keyNone hides it.
	key key
	// column is that of the only y that is drawn; "" is each.
	column string
	// says is what the legend adds to the label.
	says string
}

// A note is a short text about a series.
type note struct {
	text string
	// brief stands in where the text has no room; "" leaves the text to be cut.
	brief  string
	ink    ink
	marker marker
}

// An entry is a line of the legend.
type entry struct {
	label  string
	ink    ink
	marker marker
	key    key
}

// A key is how the legend shows what it names.
type key int

// The keys.
const (
	keyMarker key = iota // a marker
	keyLine              // a line, and the marker where there is one
	keyDashes            // a dashed line
	keyPatch             // a filled rectangle
	keyHatch             // a rectangle with nothing in it
	keyNone              // the legend does not show it
)

// A colorBar tells the values of a heat map's colours, from lo to hi in stored
// units. It is drawn beside the panels.
type colorBar struct {
	column string
	axis   *axis // has the span of the values, and says whether it is logarithmic
}

// inkOf is the colour of a value: one of 256 from the perceptual ramp.
func (b *colorBar) inkOf(v float64) ink {
	return heatInk(b.axis.fraction(v))
}

// add puts marks on a panel, the first at the bottom.
func (p *panel) add(marks ...mark) { p.marks = append(p.marks, marks...) }

// numbers is a column as numbers: a parameter that is text or a truth is the
// position of its category on axis a.
func (c *chart) numbers(column string) []float64 {
	return c.table.Numbers(column)
}

// usable tells whether a point can be drawn on the axes of a panel, and counts
// those that cannot.
func (c *chart) usable(p *panel, x, y float64) bool {
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return false
	case math.Abs(x) > largest || math.Abs(y) > largest:
		c.notFinite++
		return false
	case p.x.log && x < smallest || p.y.log && y < smallest:
		c.notPositive++
		return false
	}
	return true
}

// warn notes what could not be drawn.
func (c *chart) warn(cure, format string, args ...any) {
	c.warnings = append(c.warnings, stats.Warning{What: fmt.Sprintf(format, args...), Cure: cure})
}

// warnOfLost says how many points usable refused.
func (c *chart) warnOfLost() {
	if c.notPositive > 0 {
		c.warn("", "left out: %s of 0 or less on a logarithmic axis", counted(c.notPositive, "value"))
	}
	if c.notFinite > 0 {
		c.warn("", "left out: %s", counted(c.notFinite, "infinite value"))
	}
}

// categorise makes an axis one of categories: the distinct values of a column
// over the rows drawn, numbers in order and texts as they come. Category i is
// at position i. It returns the position of each row of the table.
func (c *chart) categorise(a *axis, column string) []float64 {
	positions, labels := c.categories(c.drawn(), column)
	a.categories, a.log = labels, false
	a.include(-0.5)
	a.include(float64(len(labels)) - 0.5)
	return positions
}

// drawn are the rows of all panels.
func (c *chart) drawn() []int {
	var rows []int
	for _, p := range c.panels {
		for _, g := range p.groups {
			rows = append(rows, g.rows...)
		}
	}
	slices.Sort(rows)
	return rows
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return report.Count(int64(n)) + " " + noun
}
