package figure

import (
	"cmp"
	"math"

	"gonum.org/v1/plot/plotter"
)

// A pen draws marks into the rectangle of a panel.
type pen struct {
	scene                    *scene
	x, y                     *axis
	left, top, width, height float64
	pixels                   map[[2]int32]struct{} // reused
	// room is how many points each dots mark may have.
	room int
}

// The measures of the house style, in pixels of a figure 720 wide.
const (
	lineWidth   = 2.4
	dotRadius   = 3.6
	bandOpacity = 0.18
)

// place is where a point of the panel is in the scene.
func (p *pen) place(x, y float64) plotter.XY {
	return plotter.XY{X: p.left + p.x.fraction(x)*p.width, Y: p.top + (1-p.y.fraction(y))*p.height}
}

// inside tells whether a place is in the panel, or within slack pixels of it.
func (p *pen) inside(at plotter.XY, slack float64) bool {
	return at.X >= p.left-slack && at.X <= p.left+p.width+slack && at.Y >= p.top-slack && at.Y <= p.top+p.height+slack
}

// clamp moves a place to the nearest one in the panel.
func (p *pen) clamp(at plotter.XY) plotter.XY {
	return plotter.XY{X: min(max(at.X, p.left), p.left+p.width), Y: min(max(at.Y, p.top), p.top+p.height)}
}

func isPlace(at plotter.XY) bool {
	return !math.IsNaN(at.X) && !math.IsNaN(at.Y) && !math.IsInf(at.X, 0) && !math.IsInf(at.Y, 0)
}

// paths are curves in the scene, parted where a point has no place or lies
// outside the panel.
func (p *pen) paths(points plotter.XYs) []plotter.XYs {
	var paths []plotter.XYs
	var path plotter.XYs
	part := func() {
		if len(path) > 1 {
			paths = append(paths, thin(path))
		}
		path = nil
	}
	for _, q := range points {
		at := p.place(q.X, q.Y)
		if !isPlace(at) || !p.inside(at, 0.5) {
			part()
			continue
		}
		path = append(path, at)
	}
	part()
	return paths
}

// thinFrom is the number of points from which a path is thinned.
const thinFrom = 500

// thin leaves of a path what can be seen: of the points of one column of half
// pixels the first, the last, the highest and the lowest.
func thin(path plotter.XYs) plotter.XYs {
	if len(path) <= thinFrom {
		return path
	}
	var out plotter.XYs
	for i := 0; i < len(path); {
		column := math.Floor(path[i].X * 2)
		lowest, highest, last := i, i, i
		for last+1 < len(path) && math.Floor(path[last+1].X*2) == column {
			last++
			if path[last].Y < path[lowest].Y {
				lowest = last
			}
			if path[last].Y > path[highest].Y {
				highest = last
			}
		}
		previous := -1
		for _, k := range [...]int{i, min(lowest, highest), max(lowest, highest), last} {
			if k != previous {
				out = append(out, path[k])
			}
			previous = k
		}
		i = last + 1
	}
	return out
}

func (c curve) reach(x, y *axis) {
	if !c.ghost {
		reach(c.points, x, y)
	}
}

func reach(points plotter.XYs, x, y *axis) {
	for _, q := range points {
		x.include(q.X)
		y.include(q.Y)
	}
}

func (c curve) draw(p *pen) {
	width := c.width
	if width == 0 {
		width = lineWidth
	}
	if paths := p.paths(c.points); paths != nil {
		p.scene.add(shape{paths: paths, ink: c.ink, width: width, opacity: c.opacity, dashes: c.dashes})
	}
}

func (a area) reach(x, y *axis) {
	if !a.ghost {
		reach(a.upper, x, y)
		reach(a.lower, x, y)
	}
}

func (a area) draw(p *pen) {
	var path plotter.XYs
	add := func(q plotter.XY) {
		if at := p.place(q.X, q.Y); isPlace(at) {
			path = append(path, p.clamp(at))
		}
	}
	for _, q := range a.upper {
		add(q)
	}
	path = thin(path)
	upper := len(path)
	for i := range a.lower {
		add(a.lower[len(a.lower)-1-i])
	}
	path = append(path[:upper:upper], thin(path[upper:])...)
	if len(path) < 3 {
		return
	}
	opacity := a.opacity
	if opacity == 0 {
		opacity = bandOpacity
	}
	p.scene.add(shape{paths: []plotter.XYs{path}, closed: true, fill: true, ink: a.ink, opacity: opacity})
}

