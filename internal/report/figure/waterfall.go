package figure

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/plotter"
)

// drawWaterfall draws the stages of y as bars that begin where the one before
// ended, downwards, and their sum below them. Lengths are parts of the sum, so
// that panels can be compared however long each is; the numbers are beside the
// bars. The longest stage stands out.
func drawWaterfall(c *chart) error {
	names, stat := partNames(c.plot.Y)
	rows := append(slices.Clone(names), "total")
	slices.Reverse(rows) // the first stage is on top
	c.refuseLog("bars one after the other")
	unit := c.y.unit
	c.x, c.y = &axis{title: "share of the total (%)", tight: true}, &axis{categories: rows, title: partsTitle(unit, stat)}
	c.y.include(-0.5)
	c.y.include(float64(len(rows)) - 0.5)
	c.columns, c.panelHeight = 1, float64(len(rows))*waterfallStep
	var doubts partDoubts
	for _, p := range c.panels {
		p.x, p.y = c.x, c.y
		var rows []int
		for _, g := range p.groups {
			rows = append(rows, g.rows...)
		}
		segments, total, missing := cascade(c.parts(rows))
		doubts.note(len(rows), missing)
		if len(segments) > 0 && total > 0 {
			p.add(stageMarks(segments, total, len(names), unit)...)
			longest := longestOf(segments)
			length := longest.to - longest.from
			c.tell(p, nil, "%s is the longest with %s, %s of %s", names[longest.part], scaled(unit, length), percent(length/total), scaled(unit, total))
		} else {
			c.warn("", "a waterfall without a total above 0 left out")
		}
	}
	doubts.warn(c)
	return nil
}

// waterfallStep is the height of one stage in pixels.
const waterfallStep = 19.0

// stageMarks are the bars of a waterfall in percent of their total, with their
// length and share beside them.
func stageMarks(segments []segment, total float64, stages int, unit string) []mark {
	var marks []mark
	bar := func(row int, from, to float64, fill ink, opacity float64) {
		at := float64(row)
		text := scaled(unit, to-from) + " · " + percent((to-from)/total)
		from, to = 100*from/total, 100*to/total
		marks = append(marks, box{x0: from, x1: to, y0: at - 0.36, y1: at + 0.36, ink: fill, opacity: opacity})
		l := label{at: plotter.XY{X: max(from, to), Y: at}, text: text, ink: textInk, side: 1}
		if l.at.X > 72 { // there is no room behind it
			l.at.X, l.side = min(from, to), -1
		}
		if from == 0 && to > 72 { // nor before it
			l.at.X, l.side, l.ink = to, -1, groundInk
		}
		marks = append(marks, l)
	}
	longest := longestOf(segments)
	for i, s := range segments {
		opacity := 0.5
		if s == longest {
			opacity = 0
		}
		row := stages - s.part
		bar(row, s.from, s.to, markInk, opacity)
		next := 0
		if i+1 < len(segments) {
			next = stages - segments[i+1].part
		}
		at := 100 * s.to / total
		marks = append(marks, curve{points: plotter.XYs{{X: at, Y: float64(row) - 0.36}, {X: at, Y: float64(next) + 0.36}}, ink: axisInk, width: 1})
	}
	bar(0, 0, total, mutedInk, 0)
	return marks
}

func longestOf(segments []segment) segment {
	return slices.MaxFunc(segments, func(a, b segment) int { return cmp.Compare(a.to-a.from, b.to-b.from) })
}

// percent renders a share, with a decimal below ten percent.
func percent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1%"
	}
	decimals := 0
	if math.Abs(share) < 0.0995 {
		decimals = 1
	}
	return strconv.FormatFloat(100*share, 'f', decimals, 64) + "%"
}

// cascade puts stages one after the other: each begins where the one before
// ended. A stage that is missing (NaN) or infinite takes no place and is
// counted.
func cascade(stages []float64) (segments []segment, total float64, missing int) {
	for i, v := range stages {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			missing++
			continue
		}
		segments = append(segments, segment{i, total, total + v})
		total += v
	}
	return segments, total, missing
}
