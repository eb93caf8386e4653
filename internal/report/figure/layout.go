package figure

import (
	"cmp"
	"math"
	"strings"

	"gonum.org/v1/plot/plotter"
)

// The measures of a figure, in pixels.
const (
	figureWidth  = 720.0
	textWidth    = 0.95 * (figureWidth - 2*border) // viewers may have wider fonts
	plotHeight   = 300.0                           // of the only panel
	panelHeight  = 190.0                           // of one of several
	emptyHeight  = 60.0                            // where there is nothing to draw
	border       = 16.0
	titleSize    = 19.0
	legendSize   = 14.0
	nameSize     = 14.0 // of axis titles and panel titles
	tickSize     = 13.0
	noteSize     = 13.0
	tickGap      = 7.0  // between an axis and its labels
	panelGap     = 26.0 // between panels beside each other
	columnsLimit = 3
)

// A layout is the way from the top of a figure to its bottom.
type layout struct {
	*chart
	scene *scene
	y     float64 // what is above is drawn
}

// layOut places everything.
func (c *chart) layOut(title string) *scene {
	l := &layout{chart: c, scene: &scene{width: figureWidth}, y: border}
	l.reach()
	l.addTitle(title)
	l.addLegend()
	if !l.anything() {
		l.addNothing()
	} else {
		l.addPanels()
	}
	l.scene.height = math.Ceil(l.y + border)
	return l.scene
}

// reach widens the axes to the marks, and settles them.
func (l *layout) reach() {
	for _, p := range l.panels {
		for _, m := range p.marks {
			m.reach(p.x, p.y)
		}
	}
	for _, a := range l.axes() {
		a.settle()
	}
}

// axes are all axes, each once.
func (c *chart) axes() []*axis {
	all := []*axis{c.x, c.y}
	seen := map[*axis]bool{c.x: true, c.y: true}
	if c.bar != nil {
		all = append(all, c.bar.axis)
	}
	for _, p := range c.panels {
		for _, a := range []*axis{p.x, p.y} {
			if !seen[a] {
				all, seen[a] = append(all, a), true
			}
		}
	}
	return all
}

func (l *layout) anything() bool {
	for _, p := range l.panels {
		if len(p.marks) > 0 {
			return true
		}
	}
	return false
}

func (l *layout) addNothing() {
	l.scene.write("nothing to draw: no row has the values", figureWidth/2, l.y+emptyHeight/2, nameSize, mutedInk, middle)
	l.y += emptyHeight
}

// addTitle writes the title in at most two lines.
func (l *layout) addTitle(title string) {
	for _, words := range wrap(title, textWidth, titleSize, true, 2) {
		l.y += titleSize
		l.scene.add(shape{ink: textInk, text: &text{words: words, at: plotter.XY{X: border, Y: l.y}, size: titleSize, bold: true}})
		l.y += 6
	}
	l.y += 6
}

// wrap breaks a text into at most so many lines; the last is elided.
func wrap(words string, width, size float64, bold bool, lines int) []string {
	var out []string
	for rest := strings.Fields(words); len(rest) > 0; {
		if len(out) == lines-1 {
			return append(out, elide(strings.Join(rest, " "), width, size, bold))
		}
		n := len(rest)
		for n > 1 && widthOf(strings.Join(rest[:n], " "), size, bold) > width {
			n--
		}
		out = append(out, elide(strings.Join(rest[:n], " "), width, size, bold))
		rest = rest[n:]
	}
	return out
}

// A gridding is how panels share the figure.
type gridding struct {
	columns     int
	left, width float64 // of the panels of the first column; width of each
	step        float64 // from one column to the next
	height      float64
	barSpace    float64
	ownY        bool // each panel labels its own y axis
}

// addPanels draws all panels, their axes and marks.
func (l *layout) addPanels() {
	g := l.grid()
	rows := (len(l.panels) + g.columns - 1) / g.columns
	l.addYName(&g)
	top := l.y
	for r := range rows {
		row := l.panels[r*g.columns : min((r+1)*g.columns, len(l.panels))]
		l.addRow(&g, r, row)
	}
	if l.bar != nil {
		l.addColorBar(&g, top, l.y)
	}
	l.addXName(&g)
}

