// Package figure draws the plots of a run. The way of the data:
//
//  1. New takes the rows that a plot's where leaves, parts them into panels
//     (facet) and series (color), and makes the marks of the plot's kind in the
//     units of the table: curves, areas, dots, boxes, labels.
//  2. The marks widen the axes, which choose their unit and ticks; all of it is
//     laid out once, as a scene of shapes in pixels and of roles of colour.
//  3. The scene is written in one of two themes as SVG or PNG, or as SVG for a
//     page whose style sheet chooses the theme. All and WriteFiles do so for all
//     plots of a run.
//
// Pictures stay small: a mark that no eye could tell from another is drawn once.
package figure

import (
	"runx/internal/results"
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
