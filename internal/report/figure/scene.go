package figure

import (
	"sync"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// A scene is a laid out figure: shapes and texts in pixels, y downwards, in
// colours that a theme chooses. It is what the writers write.
type scene struct {
	width, height float64
	shapes        []shape
}

// A shape is one thing to draw; it has outlines, or stamps, or a text.
type shape struct {
	paths   []plotter.XYs // one style for all
	closed  bool
	fill    bool // else a stroke
	ink     ink
	opacity float64 // 0 is opaque
	width   float64 // of the stroke
	dashes  bool

	stamps plotter.XYs // places of the marker
	marker marker
	radius float64

	text *text
}

// A text is a line of words.
type text struct {
	words  string
	at     plotter.XY // on the base line
	anchor anchor
	size   float64
	bold   bool
	// halo parts the text from what is below it.
	halo bool
}

// An anchor says where a text has its place.
type anchor int

// The anchors.
const (
	start anchor = iota
	middle
	end
)

// fonts are Liberation Sans, which has the widths of Arial and Helvetica, in
// normal and bold.
var fonts = sync.OnceValue(func() [2]font.Face {
	cache := font.NewCache(liberation.Collection())
	return [2]font.Face{
		cache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, 10),
		cache.Lookup(font.Font{Typeface: "Liberation", Variant: "Sans", Weight: xfont.WeightBold}, 10),
	}
})

func faceOf(size float64, bold bool) font.Face {
	face := fonts()[0]
	if bold {
		face = fonts()[1]
	}
	face.Font.Size = vg.Length(size)
	return face
}

// widthOf is how wide a text is, in pixels.
func widthOf(words string, size float64, bold bool) float64 {
	face := faceOf(size, bold)
	return float64(face.Width(words))
}

// bounds are the ends of a text.
func (t *text) bounds() (x0, y0, x1, y1 float64) {
	w := widthOf(t.words, t.size, t.bold)
	x0 = t.at.X - w*float64(t.anchor)/2
	return x0, t.at.Y - 0.75*t.size, x0 + w, t.at.Y + 0.22*t.size
}

// elide shortens a text to a width.
func elide(words string, width, size float64, bold bool) string {
	if widthOf(words, size, bold) <= width {
		return words
	}
	runes := []rune(words)
	lo, hi := 0, len(runes)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if widthOf(string(runes[:mid])+"…", size, bold) <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return string(runes[:lo]) + "…"
}

func (s *scene) write(words string, x, y, size float64, i ink, a anchor) {
	s.shapes = append(s.shapes, shape{ink: i, text: &text{words: words, at: plotter.XY{X: x, Y: y}, anchor: a, size: size}})
}

func (s *scene) line(i ink, width float64, points ...plotter.XY) {
	s.shapes = append(s.shapes, shape{paths: []plotter.XYs{points}, ink: i, width: width})
}
