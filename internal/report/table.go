package report

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Table is text in aligned columns under a heading of one or two lines.
type Table struct {
	Columns []TableColumn
	Rows    [][]string
}

// A TableColumn is the heading of one column and how its cells stand.
type TableColumn struct {
	Title string
	Unit  string // second line of the heading, where any column has one
	Right bool   // numbers stand to the right
	Keep  bool   // never hidden for want of width
}

// columnGap is the space between two columns.
const columnGap = 2

// Write lays the table out in width cells (0: as wide as it needs). Columns
// that do not fit are hidden, the last ones first; it returns how many.
func (t *Table) Write(w io.Writer, width int, style Style) (hidden int, err error) {
	widths := t.widths()
	shown := fit(t.Columns, widths, width)
	var b strings.Builder
	line := func(cell func(i int) string, paint func(string) string) {
		var l strings.Builder
		for k, i := range shown {
			if k > 0 {
				l.WriteString(strings.Repeat(" ", columnGap))
			}
			text, last := Printable(cell(i)), k == len(shown)-1
			pad := strings.Repeat(" ", max(widths[i]-cells(text), 0))
			switch {
			case t.Columns[i].Right:
				l.WriteString(pad + text)
			case last:
				l.WriteString(text)
			default:
				l.WriteString(text + pad)
			}
		}
		b.WriteString(paint(strings.TrimRight(l.String(), " ")) + "\n")
	}
	line(func(i int) string { return t.Columns[i].Title }, style.Bold)
	if t.hasUnits() {
		line(func(i int) string { return t.Columns[i].Unit }, style.Dim)
	}
	plain := func(s string) string { return s }
	for _, row := range t.Rows {
		line(func(i int) string { return row[i] }, plain)
	}
	_, err = io.WriteString(w, b.String())
	return len(t.Columns) - len(shown), err
}

func (t *Table) hasUnits() bool {
	for _, c := range t.Columns {
		if c.Unit != "" {
			return true
		}
	}
	return false
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = max(cells(Printable(c.Title)), cells(Printable(c.Unit)))
		for _, row := range t.Rows {
			widths[i] = max(widths[i], cells(Printable(row[i])))
		}
	}
	return widths
}

// fit returns the indices of the columns that have room in width: all that
// must be kept, then the others from left to right as long as they fit.
func fit(columns []TableColumn, widths []int, width int) []int {
	used := -columnGap
	for i, c := range columns {
		if c.Keep {
			used += widths[i] + columnGap
		}
	}
	var shown []int
	full := false
	for i, c := range columns {
		if !c.Keep {
			full = full || width > 0 && used+widths[i]+columnGap > width
			if full {
				continue
			}
			used += widths[i] + columnGap
		}
		shown = append(shown, i)
	}
	return shown
}

// cells is how many places of the terminal a text takes.
func cells(s string) int { return utf8.RuneCountInString(s) }

// clip shortens a text to width cells.
func clip(s string, width int) string {
	if cells(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	return string([]rune(s)[:width-1]) + "…"
}

// Wrap breaks a text between words so that no line is wider than width cells
// (0: there is no bound); the lines after the first are indented. A word that is
// wider stands alone.
func Wrap(text string, width, indent int) string {
	if width == 0 || cells(text) <= width {
		return text
	}
	var b strings.Builder
	used := 0
	for i, word := range strings.SplitAfter(text, " ") {
		if i > 0 && used+cells(strings.TrimRight(word, " ")) > width {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		}
		b.WriteString(word)
		used += cells(word)
	}
	return b.String()
}

// Printable replaces what would move the cursor or colour the terminal: texts
// of specs, programs and workers are shown, not obeyed.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '�'
		}
		return r
	}, s)
}
