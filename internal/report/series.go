package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

// SeriesWarnings says where the latency of a run is not what its intervals take
// it for: a level that moved, repetitions that are alike to their neighbours, a
// clock that is too coarse. Each kind is said once, with the first of the points
// that it is about. One value per repetition counts, the median where it yielded
// several.
func SeriesWarnings(r *results.Reading) ([]stats.Warning, error) {
	samples, err := r.Samples("point_id", "rep", "status", workloads.LatencyMetric)
	if err != nil {
		return nil, fmt.Errorf("look for drift: %w", err)
	}
	summary, err := r.Summary()
	if err != nil {
		return nil, fmt.Errorf("look for drift: %w", err)
	}
	if !samples.Has(workloads.LatencyMetric) {
		return nil, nil
	}
	series := repetitions(samples, workloads.LatencyMetric)
	names := pointNames(summary)
	var warnings []stats.Warning
	for _, doubtful := range []func([]float64) (stats.Warning, bool){
		stats.DriftWarning,
		stats.CorrelationWarning,
		stats.TiesWarning,
	} {
		var first stats.Warning
		var where []string
		for row := range summary.Rows {
			id, _ := summary.Value(row, "point_id").(string)
			if w, ok := doubtful(series[id]); ok {
				first = cmp.Or(first, w)
				where = append(where, names[row])
			}
		}
		if len(where) > 0 {
			warnings = append(warnings, stats.Warning{What: about(workloads.LatencyMetric, where) + first.What, Cure: first.Cure})
		}
	}
	return warnings, nil
}

// about says which metric and points a sentence is about; it is the first of
// them that it tells of.
func about(metric string, where []string) string {
	text := metric
	if where[0] != "" {
		text += " at " + where[0]
	}
	if n := len(where) - 1; n > 0 {
		text += fmt.Sprintf(", and likewise at %d more", n)
	}
	return text + ": "
}

// repetitions are the values of a metric by point_id, in the order in which they
// were taken: the median of the ok rows of each repetition.
func repetitions(samples *results.Table, metric string) map[string][]float64 {
	values := samples.Numbers(metric)
	series := map[string][]float64{}
	open := map[string][]float64{} // the rows of the repetition that a point is in
	last := map[string]int64{}
	finish := func(id string) {
		if rows := open[id]; len(rows) > 0 {
			slices.Sort(rows)
			series[id] = append(series[id], stats.Quantile(rows, 0.5))
			open[id] = rows[:0]
		}
	}
	for row := range samples.Rows {
		if samples.Value(row, "status") != string(results.OK) || values[row] != values[row] {
			continue
		}
		id, _ := samples.Value(row, "point_id").(string)
		rep, _ := samples.Value(row, "rep").(int64)
		if rep != last[id] {
			finish(id)
		}
		last[id] = rep
		open[id] = append(open[id], values[row])
	}
	for id := range open {
		finish(id)
	}
	return series
}

// pointNames are the points of a summary by the parameters that vary, row by
// row: "algorithm=flash seq_len=128".
func pointNames(summary *results.Table) []string {
	parts := make([][]string, summary.Rows)
	for _, c := range summary.Columns {
		if c.Kind != results.ParamTableColumn || !varies(summary, c.Name) {
			continue
		}
		for row := range parts {
			parts[row] = append(parts[row], c.Name+"="+formatCell(summary.Value(row, c.Name)))
		}
	}
	names := make([]string, summary.Rows)
	for row := range names {
		names[row] = strings.Join(parts[row], " ")
	}
	return names
}

func varies(summary *results.Table, column string) bool {
	for row := range summary.Rows {
		if summary.Value(row, column) != summary.Value(0, column) {
			return true
		}
	}
	return false
}
