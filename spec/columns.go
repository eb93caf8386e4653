package spec

import (
	"fmt"
	"slices"

	"runx/internal/document"
	"runx/workloads"
)

// A tableColumn is a column of the summary or of the samples as claims and
// plots may name it.
type tableColumn struct {
	name     string
	kind     workloads.Kind
	param    bool
	interval bool // <name>_lo and <name>_hi are columns too
}

// A table is what an expression over rows is about.
type table struct {
	columns []tableColumn
	samples bool // the samples; else the summary
}

func (b *builder) table(samples bool) table {
	if samples {
		return table{b.sampleColumns(), true}
	}
	return table{b.summaryColumns(), false}
}

// summaryCounts are the columns of the summary that count samples.
var summaryCounts = []string{"n", "n_ok", "n_failed", "n_tainted", "n_eff"}

// summaryColumns are the columns of summary.parquet that can be computed with.
func (b *builder) summaryColumns() []tableColumn {
	columns := b.paramColumns()
	for _, name := range summaryCounts {
		columns = append(columns, tableColumn{name: name, kind: workloads.Float})
	}
	for _, m := range b.spec.Summary {
		for _, s := range m.Stats {
			name := m.Metric + "_" + string(s)
			_, isQuantile := s.Quantile()
			columns = append(columns, tableColumn{name: name, kind: workloads.Float, interval: isQuantile})
			if isQuantile {
				columns = append(columns,
					tableColumn{name: name + "_lo", kind: workloads.Float},
					tableColumn{name: name + "_hi", kind: workloads.Float})
			}
		}
	}
	return columns
}

// sampleColumns are the columns of samples.parquet that can be computed with.
func (b *builder) sampleColumns() []tableColumn {
	columns := b.paramColumns()
	for _, name := range []string{"round", "rep", "started_at"} {
		columns = append(columns, tableColumn{name: name, kind: workloads.Int})
	}
	for _, m := range b.spec.SampleMetrics() {
		columns = append(columns, tableColumn{name: m.Name, kind: workloads.Float})
	}
	return columns
}

func (b *builder) paramColumns() []tableColumn {
	var columns []tableColumn
	for _, p := range b.params {
		columns = append(columns, tableColumn{name: p.Name, kind: p.Kind, param: true})
	}
	return columns
}

func findColumn(columns []tableColumn, name string) (tableColumn, bool) {
	i := slices.IndexFunc(columns, func(c tableColumn) bool { return c.name == name })
	if i < 0 {
		return tableColumn{}, false
	}
	return columns[i], true
}

func columnNames(columns []tableColumn) []string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

// lintColumn judges a column that is asked for, where it is a quantile.
func (b *builder) lintColumn(at document.Position, what, name string) {
	if metric, stat, ok := b.splitColumn(name); ok {
		b.lintQuantile(at, what, metric, stat)
	}
}

// checkColumns reports two columns of one name, and names that are too long.
func (b *builder) checkColumns() {
	seen := map[string]bool{}
	for _, name := range reserved {
		seen[name] = !slices.Contains(summaryCounts, name)
	}
	for _, m := range b.spec.SampleMetrics() {
		if seen[m.Name] { // the metric of a worker; others are checked where they are read
			b.problems.Add(b.doc.Workload.Position, "rename the metric", "two columns of the samples are called %s", m.Name)
		}
	}
	for _, c := range b.summaryColumns() {
		if seen[c.name] {
			b.problems.Add(b.doc.Workload.Position, "rename the parameter or the metric", "two columns of the summary are called %s", c.name)
		}
		seen[c.name] = true
	}
	b.checkColumnLengths()
}

// checkColumnLengths reports metrics whose names leave no room for a statistic.
func (b *builder) checkColumnLengths() {
	tooLong := map[string]bool{}
	for _, c := range b.summaryColumns() {
		metric, _, ok := b.splitColumn(c.name)
		if ok && !c.param && !tooLong[metric] && !workloads.NamePattern.MatchString(c.name) {
			tooLong[metric] = true
			b.problems.Add(b.metricPosition(metric), "a shorter name leaves room for the statistic",
				"metric %s: its column %s does not match %s", metric, c.name, workloads.NamePattern)
		}
	}
}

