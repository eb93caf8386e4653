package figure

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"

	"runx/internal/report"
)

// drawStacked draws a bar for each x, whose parts are the columns of y, with
// the sum above it.
func drawStacked(c *chart) error {
	c.refuseLog("bars that are stacked")
	positions := c.categorise(c.x, c.plot.X)
	names, common := partNames(c.plot.Y)
	c.y.title = partsTitle(c.y.unit, common)
	c.y.include(0)
	var doubts partDoubts
	var labels []label
	totals := map[*panel][]float64{}
	for _, p := range c.panels {
		highest, where, below := math.Inf(-1), 0.0, false
		for at, rows := range rowsBy(p, positions) {
			segments, total, missing := stack(c.parts(rows))
			doubts.note(len(rows), missing)
			for _, s := range segments {
				below = below || s.to < 0
				p.add(box{x0: at - 0.38, x1: at + 0.38, y0: s.from, y1: s.to, ink: inkOfSeries(s.part, len(names), false), gap: true})
			}
			totals[p] = append(totals[p], total)
			if total > highest {
				highest, where = total, at
			}
			top := max(total, topOf(segments))
			c.y.include(1.08 * top) // the label has its place
			labels = append(labels, label{at: plotter.XY{X: at, Y: top}, ink: textInk, above: true, room: 0.98})
		}
		if below {
			zero := plotter.XYs{{X: -0.5}, {X: float64(len(c.x.categories)) - 0.5}}
			p.add(curve{points: zero, ink: axisInk, width: 1.2})
		}
		if len(totals[p]) > 0 {
			c.tell(p, nil, "the highest bar is %s, at %s = %s", scaled(c.y.unit, highest), c.label(c.plot.X), c.x.categories[int(where)])
		}
	}
	c.writeTotals(labels, totals)
	doubts.warn(c)
	for i, name := range names { // from the bottom upwards
		c.legend = append(c.legend, entry{label: name, ink: inkOfSeries(i, len(names), false), key: keyPatch})
	}
	return nil
}

// writeTotals writes the sums above the bars in the unit of the axis.
func (c *chart) writeTotals(labels []label, totals map[*panel][]float64) {
	var all []float64
	for _, p := range c.panels {
		all = append(all, totals[p]...)
	}
	if len(all) == 0 {
		return
	}
	scale := report.ScaleFor(c.y.unit, []float64{slices.Max(all) / 2})
	for _, p := range c.panels {
		for _, total := range totals[p] {
			labels[0].text = short(scale, total)
			p.add(labels[0])
			labels = labels[1:]
		}
	}
}

func topOf(segments []segment) float64 {
	top := 0.0
	for _, s := range segments {
		top = max(top, s.to)
	}
	return top
}

// rowsBy yields the rows of a panel by their category, in order.
func rowsBy(p *panel, positions []float64) iter.Seq2[float64, []int] {
	return func(yield func(float64, []int) bool) {
		by := map[float64][]int{}
		for _, g := range p.groups {
			for _, row := range g.rows {
				by[positions[row]] = append(by[positions[row]], row)
			}
		}
		for _, at := range slices.Sorted(maps.Keys(by)) {
			if !yield(at, by[at]) {
				return
			}
		}
	}
}

// partDoubts are what bars made of parts may hide.
type partDoubts struct{ rows, missing int }

func (d *partDoubts) note(rows, missing int) {
	d.rows, d.missing = max(d.rows, rows), d.missing+missing
}

func (d *partDoubts) warn(c *chart) {
	if d.rows > 1 {
		c.warn("choose one by where", "a bar shows the mean of up to %s", counted(d.rows, "row"))
	}
	if d.missing > 0 {
		c.warn("", "%s without a value left out of the bars", counted(d.missing, "part"))
	}
}

// refuseLog makes axes linear on which lengths are added up.
func (c *chart) refuseLog(what string) {
	if c.x.log || c.y.log {
		c.x.log, c.y.log = false, false
		c.warn("", "%s have no logarithmic axis", what)
	}
}

// parts are the values of the columns of y; of several rows their mean.
func (c *chart) parts(rows []int) []float64 {
	parts := make([]float64, len(c.plot.Y))
	for i, column := range c.plot.Y {
		if parts[i] = meanOf(c.numbers(column), rows); math.Abs(parts[i]) > largest {
			parts[i] = math.NaN() // no axis reaches it
		}
	}
	return parts
}

// partNames are the columns of y in the words that tell them apart: without a
// first word that they share with another ("stage"), and without the last words
// that all share, which are common ("ratio p50").
func partNames(columns []string) (names []string, common string) {
	words := make([][]string, len(columns))
	for i, column := range columns {
		words[i] = strings.Fields(columnName(column))
	}
	common = commonEnd(words)
	firsts := map[string]int{}
	for _, w := range words {
		firsts[w[0]]++
	}
	for _, w := range words {
		w = w[:len(w)-len(strings.Fields(common))]
		if len(w) > 1 && firsts[w[0]] > 1 {
			w = w[1:]
		}
		names = append(names, strings.Join(w, " "))
	}
	return names, common
}

// commonEnd are the last words that all names have in common; each keeps a
// word of its own.
func commonEnd(words [][]string) string {
	var common []string
	for n := 1; ; n++ {
		for _, w := range words {
			if len(w) <= n || w[len(w)-n] != words[0][len(words[0])-n] {
				return strings.Join(common, " ")
			}
		}
		common = words[0][len(words[0])-n:]
	}
}

// partsTitle names what the parts of a bar are, by their unit and the words that
// they have in common.
func partsTitle(unit, common string) string {
	what := map[string]string{"ns": "time", "us": "time", "ms": "time", "s": "time", "bytes": "memory", "1/s": "rate"}[unit]
	return cmp.Or(strings.TrimSpace(what+" "+common), "sum")
}

// A segment is one part of a stacked bar.
type segment struct {
	part     int // index of the y
	from, to float64
}

// stack puts parts one upon the other: those above zero upwards from it, those
// below downwards. A part that is missing (NaN) or infinite takes no place and
// is counted. total is the sum.
func stack(parts []float64) (segments []segment, total float64, missing int) {
	var up, down float64
	for i, v := range parts {
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			missing++
		case v < 0:
			segments = append(segments, segment{i, down, down + v})
			down += v
		default:
			segments = append(segments, segment{i, up, up + v})
			up += v
		}
	}
	return segments, up + down, missing
}
