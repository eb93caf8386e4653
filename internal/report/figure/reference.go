package figure

import (
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

// addReferenceLabels names the lines, inside the panel and beside the line.
func (l *layout) addReferenceLabels(p *pen, panel *panel) {
	for _, m := range panel.marks {
		r, ok := m.(rule)
		if !ok || r.label == "" {
			continue
		}
		words := elide(r.label, p.width*0.6, noteSize, false)
		t := &text{words: words, size: noteSize, halo: true, anchor: end}
		if r.vertical {
			at := p.place(r.at, p.y.lo)
			t.at = plotter.XY{X: at.X - 5, Y: p.top + noteSize}
			if at.X-5-widthOf(words, noteSize, false) < p.left {
				t.at.X, t.anchor = at.X+5, start
			}
		} else {
			at := p.place(p.x.lo, r.at)
			t.at = plotter.XY{X: p.left + p.width - 2, Y: at.Y - 5}
			if at.Y-5-noteSize < p.top {
				t.at.Y = at.Y + noteSize + 3
			}
		}
		if isPlace(t.at) {
			l.scene.add(shape{ink: textInk, text: t})
		}
	}
}
