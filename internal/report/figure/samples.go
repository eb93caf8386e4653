package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"runx/internal/report"
	"runx/internal/stats"
)

// confidence is that of all bands and intervals.
const confidence = 0.95

// sampled are the numbers of a group's column that the x axis of its panel can
// show, in ascending order.
func (c *chart) sampled(p *panel, g group, column string) []float64 {
	numbers := c.numbers(column)
	values := make([]float64, 0, len(g.rows))
	for _, row := range g.rows {
		if c.usable(p, numbers[row], 1) {
			values = append(values, numbers[row])
		}
	}
	slices.Sort(values)
	return values
}

// tell adds a sentence about a series in a panel to the caption; either may be
// nil.
func (c *chart) tell(p *panel, g *group, format string, args ...any) {
	var about []string
	if p != nil && p.title != "" {
		about = append(about, p.title)
	}
	if g != nil && c.nameOf(g) != "" {
		about = append(about, c.nameOf(g))
	}
	sentence := fmt.Sprintf(format, args...) + "."
	if len(about) > 0 {
		sentence = strings.Join(about, ", ") + ": " + sentence
	}
	c.facts = append(c.facts, sentence)
}

// tellMedian tells the median of samples in ascending order, of which there is
// at least one.
func (c *chart) tellMedian(p *panel, g *group, unit string, sorted []float64) {
	c.tell(p, g, "median %s of %s", scaled(unit, stats.Quantile(sorted, 0.5)), counted(len(sorted), "sample"))
}

// scaled renders a value in the unit that fits it, to three digits.
func scaled(unit string, v float64) string {
	s := report.ScaleFor(unit, []float64{v})
	return strings.TrimSpace(short(s, v) + " " + s.Unit)
}

// A batch is the samples of one group at one category of the x axis.
type batch struct {
	group
	at     float64   // the middle of its place on the x axis
	half   float64   // half the width of that place
	sorted []float64 // finite, in ascending order
}

// batches are the samples of y by category of x, the series of a category side
// by side.
func (c *chart) batches(p *panel, positions []float64) []batch {
	y := c.numbers(c.plot.Y[0])
	var all []batch
	alone := c.alone(positions)
	for i, g := range p.groups {
		n := len(p.groups)
		if alone {
			i, n = 0, 1
		}
		by := map[float64][]float64{}
		for _, row := range g.rows {
			if c.usable(p, positions[row], y[row]) {
				by[positions[row]] = append(by[positions[row]], y[row])
			}
		}
		for category, values := range by {
			slices.Sort(values)
			at, half := beside(category, i, n)
			all = append(all, batch{group: g, at: at, half: half, sorted: values})
		}
	}
	slices.SortFunc(all, func(a, b batch) int { return cmp.Compare(a.at, b.at) })
	return all
}

// alone tells whether no category has more than one series, such as where the
// colour says what x says.
func (c *chart) alone(positions []float64) bool {
	type place struct {
		*panel
		category float64
	}
	owner := map[place]*series{}
	for _, p := range c.panels {
		for _, g := range p.groups {
			for _, row := range g.rows {
				at := place{p, positions[row]}
				if s, taken := owner[at]; taken && s != g.series {
					return false
				}
				owner[at] = g.series
			}
		}
	}
	return true
}

// beside is the place of item i of n at a category: its middle and half its
// width.
func beside(category float64, i, n int) (at, half float64) {
	const all = 0.8 // of the category; the rest keeps it apart from its neighbours
	width := all / float64(n)
	return category - all/2 + width*(float64(i)+0.5), width / 2 * 0.86
}

// meanOf is the mean of a column over the rows that have a value, NaN where
// none has.
func meanOf(numbers []float64, rows []int) float64 {
	sum, n := 0.0, 0
	for _, row := range rows {
		if !math.IsNaN(numbers[row]) {
			sum, n = sum+numbers[row], n+1
		}
	}
	return sum / float64(n)
}
