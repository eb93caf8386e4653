package figure

import (
	"bufio"
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"strconv"
	"strings"

	"runx/internal/report"

	"gonum.org/v1/plot/plotter"
)

// fontFamily are fonts of the same widths as those that texts are measured in.
const fontFamily = `Arial,Helvetica,'Liberation Sans',sans-serif`

// WriteSVG writes the figure as an SVG file of its own.
func (f *Figure) WriteSVG(w io.Writer, theme Theme) error {
	s := svgWriter{out: bufio.NewWriter(w), paint: func(i ink) string { return hexOf(theme.colorOf(i)) }}
	s.printf(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	s.open(f, `xmlns="http://www.w3.org/2000/svg" `)
	s.printf(`<rect width="100%%" height="100%%" fill="%s"/>`+"\n", s.paint(groundInk))
	return s.finish(f.scene)
}

// WriteInline writes the figure as an svg element for a page: its colours are
// CSS variables that Stylesheet defines for both themes.
func (f *Figure) WriteInline(w io.Writer) error {
	s := svgWriter{out: bufio.NewWriter(w), paint: func(i ink) string {
		if name := i.variable(); name != "" {
			return "var(" + name + ")"
		}
		return hexOf(Light.colorOf(i))
	}}
	s.open(f, `class="figure" `)
	return s.finish(f.scene)
}

// An svgWriter writes a scene in as few bytes as do: coordinates have one
// decimal, and points of one style are one path.
type svgWriter struct {
	out   *bufio.Writer
	paint func(ink) string
}

func (s *svgWriter) printf(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }

func (s *svgWriter) open(f *Figure, attributes string) {
	s.printf(`<svg %swidth="%s" height="%s" viewBox="0 0 %[2]s %[3]s" role="img" aria-label="%s" font-family="%s">`+"\n",
		attributes, digits(f.scene.width), digits(f.scene.height), escape(f.Caption), fontFamily)
}

func (s *svgWriter) finish(scene *scene) error {
	for i := range scene.shapes {
		switch shape := &scene.shapes[i]; {
		case shape.text != nil:
			s.text(shape)
		case shape.stamps != nil:
			s.stamps(shape)
		default:
			s.path(shape)
		}
	}
	s.printf("</svg>\n")
	return s.out.Flush()
}

func (s *svgWriter) path(x *shape) {
	var d strings.Builder
	for _, p := range x.paths {
		d.WriteString(pathData(p, x.closed))
	}
	s.printf(`<path d="%s"`, d.String())
	if x.fill {
		s.printf(` fill="%s"%s/>`+"\n", s.paint(x.ink), opacity("fill-opacity", x.opacity))
		return
	}
	s.printf(` fill="none" stroke="%s" stroke-width="%s" stroke-linejoin="round"%s`, s.paint(x.ink), digits(x.width), opacity("stroke-opacity", x.opacity))
	if x.dashes {
		s.printf(` stroke-dasharray="%s %s"`, digits(dashOn), digits(dashOff))
	}
	s.printf("/>\n")
}

// The dashes of dashed lines, in pixels.
const dashOn, dashOff = 6.0, 4.0

// stamps writes circles as dots of a round pen, and the other markers as paths.
func (s *svgWriter) stamps(x *shape) {
	var d strings.Builder
	if x.marker == circle {
		for _, at := range x.stamps {
			d.WriteString("M" + pair(at) + "h0")
		}
		s.printf(`<path d="%s" stroke="%s" stroke-width="%s" stroke-linecap="round"%s/>`+"\n",
			d.String(), s.paint(x.ink), digits(2*x.radius), opacity("stroke-opacity", x.opacity))
		return
	}
	outline, closed := x.marker.outline(x.radius)
	for _, at := range x.stamps {
		for _, path := range outline {
			moved := make(plotter.XYs, len(path))
			for i, q := range path {
				moved[i] = plotter.XY{X: at.X + q.X, Y: at.Y + q.Y}
			}
			d.WriteString(pathData(moved, closed))
		}
	}
	if closed {
		s.printf(`<path d="%s" fill="%s"%s/>`+"\n", d.String(), s.paint(x.ink), opacity("fill-opacity", x.opacity))
		return
	}
	s.printf(`<path d="%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n", d.String(), s.paint(x.ink), opacity("stroke-opacity", x.opacity))
}

// outline is the form of a marker around 0, filled where it is closed. All
// forms have about the area of a circle of the radius.
func (m marker) outline(radius float64) (paths []plotter.XYs, closed bool) {
	r := radius
	polygon := func(angle float64, n int, r float64) plotter.XYs {
		var p plotter.XYs
		for i := range n {
			sin, cos := math.Sincos(angle + 2*math.Pi*float64(i)/float64(n))
			p = append(p, plotter.XY{X: r * cos, Y: r * sin})
		}
		return p
	}
	switch m {
	case square:
		return []plotter.XYs{polygon(math.Pi/4, 4, 1.25*r)}, true
	case triangle:
		return []plotter.XYs{polygon(-math.Pi/2, 3, 1.45*r)}, true
	case down:
		return []plotter.XYs{polygon(math.Pi/2, 3, 1.45*r)}, true
	case diamond:
		return []plotter.XYs{polygon(0, 4, 1.35*r)}, true
	case cross:
		d := 0.9 * r
		return []plotter.XYs{{{X: -d, Y: -d}, {X: d, Y: d}}, {{X: -d, Y: d}, {X: d, Y: -d}}}, false
	case plus:
		d := 1.2 * r
		return []plotter.XYs{{{X: -d}, {X: d}}, {{Y: -d}, {Y: d}}}, false
	case ring:
		p := polygon(0, 12, r)
		return []plotter.XYs{append(p, p[0])}, false
	}
	return []plotter.XYs{polygon(0, 16, r)}, true
}

// fixedWidth is the width from which a text keeps it in whatever font the viewer
// has, lest it runs into its neighbour. The difference is not seen in short ones.
const fixedWidth = 12.0

func (s *svgWriter) text(x *shape) {
	t := x.text
	s.printf(`<text x="%s" y="%s" font-size="%s" fill="%s"`, digits(t.at.X), digits(t.at.Y), digits(t.size), s.paint(x.ink))
	switch t.anchor {
	case middle:
		s.printf(` text-anchor="middle"`)
	case end:
		s.printf(` text-anchor="end"`)
	}
	if t.bold {
		s.printf(` font-weight="bold"`)
	}
	if width := widthOf(t.words, t.size, t.bold); width > fixedWidth {
		s.printf(` textLength="%s" lengthAdjust="spacingAndGlyphs"`, digits(width))
	}
	if t.halo {
		s.printf(` stroke="%s" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`, s.paint(groundInk))
	}
	s.printf(">%s</text>\n", escape(t.words))
}

// escape makes a text safe in XML, without the characters that XML has no place
// for.
func escape(words string) string { return html.EscapeString(report.Printable(words)) }

func opacity(name string, v float64) string {
	if v == 0 || v == 1 {
		return ""
	}
	return fmt.Sprintf(` %s="%s"`, name, strconv.FormatFloat(v, 'g', 3, 64))
}

// pathData writes a path in relative steps, which are shorter.
func pathData(p plotter.XYs, closed bool) string {
	var b strings.Builder
	var x, y int
	for i, q := range p {
		nx, ny := tenths(q.X), tenths(q.Y)
		switch {
		case i == 0:
			b.WriteString("M" + decimal(nx) + " " + decimal(ny))
		case nx == x && ny == y && i < len(p)-1:
			continue
		case ny == y:
			b.WriteString("h" + decimal(nx-x))
		case nx == x:
			b.WriteString("v" + decimal(ny-y))
		default:
			b.WriteString("l" + decimal(nx-x))
			if ny >= y {
				b.WriteByte(' ')
			}
			b.WriteString(decimal(ny - y))
		}
		x, y = nx, ny
	}
	if closed {
		b.WriteByte('z')
	}
	return b.String()
}

func tenths(v float64) int { return int(math.Round(v * 10)) }

// decimal writes tenths as a decimal number.
func decimal(n int) string {
	if n%10 == 0 {
		return strconv.Itoa(n / 10)
	}
	return strconv.FormatFloat(float64(n)/10, 'f', 1, 64)
}

func digits(v float64) string { return decimal(tenths(v)) }

func pair(at plotter.XY) string { return digits(at.X) + " " + digits(at.Y) }

// alpha is a colour with an opacity, 0 being opaque.
func alpha(c color.RGBA, opacity float64) color.Color {
	if opacity == 0 {
		opacity = 1
	}
	return color.NRGBA{R: c.R, G: c.G, B: c.B, A: uint8(math.Round(opacity * 255))}
}
