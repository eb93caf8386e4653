package html

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"runx/internal/report"
	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// tableBudget bounds the table of points in bytes, and firstRows the rows that
// are drawn before a reader asks for more. What is left out is in summary.parquet.
const (
	tableBudget = 1_100_000
	firstRows   = 200
)

// A pointTable is the summary as a table: a row per point, a column per
// parameter that varies, count, or statistic with its interval.
type pointTable struct {
	Columns []pointColumn
	// Fixed are the parameters that all points share: "batch=1".
	Fixed []string
	// Rows are those drawn at once, More those that wait: tr elements.
	Rows, More template.HTML
	Total      int
	// LeftRows and LeftColumns are how many are left out for want of room.
	LeftRows, LeftColumns int
	// Style aligns the columns, Off hides those that nobody asked for yet.
	Style, Off template.CSS
	// Example is a filter that would do something here.
	Example string
	// Strip tells what the strips show; empty where there are none.
	Strip string
}

// A pointColumn is one column of the table of points.
type pointColumn struct {
	Name, Title, Unit, Doc string
	Numeric                bool
	// Off says that the column is hidden until it is chosen.
	Off bool
	// Scale is what a shown number is to be multiplied with for the unit that
	// Name ends in.
	Scale float64
	// wide is the width of the estimates in front of intervals; 0 where there are
	// none.
	wide int
	cell func(b *strings.Builder, row int)
}

// newPointTable lays a summary out. strips may be nil.
func newPointTable(s *spec.Spec, summary *results.Table, strips *strips) *pointTable {
	t := &pointTable{Total: summary.Rows}
	t.addParams(summary)
	t.addCounts(summary)
	if strips != nil {
		t.addStrips(summary, strips)
	}
	told := map[string]bool{}
	for _, x := range report.Telling(s, summary) {
		if t.addStatistic(summary, x.Column(), report.BaseName(x.Metric)+" "+x.Stat, false) {
			told[x.Column()] = true
		}
	}
	for _, c := range summary.Columns {
		if c.Kind == results.StatisticColumn && !told[c.Name] && !endOfInterval(summary, c.Name) {
			t.addStatistic(summary, c.Name, c.Name, true)
		}
	}
	t.addText(summary, "point_id", true)
	t.Example = t.example(summary)
	t.write(t.fit(summary.Rows))
	return t
}

// endOfInterval tells whether a column is an end of another one's interval.
func endOfInterval(summary *results.Table, name string) bool {
	for _, end := range []string{"_lo", "_hi"} {
		if base, is := strings.CutSuffix(name, end); is && summary.Has(base) {
			return true
		}
	}
	return false
}

func describe(t *results.Table, name string) results.Column {
	i := slices.IndexFunc(t.Columns, func(c results.Column) bool { return c.Name == name })
	if i < 0 {
		return results.Column{Name: name}
	}
	return t.Columns[i]
}

// addParams adds the parameters that vary; the others are fixed.
func (t *pointTable) addParams(summary *results.Table) {
	for _, c := range summary.Columns {
		if c.Kind != results.ParamTableColumn {
			continue
		}
		if varies(summary, c.Name) {
			t.addText(summary, c.Name, false)
		} else if summary.Rows > 0 {
			t.Fixed = append(t.Fixed, report.Printable(c.Name+"="+cellText(summary.Value(0, c.Name))))
		}
	}
}

