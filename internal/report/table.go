package report

import (
	"io"
	"slices"
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
	Spare bool   // of those that are kept, hidden where no other column would have room
}

// columnGap is the space between two columns.
const columnGap = 2

// Write lays the table out in width cells (0: as wide as it needs). Where that is
// too narrow, headings are broken between their words, and columns that still do
// not fit are hidden, the last ones first; it returns how many.
func (t *Table) Write(w io.Writer, width int, style Style) (hidden int, err error) {
	l := t.layout(width)
	var b strings.Builder
	for line := range l.height {
		b.WriteString(style.Bold(l.line(t, func(i int) string { return l.heading(i, line) })) + "\n")
	}
	if slices.ContainsFunc(l.shown, func(i int) bool { return t.Columns[i].Unit != "" }) {
		b.WriteString(style.Dim(l.line(t, func(i int) string { return t.Columns[i].Unit })) + "\n")
	}
	for _, row := range t.Rows {
		b.WriteString(l.line(t, func(i int) string { return row[i] }) + "\n")
	}
	_, err = io.WriteString(w, b.String())
	return len(t.Columns) - len(l.shown), err
}

// A layout is where everything of a table stands.
type layout struct {
	shown  []int // columns, from left to right
	widths []int // by column
	heads  [][]string
	height int // of the heading
}

func (t *Table) layout(width int) *layout {
	l := &layout{widths: make([]int, len(t.Columns)), heads: make([][]string, len(t.Columns))}
	body := t.bodyWidths()
	for i, c := range t.Columns {
		l.heads[i] = []string{Printable(c.Title)}
		l.widths[i] = max(body[i], cells(l.heads[i][0]))
	}
	l.shown = fit(t.Columns, l.widths, width)
	if len(l.shown) < len(t.Columns) {
		for i, c := range t.Columns {
			l.heads[i] = breakHeading(Printable(c.Title), body[i])
			l.widths[i] = body[i]
			for _, line := range l.heads[i] {
				l.widths[i] = max(l.widths[i], cells(line))
			}
		}
		l.shown = fit(l.squeeze(t.Columns, body, width), l.widths, width)
	}
	for _, i := range l.shown {
		l.height = max(l.height, len(l.heads[i]))
	}
	return l
}

// bodyWidths are the widths of the columns without their titles.
func (t *Table) bodyWidths() []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = cells(Printable(c.Unit))
		for _, row := range t.Rows {
			widths[i] = max(widths[i], cells(Printable(row[i])))
		}
	}
	return widths
}

// leastSqueezed is how narrow a column becomes at most.
const leastSqueezed = 5

// squeeze makes room for the first column that need not stay, where there is
// none: a table of parameters alone tells little. Spare columns go, and then texts
// that stay are shortened, headings of numbers too. It returns the columns with what may now be hidden.
func (l *layout) squeeze(columns []TableColumn, body []int, width int) []TableColumn {
	first := slices.IndexFunc(columns, func(c TableColumn) bool { return !c.Keep })
	if first < 0 {
		return columns
	}
	need := l.widths[first]
	for i, c := range columns {
		if c.Keep {
			need += l.widths[i] + columnGap
		}
	}
	columns = slices.Clone(columns)
	for i := range columns {
		if c := &columns[i]; c.Keep && c.Spare && need > width {
			c.Keep = false
			need -= l.widths[i] + columnGap
		}
	}
	if narrow := shorten(columns, l.widths, body, need-width); narrow != nil {
		l.widths = narrow
	}
	return columns
}

// shorten takes so many cells from the widths of columns that stay, the widest
// first; nil where they have not so many to give. Numbers stay whole.
func shorten(columns []TableColumn, widths, body []int, excess int) []int {
	widths = slices.Clone(widths)
	for ; excess > 0; excess-- {
		widest := -1
		for i, c := range columns {
			least := leastSqueezed
			if c.Right {
				least = max(least, body[i])
			}
			if c.Keep && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return nil
		}
		widths[widest]--
	}
	return widths
}

// heading is one line of a column's heading; short ones stand at the foot.
func (l *layout) heading(column, line int) string {
	if at := line - (l.height - len(l.heads[column])); at >= 0 {
		return l.heads[column][at]
	}
	return ""
}

// line renders one line of the table.
func (l *layout) line(t *Table, cell func(column int) string) string {
	var b strings.Builder
	for k, i := range l.shown {
		if k > 0 {
			b.WriteString(strings.Repeat(" ", columnGap))
		}
		text := clip(Printable(cell(i)), l.widths[i])
		pad := strings.Repeat(" ", l.widths[i]-cells(text))
		if t.Columns[i].Right {
			b.WriteString(pad + text)
		} else {
			b.WriteString(text + pad)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// breakHeading breaks a title after "_" and " " so that its lines are no wider
// than width, as far as its words allow.
func breakHeading(title string, width int) []string {
	var words []string
	for rest := title; rest != ""; {
		i := strings.IndexAny(rest, "_ ") + 1
		if i == 0 {
			i = len(rest)
		}
		words = append(words, rest[:i])
		rest = rest[i:]
	}
	for _, word := range words {
		width = max(width, cells(strings.TrimRight(word, " ")))
	}
	lines := []string{""}
	for _, word := range words {
		last := &lines[len(lines)-1]
		if *last != "" && cells(*last+strings.TrimRight(word, " ")) > width {
			*last = strings.TrimRight(*last, " ")
			lines = append(lines, word)
			continue
		}
		*last += word
	}
	return lines
}

// fit returns the indices of the columns that have room in width (0: there is no
// bound): all that must be kept, then the others from left to right as long as
// they fit.
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
		if c.Spare && !c.Keep {
			continue
		}
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
	var lines []string
	line := ""
	for word := range strings.SplitAfterSeq(text, " ") {
		if line != "" && cells(line)+cells(strings.TrimRight(word, " ")) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line = strings.Repeat(" ", indent)
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
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
