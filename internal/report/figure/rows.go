package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"runx/internal/report"
	"runx/internal/results"
	"runx/spec"
)

// The bounds of a figure: what is beyond them is left out, and said.
const (
	maxPanels = 12
	maxSeries = 24
)

// newChart takes the rows that the plot shows and parts them.
func newChart(data Data, p *spec.Plot) (*chart, error) {
	c := &chart{plot: p, table: data.Summary, summary: data.Summary}
	if p.Samples {
		c.table = data.Samples
	}
	if c.table == nil {
		return nil, fmt.Errorf("the table of the plot is missing")
	}
	rows, err := c.kept()
	if err != nil {
		return nil, err
	}
	c.x, c.y = c.axisOf(p.LogX, p.X), c.axisOf(p.LogY, p.Y...)
	c.x.across = true
	if c.isParam(p.X) {
		c.x.values = c.distinctNumbers(rows, p.X)
	}
	c.part(rows)
	return c, nil
}

// kept are the rows for which the plot's conditions hold. Of samples only those
// that are ok have numbers; a time series shows where the others were.
func (c *chart) kept() ([]int, error) {
	filter := c.plot.Filter()
	onlyOK := c.plot.Samples && c.plot.Kind != spec.TimeSeries
	var rows []int
	for row := range c.table.Rows {
		if onlyOK && c.table.Value(row, "status") != "ok" {
			continue
		}
		ok, err := filter.Keep(func(column string) any { return c.table.Operand(row, column) })
		if err != nil {
			return nil, err
		}
		if ok {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// axisOf makes an axis for columns, which have one unit.
func (c *chart) axisOf(log bool, columns ...string) *axis {
	a := &axis{log: log, whole: len(columns) > 0}
	for _, name := range columns {
		if name == "" {
			continue
		}
		a.columns = append(a.columns, name)
		i := slices.IndexFunc(c.table.Columns, func(col results.Column) bool { return col.Name == name })
		if i < 0 {
			continue
		}
		col := &c.table.Columns[i]
		a.unit = cmp.Or(a.unit, col.Unit)
		a.whole = a.whole && col.Type == results.Int64
	}
	return a
}

// part makes panels and series of rows.
func (c *chart) part(rows []int) {
	facets, facetNames := []float64(nil), []string{""}
	if c.plot.Facet != "" && len(rows) > 0 {
		facets, facetNames = c.categories(rows, c.plot.Facet)
	}
	colors, colorNames := []float64(nil), []string{""}
	if c.plot.Color != "" && c.plot.Kind != spec.Heatmap && len(rows) > 0 {
		colors, colorNames = c.categories(rows, c.plot.Color)
	}
	c.addSeries(colorNames)
	c.addPanels(facetNames)
	for _, row := range rows {
		f, s := categoryOf(facets, row), categoryOf(colors, row)
		if f < len(c.panels) && s < len(c.series) {
			g := &c.panels[f].groups[s]
			g.rows = append(g.rows, row)
		}
	}
	for _, p := range c.panels {
		p.groups = slices.DeleteFunc(p.groups, func(g group) bool { return len(g.rows) == 0 })
	}
}

func categoryOf(positions []float64, row int) int {
	if positions == nil {
		return 0
	}
	return int(positions[row])
}

func (c *chart) addSeries(names []string) {
	if extra := len(names) - maxSeries; extra > 0 {
		c.warn("choose some by where", "left out: %s of %s beyond the first %d", counted(extra, "value"), c.plot.Color, maxSeries)
		names = names[:maxSeries]
	}
	ordered := len(names) > 2 && c.plot.Color != "" && c.table.Numbers(c.plot.Color) != nil
	// A text has one colour in all pictures of a run, whichever others are there.
	declared := c.declared(c.plot.Color)
	if len(declared) > hues || !subset(names, declared) {
		declared = names
	}
	for i, name := range names {
		at, n := i, len(names)
		if !ordered && n > 1 {
			at, n = slices.Index(declared, name), len(declared)
		}
		c.series = append(c.series, &series{label: name, ink: inkOfSeries(at, n, ordered), marker: marker(at % int(noMarker))})
	}
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func (c *chart) addPanels(names []string) {
	if extra := len(names) - maxPanels; extra > 0 {
		c.warn("choose some by where", "left out: %s of %s beyond the first %d", counted(extra, "value"), c.plot.Facet, maxPanels)
		names = names[:maxPanels]
	}
	for _, name := range names {
		p := &panel{x: c.x, y: c.y}
		if c.plot.Facet != "" && name != "" {
			p.title = c.label(c.plot.Facet) + " = " + name
		}
		for _, s := range c.series {
			p.groups = append(p.groups, group{series: s})
		}
		c.panels = append(c.panels, p)
	}
}

// label is a column for a reader, for whom the unit is told elsewhere.
func (c *chart) label(column string) string { return columnName(column) }

func (c *chart) isParam(column string) bool {
	return slices.ContainsFunc(c.table.Columns, func(col results.Column) bool {
		return col.Name == column && col.Kind == results.ParamTableColumn
	})
}

// distinctNumbers are the different finite values of a column over some rows,
// sorted.
func (c *chart) distinctNumbers(rows []int, column string) []float64 {
	numbers := c.table.Numbers(column)
	if numbers == nil {
		return nil
	}
	var all []float64
	for _, row := range rows {
		if v := numbers[row]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// categories are the distinct values of a column over some rows: numbers in
// order, truths false first, texts as the spec has them. positions has the
// category of each row of the table.
func (c *chart) categories(rows []int, column string) (positions []float64, labels []string) {
	t := c.table
	index := map[any]int{}
	var values []any
	positions = make([]float64, t.Rows)
	for _, row := range rows {
		v := t.Value(row, column)
		if f, ok := v.(float64); ok && math.IsNaN(f) {
			v = nil // NaN is not itself, and would be new each time
		}
		i, known := index[v]
		if !known {
			i = len(values)
			index[v], values = i, append(values, v)
		}
		positions[row] = float64(i)
	}
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	declared := c.declared(column)
	slices.SortStableFunc(order, func(a, b int) int { return compareCells(values[a], values[b], declared) })
	rank := make([]float64, len(values))
	for at, i := range order {
		rank[i], labels = float64(at), append(labels, cellText(values[i]))
	}
	for _, row := range rows {
		positions[row] = rank[int(positions[row])]
	}
	return positions, labels
}

// declared are the texts of a column in the order of the spec, which is that of
// the points of the summary.
func (c *chart) declared(column string) []string {
	var texts []string
	if c.summary == nil {
		return nil
	}
	for row := range c.summary.Rows {
		if text, ok := c.summary.Value(row, column).(string); ok && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// compareCells orders numbers and truths, and texts as declared.
func compareCells(a, b any, declared []string) int {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return cmp.Compare(slices.Index(declared, a), slices.Index(declared, b))
		}
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	case bool:
		if b, ok := b.(bool); ok && a != b {
			if b {
				return -1
			}
			return 1
		}
	}
	return 0
}

// cellText is a cell as a person reads it.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', 6, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.Format(time.DateTime)
	case string:
		return strings.TrimSpace(report.Printable(v))
	}
	return fmt.Sprint(v)
}
