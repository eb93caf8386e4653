package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// A View is the summary of a run as a person reads it: what varied, what was
// measured, and how sure that is. The whole of it is in summary.parquet.
type View struct {
	// Fixed are the parameters that are the same in all rows: "batch=1".
	Fixed []string
	// Points is the number of rows that there are, shown or not.
	Points int
	table  Table
	rows   []int    // of the summary that are shown
	picked []string // by which values of parameters: "seq_len=128,4096"
}

// ViewOptions say what is picked from a summary.
type ViewOptions struct {
	// Spec says by its claims and plots what tells most; nil says nothing.
	Spec *spec.Spec
	// Rows is how many points are shown at most; 0 shows all.
	Rows int
	// History gives the latency of the samples of each point in the order in
	// which they were taken, by the row of the summary; nil where it is not known.
	History [][]float64
}

// NewView picks from a summary.
func NewView(summary *results.Table, o ViewOptions) *View {
	v := &View{Points: summary.Rows}
	v.rows, v.picked = telling(summary, o.Rows)
	v.table.Rows = make([][]string, len(v.rows))
	v.addParams(summary)
	v.addCounts(summary)
	for _, x := range Telling(o.Spec, summary) {
		v.addEstimate(summary, x)
		if x.Metric == workloads.LatencyMetric {
			v.addHistory(summary, o.History)
			o.History = nil // once
		}
	}
	return v
}

// Write prints the view in width cells (0: as wide as it needs).
func (v *View) Write(w io.Writer, width int, style Style) error {
	if len(v.Fixed) > 0 {
		if _, err := fmt.Fprintln(w, style.Dim(Wrap(Printable(strings.Join(v.Fixed, " ")), width, 2))); err != nil {
			return err
		}
	}
	if _, err := v.table.Write(w, width, style); err != nil {
		return err
	}
	for _, note := range v.left(width) {
		if _, err := fmt.Fprintln(w, style.Dim(Wrap(note, width, 4))); err != nil {
			return err
		}
	}
	return nil
}

// Partial tells whether there is more than Write shows in that width.
func (v *View) Partial(width int) bool { return len(v.left(width)) > 0 }

// shownHidden bounds how many columns are named that are not shown.
const shownHidden = 8

// left says what is not shown, and where it is.
func (v *View) left(width int) []string {
	var notes []string
	if n := len(v.rows); n < v.Points {
		note := "... " + Count(int64(n)) + " of " + counted(v.Points, "point")
		if len(v.picked) > 0 {
			note += ": " + Printable(strings.Join(v.picked, " "))
		}
		notes = append(notes, note)
	}
	shown := v.table.layout(width).shown
	var hidden []string
	for i, c := range v.table.Columns {
		if !slices.Contains(shown, i) {
			hidden = append(hidden, Printable(c.Title))
		}
	}
	if n := len(hidden); n > 0 {
		note := "... " + counted(n, "more column") + ": "
		if more := n - shownHidden; more > 1 {
			hidden = append(hidden[:shownHidden], Count(int64(more))+" others")
		}
		notes = append(notes, note+strings.Join(hidden, ", "))
	}
	return notes
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Count(int64(n)) + " " + noun
}

// add appends a column whose cells are rendered by cell.
func (v *View) add(c TableColumn, cell func(row int) string) {
	v.table.Columns = append(v.table.Columns, c)
	for i, row := range v.rows {
		v.table.Rows[i] = append(v.table.Rows[i], cell(row))
	}
}