func (d dots) reach(x, y *axis) {
	if !d.ghost {
		reach(d.points, x, y)
	}
}

// The bounds on the markers of a figure, and of one series in one panel.
const (
	maxStamps = 8000
	minStamps = 100
)

func (d dots) draw(p *pen) {
	radius := d.radius
	if radius == 0 {
		radius = dotRadius
	}
	var places plotter.XYs
	for _, q := range d.points {
		if at := p.place(q.X, q.Y); isPlace(at) && p.inside(at, 0.5) {
			places = append(places, at)
		}
	}
	for cell := 1.0; ; cell *= 1.5 {
		if places = p.distinct(places, cell); len(places) <= p.room {
			break
		}
	}
	if len(places) > 0 {
		p.scene.add(shape{stamps: places, marker: d.marker, radius: radius, ink: d.ink, opacity: d.opacity})
	}
}

// distinct are the first places of each cell of so many pixels.
func (p *pen) distinct(places plotter.XYs, cell float64) plotter.XYs {
	if p.pixels == nil {
		p.pixels = map[[2]int32]struct{}{}
	}
	clear(p.pixels)
	var out plotter.XYs
	for _, at := range places {
		pixel := [2]int32{int32(at.X / cell), int32(at.Y / cell)}
		if _, seen := p.pixels[pixel]; !seen {
			p.pixels[pixel] = struct{}{}
			out = append(out, at)
		}
	}
	return out
}

func (b box) reach(x, y *axis) {
	x.include(b.x0)
	x.include(b.x1)
	y.include(b.y0)
	y.include(b.y1)
}

func (b box) draw(p *pen) {
	// The foot of a bar on a logarithmic axis is the lower end of the axis.
	foot := func(a *axis, v float64) float64 {
		if a.log && v <= 0 {
			return a.lo
		}
		return v
	}
	from := p.place(foot(p.x, b.x0), foot(p.y, b.y0))
	to := p.place(foot(p.x, b.x1), foot(p.y, b.y1))
	if !isPlace(from) || !isPlace(to) {
		return
	}
	from, to = p.clamp(from), p.clamp(to)
	x0, x1 := min(from.X, to.X), max(from.X, to.X)
	y0, y1 := min(from.Y, to.Y), max(from.Y, to.Y)
	if b.gap {
		x0, x1 = x0+min(0.5, (x1-x0)/4), x1-min(0.5, (x1-x0)/4)
		y0, y1 = y0+min(0.5, (y1-y0)/4), y1-min(0.5, (y1-y0)/4)
	}
	paths := []plotter.XYs{{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}}
	if b.hatched {
		p.scene.add(shape{paths: hatch(x0, y0, x1, y1), ink: b.ink, opacity: b.opacity, width: 1})
		return
	}
	p.scene.add(shape{paths: paths, closed: true, fill: !b.hollow, ink: b.ink, opacity: b.opacity, width: 1.5})
}

// hatch are slanted lines through a rectangle.
func hatch(x0, y0, x1, y1 float64) []plotter.XYs {
	const step = 7
	var lines []plotter.XYs
	for d := x0 + step - (y1 - y0); d < x1; d += step {
		// From (d, y1) upwards to the right.
		fromX, toX := max(d, x0), min(d+(y1-y0), x1)
		if toX > fromX {
			lines = append(lines, plotter.XYs{{X: fromX, Y: y1 - (fromX - d)}, {X: toX, Y: y1 - (toX - d)}})
		}
	}
	return lines
}

func (l label) reach(x, y *axis) {
	x.include(l.at.X)
	y.include(l.at.Y)
}

func (l label) draw(p *pen) {
	at := p.place(l.at.X, l.at.Y)
	if !isPlace(at) || !l.fits(p) {
		return
	}
	size := cmp.Or(l.size, tickSize)
	at.Y += 0.36 * size
	if l.above {
		at.Y -= 0.36*size + 5
	}
	at.X += 5 * float64(l.side)
	p.scene.write(l.text, at.X, at.Y, size, l.ink, middle-anchor(l.side))
}

// fits tells whether the text is no wider than its room.
func (l label) fits(p *pen) bool {
	room := math.Abs(p.place(l.at.X+l.room, l.at.Y).X - p.place(l.at.X, l.at.Y).X)
	return l.room == 0 || widthOf(l.text, cmp.Or(l.size, tickSize), false) <= room
}

func (s *scene) add(x shape) { s.shapes = append(s.shapes, x) }