// varied are the parameters in which rows differ.
func varied(summary *results.Table) []string {
	var names []string
	for _, c := range summary.Columns {
		if c.Kind == results.ParamTableColumn && varies(summary, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

func varies(summary *results.Table, column string) bool {
	for row := range summary.Rows {
		first := summary.Value(0, column)
		if summary.Value(row, column) != first {
			return true
		}
	}
	return false
}

// addText adds a column as it is.
func (t *pointTable) addText(summary *results.Table, name string, off bool) {
	if !summary.Has(name) {
		return
	}
	c := describe(summary, name)
	t.Columns = append(t.Columns, pointColumn{
		Name: name, Title: name, Doc: docOf(c), Off: off, Scale: 1,
		Numeric: c.Type == results.Int64 || c.Type == results.Double,
		cell: func(b *strings.Builder, row int) {
			b.WriteString(template.HTMLEscapeString(report.Printable(cellText(summary.Value(row, name)))))
		},
	})
}

// addCounts adds how many samples count, and how many failed or are tainted
// where any are.
func (t *pointTable) addCounts(summary *results.Table) {
	for _, c := range []struct {
		name, title string
		always      bool
	}{{"n_ok", "n", true}, {"n_failed", "failed", false}, {"n_tainted", "tainted", false}} {
		some := slices.ContainsFunc(summary.Numbers(c.name), func(n float64) bool { return n > 0 })
		if !summary.Has(c.name) || !some && !c.always {
			continue
		}
		t.addText(summary, c.name, false)
		t.Columns[len(t.Columns)-1].Title = c.title
	}
}

// addStatistic adds an estimate, with its interval where there is one, in the
// unit that suits the whole column. It is false where there is no value at all.
func (t *pointTable) addStatistic(summary *results.Table, name, title string, off bool) bool {
	values := summary.Numbers(name)
	if !slices.ContainsFunc(values, func(v float64) bool { return !math.IsNaN(v) }) {
		return false
	}
	described := describe(summary, name)
	scale := report.ScaleFor(described.Unit, values)
	c := pointColumn{Name: name, Title: title, Unit: scale.Unit, Doc: docOf(described), Numeric: true, Off: off, Scale: 1 / scale.Of(1)}
	lo, hi := summary.Floats(name+"_lo"), summary.Floats(name+"_hi")
	// What is the same in every sample has an interval without width: a fact
	// needs none.
	known := func(row int) bool { return lo != nil && hi != nil && lo[row] < hi[row] }
	for row := range values {
		if known(row) {
			estimate, _, _ := strings.Cut(scale.FormatInterval(values[row], lo[row], hi[row]), " ")
			c.wide = max(c.wide, len(estimate))
		}
	}
	c.cell = func(b *strings.Builder, row int) {
		switch {
		case known(row):
			estimate, interval, _ := strings.Cut(scale.FormatInterval(values[row], lo[row], hi[row]), " ")
			b.WriteString("<b>" + estimate + "</b> <i>" + interval + "</i>")
		case c.wide > 0:
			b.WriteString("<b>" + scale.Format(values[row]) + "</b>")
		default:
			b.WriteString(scale.Format(values[row]))
		}
	}
	t.Columns = append(t.Columns, c)
	return true
}

// addStrips adds a small picture of the samples of each point.
func (t *pointTable) addStrips(summary *results.Table, s *strips) {
	t.Strip = s.metric
	t.Columns = append(t.Columns, pointColumn{
		Title: "samples", Unit: "in order",
		cell: func(b *strings.Builder, row int) {
			id, _ := summary.Value(row, "point_id").(string)
			b.WriteString(s.of(id))
		},
	})
}

func docOf(c results.Column) string {
	if c.Doc == "" {
		return c.Name
	}
	return c.Name + ": " + report.Printable(c.Doc)
}

// cellText is a value of a table as text; NULL is "-".
func cellText(v any) string {
	if v == nil {
		return "-"
	}
	return workloads.FormatValue(v)
}

// example is a filter made of what the table holds.
func (t *pointTable) example(summary *results.Table) string {
	var parts []string
	for _, c := range t.Columns {
		if d := describe(summary, c.Name); d.Kind == results.ParamTableColumn && len(parts) == 0 && summary.Rows > 0 {
			if v := cellText(summary.Value(summary.Rows-1, c.Name)); !strings.ContainsAny(v, " <>=!") {
				parts = append(parts, c.Name+"="+v)
			}
		}
	}
	for _, c := range t.Columns {
		if describe(summary, c.Name).Kind != results.StatisticColumn || c.Off {
			continue
		}
		finite := slices.DeleteFunc(slices.Clone(summary.Numbers(c.Name)), math.IsNaN)
		slices.Sort(finite)
		parts = append(parts, c.Name+">"+briefly(finite[len(finite)/2]))
		break
	}
	return report.Printable(strings.Join(parts, " "))
}

// briefly is a number of two digits, without an exponent where it is short.
func briefly(v float64) string {
	text := strconv.FormatFloat(v, 'g', 2, 64)
	rounded, err := strconv.ParseFloat(text, 64)
	if a := math.Abs(rounded); err != nil || a >= 1e12 || a < 1e-4 {
		return text
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// fit drops the hidden columns for which there is no room, and says how many
// rows there is room for.
func (t *pointTable) fit(rows int) int {
	if rows == 0 {
		return 0
	}
	perRow, left := len("<tr>"), 0
	kept := t.Columns[:0]
	for _, c := range t.Columns {
		bytes := c.bytes(rows)
		if c.Off && (perRow+bytes)*rows > tableBudget {
			left++
			continue
		}
		perRow += bytes
		kept = append(kept, c)
	}
	t.Columns, t.LeftColumns = kept, left
	shown := min(rows, max(firstRows, tableBudget/perRow))
	t.LeftRows = rows - shown
	return shown
}

// bytes is about what a cell of the column takes, from some of its rows.
func (c *pointColumn) bytes(rows int) int {
	const some = 64
	var b strings.Builder
	n := min(some, rows)
	for i := range n {
		b.WriteString("<td>")
		c.cell(&b, i*rows/n)
	}
	return b.Len()/n + 1
}

// write makes the rows and the styles. Cells escape what they hold.
func (t *pointTable) write(rows int) {
	var b strings.Builder
	piece := func(from, to int) template.HTML {
		b.Reset()
		for row := from; row < to; row++ {
			b.WriteString("<tr>")
			for i := range t.Columns {
				b.WriteString("<td>")
				t.Columns[i].cell(&b, row)
			}
			b.WriteString("\n")
		}
		return template.HTML(b.String())
	}
	t.Rows = piece(0, min(rows, firstRows))
	t.More = piece(min(rows, firstRows), rows)
	var style strings.Builder
	var right, left, off []string
	for i, c := range t.Columns {
		nth := fmt.Sprintf(":nth-child(%d)", i+1)
		if c.Off {
			off = append(off, nth)
		}
		switch {
		case c.wide > 0:
			left = append(left, nth)
			fmt.Fprintf(&style, "#points td%s b{min-width:%dch}", nth, c.wide)
		case c.Numeric:
			right = append(right, nth)
		}
	}
	t.Style = template.CSS(style.String() + rule(right, "text-align:right") + rule(left, "text-align:left"))
	t.Off = template.CSS(rule(off, "display:none"))
}

// rule is a rule for some cells of the table, "" for none.
func rule(cells []string, what string) string {
	if len(cells) == 0 {
		return ""
	}
	return "#points tr>:is(" + strings.Join(cells, ",") + "){" + what + "}"
}
