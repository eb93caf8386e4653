package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"runx/internal/report"
)

// drawWaterfall draws the stages of y as bars that begin where the one before
// ended, downwards, and their sum below them. The longest stage stands out.
func drawWaterfall(c *chart) error {
	names, stat := partNames(c.plot.Y)
	stages := append(slices.Clone(names), "total")
	slices.Reverse(stages) // the first stage is on top
	c.x, c.y = c.axisOf(c.plot.LogX, c.plot.Y...), &axis{categories: stages, title: " "}
	c.refuseLog(c.x, "bars one after the other")
	c.x.title = partsTitle(c.x.unit, stat)
	c.y.include(-0.5)
	c.y.include(float64(len(stages)) - 0.5)
	var doubts partDoubts
	for _, p := range c.panels {
		// Each panel has its own length: one request is not compared with another.
		x := *c.x
		p.x, p.y = &x, c.y
		var rows []int
		for _, g := range p.groups {
			rows = append(rows, g.rows...)
		}
		segments, total, missing := cascade(c.parts(rows))
		doubts.note(len(rows), missing)
		p.add(stageMarks(segments, total, len(stages), x.unit)...)
	}
	doubts.warn(c)
	return nil
}

// stageMarks are the bars of a waterfall with their length and share beside
// them.
func stageMarks(segments []segment, total float64, stages int, unit string) []mark {
	longest, low, high := -1, 0.0, 0.0
	for i, s := range segments {
		if longest < 0 || s.to-s.from > segments[longest].to-segments[longest].from {
			longest = i
		}
		low, high = min(low, s.to), max(high, s.to)
	}
	var marks []mark
	scale := report.ScaleFor(unit, []float64{high / 2})
	bar := func(y int, from, to float64, ink ink, opacity float64) {
		at := float64(y)
		marks = append(marks, box{x0: from, x1: to, y0: at - 0.38, y1: at + 0.38, ink: ink, opacity: opacity})
		value := short(scale, to-from)
		if total > 0 {
			value += fmt.Sprintf(" · %.*f%%", percentDecimals((to-from)/total), 100*(to-from)/total)
		}
		l := label{at: plotter.XY{X: max(from, to), Y: at}, text: value, ink: textInk, side: 1}
		if max(from, to) > low+0.6*(high-low) { // no room behind it
			l.at.X, l.side = min(from, to), -1
		}
		marks = append(marks, l)
	}
	for i, s := range segments {
		opacity := 0.55
		if i == longest {
			opacity = 0
		}
		y := stages - 1 - s.part
		bar(y, s.from, s.to, seriesInk, opacity)
		if i+1 < len(segments) {
			down := plotter.XYs{{X: s.to, Y: float64(y) - 0.38}, {X: s.to, Y: float64(stages-1-segments[i+1].part) + 0.38}}
			marks = append(marks, curve{points: down, ink: axisInk, width: 1})
		}
	}
	if len(segments) > 0 {
		bar(0, 0, total, mutedInk, 0.6)
	}
	return marks
}

// percentDecimals gives shares below a tenth a decimal.
func percentDecimals(share float64) int {
	if share < 0.095 {
		return 1
	}
	return 0
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
