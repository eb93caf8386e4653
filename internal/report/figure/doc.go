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
