package figure

import (
	"math"

	"gonum.org/v1/plot/plotter"
)

// A rule is a reference line, across the panel.
type rule struct {
	vertical bool
	at       float64
	label    string
}

func (r rule) reach(x, y *axis) {
	if r.vertical {
		x.include(r.at)
	} else {
		y.include(r.at)
	}
}

func (r rule) draw(p *pen) {
	at := p.place(p.x.lo, r.at)
	from, to := plotter.XY{X: p.left, Y: at.Y}, plotter.XY{X: p.left + p.width, Y: at.Y}
	if r.vertical {
		at = p.place(r.at, p.y.lo)
		from, to = plotter.XY{X: at.X, Y: p.top + p.height}, plotter.XY{X: at.X, Y: p.top}
	}
	if isPlace(from) && isPlace(to) {
		p.scene.add(shape{paths: []plotter.XYs{{from, to}}, ink: textInk, width: 1.3, dashes: true})
	}
}

// addReferences puts the lines to compare with on each panel.
func (c *chart) addReferences() {
	for _, ref := range c.plot.References {
		for _, p := range c.panels {
			if len(p.marks) == 0 {
				continue
			}
			if ref.X != nil {
				p.add(rule{true, *ref.X, ref.Label})
			} else {
				p.add(rule{false, *ref.Y, ref.Label})
			}
		}
	}
}

// addReferenceLabels names the lines, each where it covers the fewest of the
// marks, which are the shapes of the scene from first.
func (l *layout) addReferenceLabels(p *pen, panel *panel, first int) {
	taken := places(l.scene.shapes[first:])
	for _, m := range panel.marks {
		r, ok := m.(rule)
		if !ok || r.label == "" {
			continue
		}
		var best *text
		fewest := math.MaxInt
		for _, t := range r.labels(p, elide(r.label, p.width*0.8, noteSize, false)) {
			if n := covered(t, taken, p); n < fewest {
				best, fewest = t, n
			}
		}
		if best == nil || !isPlace(best.at) {
			continue
		}
		l.scene.add(shape{ink: textInk, text: best})
		x0, y0, x1, y1 := best.bounds()
		for range 100 { // another label must not be there
			taken = append(taken, plotter.XY{X: (x0 + x1) / 2, Y: (y0 + y1) / 2}, plotter.XY{X: x0, Y: y1}, plotter.XY{X: x1, Y: y0})
		}
	}
}

// labels are the places where the name of a line may stand: beside it, at its
// ends and in its middle.
func (r rule) labels(p *pen, words string) []*text {
	var all []*text
	add := func(x, y float64, a anchor) {
		all = append(all, &text{words: words, at: plotter.XY{X: x, Y: y}, anchor: a, size: noteSize, halo: true})
	}
	if r.vertical {
		x := p.place(r.at, p.y.lo).X
		for _, part := range []float64{0, 0.25, 0.5, 0.75, 1} {
			y := p.top + noteSize + part*(p.height-noteSize-4)
			add(x-5, y, end)
			add(x+5, y, start)
		}
		return all
	}
	y := p.place(p.x.lo, r.at).Y
	for _, part := range []float64{1, 0.5, 0} {
		x := p.left + 3 + part*(p.width-6)
		add(x, y-5, anchor(2*part))
		add(x, y+noteSize+1, anchor(2*part))
	}
	return all
}

// places are points along the shapes, a few pixels apart.
func places(shapes []shape) plotter.XYs {
	const step = 5
	var all plotter.XYs
	for i := range shapes {
		all = append(all, shapes[i].stamps...)
		for _, path := range shapes[i].paths {
			for k := 1; k < len(path); k++ {
				a, b := path[k-1], path[k]
				n := math.Ceil(math.Hypot(b.X-a.X, b.Y-a.Y) / step)
				for j := 0.0; j < n; j++ {
					all = append(all, plotter.XY{X: a.X + (b.X-a.X)*j/n, Y: a.Y + (b.Y-a.Y)*j/n})
				}
			}
		}
	}
	return all
}

// covered counts the places that a text hides; one that leaves the panel is the
// worst.
func covered(t *text, taken plotter.XYs, p *pen) int {
	x0, y0, x1, y1 := t.bounds()
	if x0 < p.left || x1 > p.left+p.width || y0 < p.top-4 || y1 > p.top+p.height {
		return math.MaxInt - 1
	}
	n := 0
	for _, at := range taken {
		if at.X > x0-2 && at.X < x1+2 && at.Y > y0-1 && at.Y < y1+1 {
			n++
		}
	}
	return n
}
