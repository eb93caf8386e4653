package figure

import "gonum.org/v1/plot/plotter"

// A mark is something drawn on a panel. Its coordinates are those of the
// panel's axes, in stored units.
type mark interface {
	// reach widens the axes so far that the mark can be seen.
	reach(x, y *axis)
	draw(p *pen)
}

// A curve is a line through points. NaN parts it.
type curve struct {
	points  plotter.XYs
	ink     ink
	width   float64 // in pixels; 0 is that of the house style
	opacity float64 // 0 is opaque
	dashes  bool
	// ghost lines do not widen the axes.
	ghost bool
}

// An area is filled between two curves over the same x, or is any polygon where
// lower is nil.
type area struct {
	upper, lower plotter.XYs
	ink          ink
	opacity      float64 // 0 is that of a band
	ghost        bool
}

// A dots is one marker at many places; of those that no eye could tell apart
// one is drawn.
type dots struct {
	points  plotter.XYs
	ink     ink
	marker  marker
	radius  float64 // in pixels; 0 is that of the house style
	opacity float64 // 0 is opaque
	ghost   bool
}

// A box is a rectangle, filled or (hollow) outlined.
type box struct {
	x0, y0, x1, y1 float64
	ink            ink
	opacity        float64 // 0 is opaque
	hollow         bool
	hatched        bool // says that there is nothing
	gap            bool // leaves a pixel to its neighbours
}

// A label is a text at a place, centred on it. It is left out where it is wider
// than room (in units of the x axis; 0 is no bound).
type label struct {
	at    plotter.XY
	text  string
	ink   ink
	size  float64 // in pixels; 0 is that of ticks
	room  float64
	above bool // stands above the place and not upon it
	side  int  // 1 begins behind the place, -1 ends before it, 0 is centred
}

// A marker is the form of a point.
type marker int

// The markers, told apart without colours.
const (
	circle marker = iota
	square
	triangle
	diamond
	cross
	plus
	down
	ring
	noMarker
)
