// Package figure draws the plots of a run. The way of the data:
//
//  1. New takes the rows that a plot's where leaves, parts them into panels
//     (facet) and series (color), and makes the marks of the plot's kind:
//     points, lines, boxes, cells.
//  2. A Figure has one look, the house style, in two themes. It is written as
//     SVG or PNG, or as SVG for a page whose style sheet chooses the theme.
//
// Pictures stay small: a mark that no eye could tell from another is drawn once.
package figure

import (
	_ "gonum.org/v1/plot"
	_ "gonum.org/v1/plot/plotter"
	_ "gonum.org/v1/plot/vg/vgimg"
	_ "gonum.org/v1/plot/vg/vgsvg"

	"errors"
	"io"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
)

// Data are the tables that a plot may show. Samples may lack columns that no
// plot of the spec names.
type Data struct {
	Spec             *spec.Spec
	Summary, Samples *results.Table
}

// A Theme is the ground that a figure stands on.
type Theme int

// The themes.
const (
	Light Theme = iota
	Dark
)

// A Figure is one drawn plot.
type Figure struct {
	// Title is that of the plot, or made of its columns.
	Title string
	// Name is the name of its files, without an ending: "03-latency-over-dimension".
	Name string
	// Caption says in words what the picture shows, for those who cannot see it,
	// with the fitted exponents.
	Caption string
	// Warnings say what could not be drawn: "2 points have no interval".
	Warnings []stats.Warning
}

// New draws plot number i of a spec, from 0.
func New(data Data, i int) (*Figure, error) { return nil, errors.ErrUnsupported }

// WriteSVG writes the figure as an SVG file of its own.
func (f *Figure) WriteSVG(w io.Writer, theme Theme) error { return errors.ErrUnsupported }

// WritePNG writes the figure as a PNG of twice the size in pixels.
func (f *Figure) WritePNG(w io.Writer, theme Theme) error { return errors.ErrUnsupported }

// WriteInline writes the figure as an svg element for a page: its colours are
// CSS variables that Stylesheet defines for both themes.
func (f *Figure) WriteInline(w io.Writer) error { return errors.ErrUnsupported }

// Stylesheet defines the colours of inline figures: for the theme light under
// selector light, and for the theme dark under selector dark.
func Stylesheet(light, dark string) string { return "" }