// metricPosition is where the spec names a metric, or the workload that has it.
func (b *builder) metricPosition(name string) document.Position {
	for _, entry := range b.doc.Metrics {
		if entry.Key.Value == name {
			return entry.Key.Position
		}
	}
	for _, entry := range b.doc.Extract {
		if entry.Key.Value == name {
			return entry.Key.Position
		}
	}
	return b.doc.Workload.Position
}

// addUnknownColumn reports a name that is no column of the summary. Where a
// statistic that is not kept would make it one, the cure is to keep it.
func (b *builder) addUnknownColumn(at document.Position, what, name string, candidates []string) {
	metric, stat, ok := b.splitColumn(name)
	switch {
	case ok && b.unkept[metric]:
	case ok && stat == "":
		b.problems.Add(at, fmt.Sprintf("name a statistic of it, such as %s_%s", metric, b.someStat(metric)),
			"%s: %s is a metric of single samples, the summary has statistics of it", what, metric)
	case ok:
		if b.lintQuantile(at, what, metric, stat) {
			b.problems.Add(at, "add it to summary: "+b.summaryHint(metric, stat), "%s: %s is not kept of %s", what, stat, metric)
		}
	default:
		b.problems.Add(at, columnHint(name, candidates, "columns are parameters, "+join(summaryCounts)+" and statistics such as latency_ms_p50"),
			"%s: unknown name %s", what, name)
	}
}

// columnHint is for a name that is nothing at all: the nearest of the candidates,
// else which columns there are, and functions where these are candidates too.
func columnHint(name string, candidates []string, columns string) string {
	if hint := nearestHint(name, candidates); hint != "" {
		return hint
	}
	var functions []string
	for _, s := range Signatures() {
		if slices.Contains(candidates, s.Name) {
			functions = append(functions, s.Name)
		}
	}
	if len(functions) == 0 {
		return columns
	}
	return columns + "\nfunctions over them are " + join(functions) + ", min, max, mean, median, sum; runx help claims tells of each"
}

// splitColumn reads a name as a metric and one of its statistics; stat is
// empty where the name is the metric's.
func (b *builder) splitColumn(name string) (metric string, stat Stat, ok bool) {
	for _, m := range b.spec.SampleMetrics() {
		if name == m.Name {
			return m.Name, "", true
		}
		if len(name) > len(m.Name) && name[:len(m.Name)] == m.Name && name[len(m.Name)] == '_' {
			if s := Stat(trimInterval(name[len(m.Name)+1:])); s.valid() {
				return m.Name, s, true
			}
		}
	}
	return "", "", false
}

// sampleHint is for an unknown name where a column of the samples is wanted:
// it may be a statistic.
func (b *builder) sampleHint(name string, candidates []string) string {
	if metric, stat, ok := b.splitColumn(name); ok && stat != "" {
		return "these are the samples themselves: write " + metric
	}
	return columnHint(name, candidates, "columns are parameters, round, rep, started_at and metrics such as latency_ms")
}

func trimInterval(stat string) string {
	if n := len(stat) - 3; n > 0 && (stat[n:] == "_lo" || stat[n:] == "_hi") {
		return stat[:n]
	}
	return stat
}

func (b *builder) someStat(metric string) Stat {
	stats := b.statsOf(metric)
	if slices.Contains(stats, "p50") || len(stats) == 0 {
		return "p50"
	}
	return stats[0]
}

func (b *builder) statsOf(metric string) []Stat {
	for _, m := range b.spec.Summary {
		if m.Metric == metric {
			return m.Stats
		}
	}
	return nil
}

// summaryHint is the line of summary that keeps one statistic more.
func (b *builder) summaryHint(metric string, stat Stat) string {
	var names []string
	for _, s := range b.statsOf(metric) {
		names = append(names, string(s))
	}
	return fmt.Sprintf("%s: [%s]", metric, join(append(names, string(stat))))
}
