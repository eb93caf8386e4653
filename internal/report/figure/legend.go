package figure

import (
	"math"
	"strings"

	"gonum.org/v1/plot/plotter"
)

// maxLegendRows bounds the height of a legend.
const maxLegendRows = 6

// entries are the series, where there are two or more of them, and what the
// kind added. full entries have what the fits say.
func (c *chart) entries(full bool) []entry {
	var all []entry
	if len(c.series) > 1 {
		for _, s := range c.series {
			label := s.label
			if full && s.says != "" {
				label = strings.TrimSpace(label + " " + s.says)
			}
			if s.key != keyNone {
				all = append(all, entry{label, s.ink, s.marker, s.key})
			}
		}
	}
	return append(all, c.legend...)
}

// The room of an entry of a legend.
const (
	keyWidth = 24.0
	keyGap   = 6.0
	entryGap = 20.0
)

// addLegend writes the entries in rows below the title, after the name of the
// parameter that they are values of. Where they are too many, the caption has
// the fits.
func (l *layout) addLegend() {
	entries := l.entries(true)
	if len(entries) == 0 {
		return
	}
	name := ""
	left := border
	if l.plot.Color != "" && len(l.series) > 1 {
		name = elide(l.label(l.plot.Color), 200, legendSize, false)
		left += widthOf(name, legendSize, false) + entryGap
	}
	if len(legendRows(entries, left)) > maxLegendRows {
		entries = l.entries(false)
	}
	rows := legendRows(entries, left)
	y := l.y + legendSize
	if name != "" {
		l.scene.write(name, border, y, legendSize, mutedInk, start)
	}
	for _, row := range rows[:min(len(rows), maxLegendRows)] {
		x := left
		for _, e := range row {
			l.addKey(e, x, y-0.36*legendSize)
			l.scene.write(e.label, x+keyWidth+keyGap, y, legendSize, textInk, start)
			x += e.width() + entryGap
		}
		entries = entries[len(row):]
		y += legendSize + 8
	}
	if len(entries) > 0 {
		l.warn("choose some by where", "the legend has no room for %d of its entries", len(entries))
	}
	l.y = y - (legendSize + 8) + 16
}

// width is the room that an entry takes.
func (e *entry) width() float64 { return keyWidth + keyGap + widthOf(e.label, legendSize, false) }

// legendRows parts entries into rows that begin at left, and cuts what is wider
// than a row.
func legendRows(entries []entry, left float64) [][]entry {
	var rows [][]entry
	x := math.Inf(1)
	for _, e := range entries {
		e.label = elide(e.label, textWidth-left-keyWidth-keyGap, legendSize, false)
		if x+e.width() > figureWidth-border {
			rows, x = append(rows, nil), left
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], e)
		x += e.width() + entryGap
	}
	return rows
}

// addKey draws what the entry looks like in the panels.
func (l *layout) addKey(e entry, x, y float64) {
	middle := plotter.XY{X: x + keyWidth/2, Y: y}
	switch e.key {
	case keyPatch, keyHatch:
		patch := plotter.XYs{{X: x + 4, Y: y - 6}, {X: x + keyWidth - 4, Y: y - 6}, {X: x + keyWidth - 4, Y: y + 6}, {X: x + 4, Y: y + 6}}
		if e.key == keyHatch {
			l.scene.add(shape{paths: hatch(x+4, y-6, x+keyWidth-4, y+6), ink: e.ink, width: 1})
			return
		}
		l.scene.add(shape{paths: []plotter.XYs{patch}, closed: true, fill: true, ink: e.ink})
		return
	case keyLine, keyDashes:
		l.scene.add(shape{
			paths: []plotter.XYs{{{X: x, Y: y}, {X: x + keyWidth, Y: y}}}, ink: e.ink, width: lineWidth, dashes: e.key == keyDashes,
		})
	}
	if e.marker != noMarker && e.key != keyDashes {
		l.scene.add(shape{stamps: plotter.XYs{middle}, marker: e.marker, radius: dotRadius + 0.6, ink: e.ink})
	}
}

// The room of a colour bar.
const (
	barThickness = 16.0
	barGap       = 18.0
)

// barWidth is the room that a colour bar takes beside the panels.
func (l *layout) barWidth() float64 {
	return barGap + barThickness + tickGap + min(l.bar.axis.labelWidth(plotHeight), 120)
}

// addColorBar draws the ramp from top to bottom, with the name of the column
// above it.
func (l *layout) addColorBar(g *gridding, top, bottom float64) {
	left := figureWidth - border - g.barSpace + barGap
	bottom -= 40
	bottom = max(min(bottom, top+plotHeight), top+80)
	height := bottom - top
	const steps = 64
	for i := range steps {
		y0 := bottom - height*float64(i+1)/steps
		y1 := bottom - height*float64(i)/steps
		path := plotter.XYs{{X: left, Y: y0 - 0.3}, {X: left + barThickness, Y: y0 - 0.3}, {X: left + barThickness, Y: y1}, {X: left, Y: y1}}
		l.scene.add(shape{paths: []plotter.XYs{path}, closed: true, fill: true, ink: heatInk((float64(i) + 0.5) / steps)})
	}
	a := l.bar.axis
	for _, t := range a.ticks(height, heightOfLabel) {
		y := bottom - a.fraction(t.value)*height
		if t.label == "" || math.IsNaN(y) || y < top-1 || y > bottom+1 {
			continue
		}
		l.scene.write(elide(t.label, 120, tickSize, false), left+barThickness+tickGap, y+0.36*tickSize, tickSize, mutedInk, start)
	}
	name := elide(a.name(), figureWidth/2, nameSize, false)
	l.scene.write(name, figureWidth-border, top-10, nameSize, mutedInk, end)
}