func (l *layout) grid() gridding {
	n := len(l.panels)
	g := gridding{columns: min(n, columnsLimit), height: panelHeight}
	if n == 4 {
		g.columns = 2
	}
	if g.columns == 1 {
		g.height = plotHeight
	} else if g.columns == 2 {
		g.height = 220
	}
	if l.columns > 0 {
		g.columns = min(n, l.columns)
	}
	g.height = cmp.Or(l.panelHeight, g.height)
	for _, p := range l.panels {
		g.ownY = g.ownY || p.y != l.panels[0].y
	}
	if l.bar != nil {
		g.barSpace = l.barWidth()
	}
	labels := 0.0
	for _, p := range l.panels {
		labels = max(labels, p.y.labelWidth(g.height))
	}
	labels = min(labels, 150)
	g.left = border + labels + tickGap
	between := panelGap
	if g.ownY {
		between += labels + tickGap
	}
	right := figureWidth - border - 8 - g.barSpace
	g.width = (right - g.left - float64(g.columns-1)*between) / float64(g.columns)
	g.step = g.width + between
	return g
}

// labelWidth is the width of the widest tick label of an axis that stands so
// high.
func (a *axis) labelWidth(height float64) float64 {
	widest := 0.0
	for _, t := range a.ticks(height, heightOfLabel) {
		widest = max(widest, widthOf(t.label, tickSize, false))
	}
	return widest
}

func heightOfLabel(string) float64 { return tickSize * 1.5 }

func widthOfLabel(words string) float64 { return widthOf(words, tickSize, false) + 12 }

// addYName writes the title of the y axis above it, where it reads like any
// text.
func (l *layout) addYName(g *gridding) {
	if g.ownY {
		return
	}
	l.y += nameSize
	l.scene.write(elide(l.panels[0].y.name(), textWidth, nameSize, false), border, l.y, nameSize, mutedInk, start)
	l.y += 10
}

func (l *layout) addXName(g *gridding) {
	name := l.panels[0].x.name()
	if name == "" {
		return
	}
	l.y += nameSize
	middleX := (g.left + figureWidth - border - 8 - g.barSpace) / 2
	l.scene.write(elide(name, textWidth, nameSize, false), middleX, l.y, nameSize, mutedInk, middle)
	l.y += 4
}

// addRow draws the panels beside each other.
func (l *layout) addRow(g *gridding, r int, row []*panel) {
	l.addPanelTitles(g, row)
	top, room := l.y, l.roomOfDots()
	last := 0.0
	for i, p := range row {
		pen := &pen{scene: l.scene, x: p.x, y: p.y, left: g.left + float64(i)*g.step, top: top, width: g.width, height: g.height, room: room}
		below := r*g.columns + i + g.columns
		last = max(last, l.addAxes(pen, i == 0 || g.ownY, below >= len(l.panels)))
		first := len(l.scene.shapes)
		for _, m := range p.marks {
			m.draw(pen)
		}
		l.addReferenceLabels(pen, p, first)
	}
	l.y = top + g.height + last + 10
}

// roomOfDots shares the markers that a figure may have.
func (l *layout) roomOfDots() int {
	n := 0
	for _, p := range l.panels {
		for _, m := range p.marks {
			if d, ok := m.(dots); ok && len(d.points) > minStamps {
				n++
			}
		}
	}
	return max(maxStamps/max(n, 1), minStamps)
}

// addPanelTitles writes what tells the panels of a row apart, and below it what
// the fits say.
func (l *layout) addPanelTitles(g *gridding, row []*panel) {
	titled, notes := false, 0
	for _, p := range row {
		titled = titled || p.title != ""
		notes = max(notes, len(p.notes))
	}
	left := func(i int) float64 { return g.left + float64(i)*g.step }
	if titled {
		l.y += nameSize
		for i, p := range row {
			at := plotter.XY{X: left(i), Y: l.y}
			l.scene.add(shape{ink: textInk, text: &text{words: fitTitle(p.title, g.width), at: at, size: nameSize, bold: true}})
		}
		l.y += 8
	}
	if g.ownY {
		l.y += nameSize
		for i, p := range row {
			l.scene.write(elide(p.y.name(), g.width, nameSize, false), left(i), l.y, nameSize, mutedInk, start)
		}
		l.y += 8
	}
	if notes == 0 {
		return
	}
	below := 0.0
	for i, p := range row {
		below = max(below, l.addNotes(p.notes, left(i), g.width))
	}
	l.y += below
}

// fitTitle leaves the name of the parameter away where there is no room for
// both.
func fitTitle(title string, width float64) string {
	if widthOf(title, nameSize, true) > width {
		if _, value, ok := strings.Cut(title, " = "); ok {
			title = value
		}
	}
	return elide(title, width, nameSize, true)
}

// noteIndent is the room of the marker before a note.
const noteIndent = 12.0

