package spec

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"runx/internal/document"
	"runx/workloads"
)

// A smoke test takes so many samples and so long per point at most.
const (
	quickSamples = 3
	quickBudget  = 2 * time.Second
)

// shrink rewrites the tree of s to a smoke test: the ends of each axis, the
// first and the last included point, few samples, a short budget. What the
// summary keeps is written out, so that the columns stay those of s.
func (l *loader) shrink(s *Spec) {
	l.changed = true
	l.quick("quick", "true")
	l.quick("measure.warmup", strconv.Itoa(min(1, s.Measure.Warmup)))
	l.quick("measure.samples", strconv.Itoa(min(quickSamples, s.Measure.Samples.Max)))
	l.tree.Delete("measure", "until")
	if s.Measure.Budget == 0 || s.Measure.Budget > quickBudget {
		l.quick("measure.budget", quickBudget.String())
	}
	for _, m := range s.Summary {
		var names []string
		for _, stat := range m.Stats {
			names = append(names, string(stat))
		}
		l.quick("summary."+m.Metric, "["+join(names)+"]")
	}
	l.shrinkSweep(s)
	l.shrinkInclude(s)
}

func (l *loader) quick(path, value string) { l.must(l.tree.SetFrom("--quick", path, value)) }

// shrinkSweep keeps the first and the last row of each axis; where that leaves
// no point, the rows of the first point that stays.
func (l *loader) shrinkSweep(s *Spec) {
	sp := s.space
	rows := make([][]int, len(sp.axes))
	for k := range sp.axes {
		rows[k] = slices.Compact([]int{0, sp.axes[k].len() - 1})
	}
	ctx, cancel := context.WithTimeout(l.ctx, checkedTime)
	defer cancel()
	if !sp.anyStays(ctx, rows) {
		if index, ok := sp.firstStaying(ctx); ok {
			for k, digit := range sp.digits(index) {
				rows[k] = []int{digit}
			}
		}
	}
	for k := range sp.axes {
		l.quick("sweep."+sp.axes[k].label, sp.axes[k].flow(rows[k]))
	}
}

// anyStays tells whether where leaves one of the points at these rows.
func (sp *space) anyStays(ctx context.Context, rows [][]int) bool {
	small := &space{fixed: sp.fixed, levels: sp.levels, late: sp.late}
	for k, a := range sp.axes {
		thin := axis{params: a.params}
		for _, column := range a.columns {
			var values []any
			for _, row := range rows[k] {
				values = append(values, column[row])
			}
			thin.columns = append(thin.columns, values)
		}
		small.axes = append(small.axes, thin)
	}
	_, ok := small.firstStaying(ctx)
	return ok
}

// firstStaying finds the first point of the grid that stays, within bounds.
func (sp *space) firstStaying(ctx context.Context) (index int64, ok bool) {
	w := &walker{space: sp, env: maps.Clone(sp.fixed), done: ctx.Done(), places: searchedPlaces}
	w.onError = func(step, error) bool { return true }
	w.walk(len(sp.axes), func(i int64) bool {
		index, ok = i, true
		return false
	})
	return index, ok
}

// shrinkInclude keeps the first and the last included point.
func (l *loader) shrinkInclude(s *Spec) {
	n, _ := l.tree.Lookup("include")
	if n.Len() <= 2 {
		return
	}
	var points []string
	for i, point := range n.Items() {
		if i > 0 && i < n.Len()-1 {
			continue
		}
		var entries []string
		for name, value := range point.Entries() {
			entries = append(entries, name.Value+": "+s.flowValue(name.Value, value))
		}
		points = append(points, "{"+join(entries)+"}")
	}
	l.quick("include", "["+join(points)+"]")
}

func (s *Spec) flowValue(name string, n document.Node) string {
	i := slices.IndexFunc(s.Params, func(p workloads.Param) bool { return p.Name == name })
	if v, err := s.Params[i].Check(n.Scalar()); err == nil {
		return yamlText(v)
	}
	return yamlText(n.Scalar())
}

// flow writes rows of an axis as YAML.
func (a *axis) flow(rows []int) string {
	var items []string
	plain := len(a.params) == 1 && a.params[0] == a.label
	for _, row := range rows {
		if plain {
			items = append(items, yamlText(a.columns[0][row]))
			continue
		}
		var entries []string
		for m, name := range a.params {
			entries = append(entries, name+": "+yamlText(a.columns[m][row]))
		}
		items = append(items, "{"+join(entries)+"}")
	}
	list := "[" + join(items) + "]"
	if plain {
		return list
	}
	return "{cases: " + list + "}"
}

// yamlText writes a value so that it reads back as the same type.
func yamlText(v any) string {
	switch x := v.(type) {
	case string:
		return strconv.Quote(x)
	case float64:
		text := strconv.FormatFloat(x, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	}
	return workloads.FormatValue(v)
}
