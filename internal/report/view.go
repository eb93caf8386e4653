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
	rows   []int // of the summary that are shown
}

// An estimate is one column of a view: a statistic of a metric.
type estimate struct{ metric, stat string }

func (e estimate) column() string { return e.metric + "_" + e.stat }

// NewView picks from a summary. It shows at most maxRows points; 0 shows all.
func NewView(summary *results.Table, maxRows int) *View {
	v := &View{Points: summary.Rows}
	shown := summary.Rows
	if maxRows > 0 {
		shown = min(shown, maxRows)
	}
	for i := range shown {
		v.rows = append(v.rows, i)
	}
	v.table.Rows = make([][]string, shown)
	v.addParams(summary)
	v.addCounts(summary)
	for _, e := range estimates(summary) {
		v.addEstimate(summary, e)
	}
	return v
}

// Write prints the view in width cells (0: as wide as it needs).
func (v *View) Write(w io.Writer, width int, style Style) error {
	if len(v.Fixed) > 0 {
		if _, err := fmt.Fprintln(w, style.Dim(Printable(strings.Join(v.Fixed, " ")))); err != nil {
			return err
		}
	}
	hidden, err := v.table.Write(w, width, style)
	if err != nil {
		return err
	}
	var more []string
	if n := v.Points - len(v.rows); n > 0 {
		more = append(more, counted(n, "more point"))
	}
	if hidden > 0 {
		more = append(more, counted(hidden, "more column")+" in a wider terminal")
	}
	if len(more) > 0 {
		_, err = fmt.Fprintln(w, style.Dim("... "+strings.Join(more, ", ")))
	}
	return err
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
func (v *View) addParams(summary *results.Table) {
	for _, c := range summary.Columns {
		if c.Kind != results.ParamTableColumn {
			continue
		}
		value := func(row int) string { return formatCell(summary.Value(row, c.Name)) }
		if summary.Rows > 0 && v.constant(summary, c.Name) {
			v.Fixed = append(v.Fixed, c.Name+"="+value(0))
			continue
		}
		v.add(TableColumn{Title: c.Name, Right: c.Type == results.Int64 || c.Type == results.Double, Keep: true}, value)
	}
}

// constant tells whether all rows have the same value. A run of one point
// varies nothing.
func (v *View) constant(summary *results.Table, column string) bool {
	first := summary.Value(0, column)
	for row := range summary.Rows {
		if summary.Value(row, column) != first {
			return false
		}
	}
	return true
}

// addCounts shows the number of samples that count, and those that failed or
// are tainted where there are any.
func (v *View) addCounts(summary *results.Table) {
	for _, c := range []struct {
		column, title string
		always        bool
	}{{"n_ok", "n", true}, {"n_failed", "failed", false}, {"n_tainted", "tainted", false}} {
		if !summary.Has(c.column) || !c.always && !slices.ContainsFunc(v.rows, func(row int) bool { return summary.Value(row, c.column) != int64(0) }) {
			continue
		}
		v.add(TableColumn{Title: c.title, Right: true, Keep: true}, func(row int) string {
			return formatCell(summary.Value(row, c.column))
		})
	}
}

// addEstimate shows one statistic with its interval in one unit; a column
// without any value is left out.
func (v *View) addEstimate(summary *results.Table, e estimate) {
	values := summary.Floats(e.column())
	if !slices.ContainsFunc(values, func(f float64) bool { return !math.IsNaN(f) }) {
		return
	}
	scale := ScaleFor(workloads.UnitOf(e.metric), values)
	column := TableColumn{Title: BaseName(e.metric) + " " + e.stat, Unit: scale.Unit, Right: true}
	lo, hi := summary.Floats(e.column()+"_lo"), summary.Floats(e.column()+"_hi")
	// What is the same in every sample has an interval without width: a fact
	// needs none.
	if lo == nil || hi == nil || allExact(values, lo, hi) {
		v.add(column, func(row int) string { return scale.Format(values[row]) })
		return
	}
	text := map[int]string{}
	estimateCells := func(row int) int {
		estimate, _, _ := strings.Cut(text[row], " ")
		return cells(estimate)
	}
	width := 0
	for _, row := range v.rows {
		text[row] = scale.FormatInterval(values[row], lo[row], hi[row])
		width = max(width, estimateCells(row))
	}
	column.Right = false // the estimates stand to the right, each interval beside its own
	v.add(column, func(row int) string { return strings.Repeat(" ", width-estimateCells(row)) + text[row] })
}

func allExact(values, lo, hi []float64) bool {
	for i, v := range values {
		if lo[i] != v || hi[i] != v {
			return false
		}
	}
	return true
}

// estimates picks the statistics to show: for each metric of the experiment its
// middle, and for the latency the farthest quantile too. What the runner adds
// to every sample is for those who look for it in the table.
func estimates(summary *results.Table) []estimate {
	var order []string
	stats := map[string][]string{}
	for _, c := range summary.Columns {
		metric, stat, ok := splitStatistic(c)
		if !ok || ofRunner(metric) {
			continue
		}
		if stats[metric] == nil {
			order = append(order, metric)
		}
		stats[metric] = append(stats[metric], stat)
	}
	var picked []estimate
	for _, metric := range order {
		picked = append(picked, estimate{metric, middleOf(stats[metric])})
	}
	// Last, because it is the first to go where the terminal is narrow.
	if tail := tailOf(stats[workloads.LatencyMetric]); tail != "" {
		picked = append(picked, estimate{workloads.LatencyMetric, tail})
	}
	return slices.Compact(picked)
}

// splitStatistic takes the name of a statistic's column apart; the ends of
// intervals are not statistics.
func splitStatistic(c results.Column) (metric, stat string, ok bool) {
	if c.Kind != results.StatisticColumn {
		return "", "", false
	}
	i := strings.LastIndexByte(c.Name, '_')
	if i < 0 {
		return "", "", false
	}
	metric, stat = c.Name[:i], c.Name[i+1:]
	return metric, stat, stat != "lo" && stat != "hi"
}

func ofRunner(metric string) bool {
	return metric != workloads.LatencyMetric && slices.ContainsFunc(workloads.RunnerMetrics(),
		func(m workloads.Metric) bool { return m.Name == metric })
}

// middleOf is the statistic that stands for a metric: the median, else the
// mean, else the first that is kept.
func middleOf(stats []string) string {
	for _, s := range []string{"p50", string(spec.Mean)} {
		if slices.Contains(stats, s) {
			return s
		}
	}
	return stats[0]
}

// tailOf is the farthest quantile above the median, "" if there is none.
func tailOf(stats []string) string {
	var tail string
	farthest := 0.5
	for _, s := range stats {
		if q, ok := spec.Stat(s).Quantile(); ok && q > farthest {
			tail, farthest = s, q
		}
	}
	return tail
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