// addParams shows the parameters that vary, and puts the others into Fixed.
// Those that are the same in the rows that are shown are named with these.
func (v *View) addParams(summary *results.Table) {
	all := spread(summary.Rows, summary.Rows)
	for _, c := range summary.Columns {
		if c.Kind != results.ParamTableColumn {
			continue
		}
		value := func(row int) string { return formatCell(summary.Value(row, c.Name)) }
		switch {
		case summary.Rows > 0 && constant(summary, c.Name, all):
			v.Fixed = append(v.Fixed, c.Name+"="+value(0))
		case len(v.rows) < summary.Rows && constant(summary, c.Name, v.rows):
			v.picked = slices.DeleteFunc(v.picked, func(text string) bool { return strings.HasPrefix(text, c.Name+"=") })
			v.picked = append(v.picked, c.Name+"="+value(v.rows[0]))
		default:
			v.add(TableColumn{Title: c.Name, Right: c.Type == results.Int64 || c.Type == results.Double, Keep: true}, value)
		}
	}
}

// constant tells whether rows have the same value. A run of one point varies
// nothing.
func constant(summary *results.Table, column string, rows []int) bool {
	return !slices.ContainsFunc(rows, func(row int) bool { return summary.Value(row, column) != summary.Value(rows[0], column) })
}

// addCounts shows the number of samples that count, and those that failed or
// are tainted where there are any.
func (v *View) addCounts(summary *results.Table) {
	for _, c := range []struct {
		column, title string
		always, spare bool
	}{{"n_ok", "n", true, false}, {"n_failed", "failed", false, false}, {"n_tainted", "tainted", false, true}} {
		if !summary.Has(c.column) || !c.always && !slices.ContainsFunc(v.rows, func(row int) bool { return summary.Value(row, c.column) != int64(0) }) {
			continue
		}
		v.add(TableColumn{Title: c.title, Right: true, Keep: true, Spare: c.spare}, func(row int) string {
			return formatCell(summary.Value(row, c.column))
		})
	}
}

// addEstimate shows one statistic with its interval in one unit; a column
// without any value is left out.
func (v *View) addEstimate(summary *results.Table, x Statistic) {
	values := summary.Floats(x.Column())
	if !slices.ContainsFunc(v.rows, func(row int) bool { return !math.IsNaN(values[row]) }) {
		return
	}
	scale := ScaleFor(unitOf(summary, x.Column()), values)
	column := TableColumn{Title: BaseName(x.Metric) + " " + x.Stat, Unit: scale.Unit, Right: true}
	lo, hi := summary.Floats(x.Column()+"_lo"), summary.Floats(x.Column()+"_hi")
	text := map[int]string{}
	estimateCells := func(row int) int {
		estimate, _, _ := strings.Cut(text[row], " ")
		return cells(estimate)
	}
	width := 0
	for _, row := range v.rows {
		text[row] = scale.Format(values[row])
		// What is the same in every sample has an interval without width: a fact
		// needs none.
		if lo != nil && hi != nil && lo[row] < hi[row] {
			text[row] = scale.FormatInterval(values[row], lo[row], hi[row])
			column.Right = false // the estimates stand to the right, each interval beside its own
		}
		width = max(width, estimateCells(row))
	}
	v.add(column, func(row int) string { return strings.Repeat(" ", width-estimateCells(row)) + text[row] })
}

// unitOf is the unit of a column.
func unitOf(summary *results.Table, column string) string {
	for _, c := range summary.Columns {
		if c.Name == column {
			return c.Unit
		}
	}
	return ""
}

// historyWidth is how many cells the history of a point takes.
const historyWidth = 10

// addHistory draws how the latency of each point went while it was sampled.
func (v *View) addHistory(summary *results.Table, history [][]float64) {
	if history == nil || len(history) != summary.Rows {
		return
	}
	lines := map[int]string{}
	moved := false
	for _, row := range v.rows {
		lines[row] = Spark(history[row], historyWidth)
		moved = moved || lines[row] != "" && slices.Min(history[row]) < slices.Max(history[row])
	}
	if moved {
		v.add(TableColumn{Title: "over time"}, func(row int) string { return lines[row] })
	}
}

func formatCell(v any) string {
	switch x := v.(type) {
	case nil:
		return "-"
	case int64:
		return strconv.FormatInt(x, 10)
	}
	return workloads.FormatValue(v)
}