// addNotes writes short texts side by side, and returns their height.
func (l *layout) addNotes(notes []note, left, width float64) float64 {
	x, y := left, l.y
	for i, n := range notes {
		words := n.text
		if n.brief != "" && noteIndent+widthOf(words, noteSize, false) > width {
			words = n.brief
		}
		words = elide(words, width-noteIndent, noteSize, false)
		w := noteIndent + widthOf(words, noteSize, false)
		if i > 0 && x+w > left+width {
			x, y = left, y+noteSize+4
		}
		at := plotter.XY{X: x + dotRadius, Y: y + noteSize - 3 - 0.36*noteSize}
		l.scene.add(shape{stamps: plotter.XYs{at}, marker: n.marker, radius: dotRadius, ink: n.ink})
		l.scene.write(words, x+noteIndent, y+noteSize-3, noteSize, mutedInk, start)
		x += w + 14
	}
	return y - l.y + noteSize + 6
}

// addAxes draws grid and ticks, and returns how far the labels reach below.
func (l *layout) addAxes(p *pen, yLabels, xLabels bool) float64 {
	for _, t := range p.y.ticks(p.height, heightOfLabel) {
		at := p.place(p.x.lo, t.value)
		at.X = p.left
		if t.label == "" {
			continue
		}
		if p.y.categories == nil {
			l.scene.line(gridInk, 1, at, plotter.XY{X: p.left + p.width, Y: at.Y})
		}
		if yLabels {
			l.scene.write(elide(t.label, 150, tickSize, false), p.left-tickGap, at.Y+0.36*tickSize, tickSize, mutedInk, end)
		}
	}
	bottom := p.top + p.height
	if p.y.categories == nil || p.x.categories == nil {
		l.scene.line(axisInk, 1.2, plotter.XY{X: p.left, Y: bottom}, plotter.XY{X: p.left + p.width, Y: bottom})
	}
	return l.addXTicks(p, bottom, xLabels)
}

func (l *layout) addXTicks(p *pen, bottom float64, labels bool) float64 {
	if p.x.categories != nil {
		if !labels {
			return 0
		}
		return l.addCategories(p, bottom)
	}
	for _, t := range p.x.ticks(p.width, widthOfLabel) {
		at := p.place(t.value, p.y.lo)
		long := 5.0
		if t.label == "" {
			long = 3
		}
		l.scene.line(axisInk, 1, plotter.XY{X: at.X, Y: bottom}, plotter.XY{X: at.X, Y: bottom + long})
		if labels && t.label != "" {
			l.scene.write(t.label, at.X, bottom+tickGap+tickSize, tickSize, mutedInk, middle)
		}
	}
	if !labels {
		return 6
	}
	return tickGap + tickSize + 4
}

// maxNamed is the number of categories up to which all are named.
const maxNamed = 12

// widestWord is the width of the widest part of names that is not broken.
func widestWord(names []string) float64 {
	widest := 0.0
	for _, name := range names {
		for _, word := range strings.Fields(strings.ReplaceAll(name, "_", "_ ")) {
			widest = max(widest, widthOf(word, tickSize, false))
		}
	}
	return widest
}

// addCategories writes the names of categories, each in up to three lines
// within its width; where that is too little for many, only some are named.
func (l *layout) addCategories(p *pen, bottom float64) float64 {
	n := len(p.x.categories)
	slot := p.width / float64(n)
	every := max(1, int(math.Ceil(18/slot)))
	widest := 0.0
	for _, c := range p.x.categories {
		widest = max(widest, widthOf(c, tickSize, false))
	}
	if len([]rune(p.x.categories[n-1])) <= 8 { // short ones are not broken
		every = max(every, int(math.Ceil((widest+8)/slot)))
	} else if n > maxNamed {
		every = max(every, int(math.Ceil((widestWord(p.x.categories)+8)/slot)))
	}
	lines := 1
	// A name in the middle of those that it stands for stays clear of the next
	// panel's.
	for i := (every - 1) / 2; i < n; i += every {
		at := p.place(float64(i), p.y.lo)
		words := strings.ReplaceAll(p.x.categories[i], "_", "_\u200b")
		for k, line := range wrap(strings.ReplaceAll(words, "\u200b", " "), slot*float64(every)-4, tickSize, false, 3) {
			line = strings.ReplaceAll(line, "_ ", "_")
			l.scene.write(line, at.X, bottom+tickGap+tickSize+float64(k)*(tickSize+2), tickSize, mutedInk, middle)
			lines = max(lines, k+1)
		}
	}
	return tickGap + float64(lines)*(tickSize+2) + 2
}
