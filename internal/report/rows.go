package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"runx/internal/results"
)

// An axis is a parameter that varies, as a table of results has it.
type axis struct {
	name  string
	texts []string // its values: numbers ascending, others in the order in which they came
	place []int    // of each row among them
	kept  []int    // the places that are shown, ascending
	text  bool
}

func axesOf(summary *results.Table) []*axis {
	var axes []*axis
	for _, c := range summary.Columns {
		if c.Kind != results.ParamTableColumn {
			continue
		}
		if a := axisOf(summary, c); len(a.texts) > 1 {
			axes = append(axes, a)
		}
	}
	return axes
}

func axisOf(summary *results.Table, c results.Column) *axis {
	a := &axis{name: c.Name, text: c.Type == results.String || c.Type == results.Bool}
	var values []any
	counts := map[any]int{}
	for row := range summary.Rows {
		v := summary.Value(row, c.Name)
		if counts[v]++; counts[v] == 1 {
			values = append(values, v)
		}
	}
	if !a.text {
		slices.SortStableFunc(values, func(x, y any) int { return cmp.Compare(number(x), number(y)) })
	}
	places := map[any]int{}
	most := 0
	for i, v := range values {
		places[v] = i
		a.texts = append(a.texts, formatCell(v))
		most = max(most, counts[v])
	}
	for row := range summary.Rows {
		a.place = append(a.place, places[summary.Value(row, c.Name)])
	}
	for i, v := range values {
		if counts[v]*4 >= most { // or it is of points beside the grid
			a.kept = append(a.kept, i)
		}
	}
	return a
}

func number(v any) float64 {
	switch x := v.(type) {
	case int64:
		return float64(x)
	case float64:
		return x
	}
	return math.Inf(-1) // NULL
}

// thin drops values between the ends, of which about half stay; of two the second.
func (a *axis) thin() {
	n := len(a.kept)
	if n <= 2 {
		a.kept = a.kept[:1]
		return
	}
	m := max(2, (n+1)/2)
	kept := make([]int, m)
	for i := range m {
		kept[i] = a.kept[i*(n-1)/(m-1)]
	}
	a.kept = kept
}

// telling picks at most limit rows of a summary (0: all) that stand for all:
// what lies beside the grid goes first, then axes lose values between their ends,
// the longest of numbers first. left says of which parameters what is shown.
func telling(summary *results.Table, limit int) (rows []int, left []string) {
	if limit <= 0 || summary.Rows <= limit {
		return spread(summary.Rows, summary.Rows), nil
	}
	axes := axesOf(summary)
	rows = shownBy(axes, summary.Rows)
	for len(rows) > limit {
		a := longest(axes)
		if a == nil {
			break
		}
		a.thin()
		rows = shownBy(axes, summary.Rows)
	}
	if len(rows) > limit || len(rows) < limit/4 {
		return spread(summary.Rows, limit), nil // no grid: what is left of it tells little
	}
	for _, a := range axes {
		if len(a.kept) < len(a.texts) {
			left = append(left, a.keptText())
		}
	}
	return rows, left
}

// shownBy are the rows whose values all axes keep.
func shownBy(axes []*axis, n int) []int {
	var rows []int
	for row := range n {
		if !slices.ContainsFunc(axes, func(a *axis) bool { return !slices.Contains(a.kept, a.place[row]) }) {
			rows = append(rows, row)
		}
	}
	return rows
}

// keptText names the values that are shown: "seq_len=1024,131072".
func (a *axis) keptText() string {
	var texts []string
	for _, place := range a.kept {
		texts = append(texts, a.texts[place])
	}
	return a.name + "=" + strings.Join(texts, ",")
}

// longest is the axis that can lose most: of numbers between their ends, then of
// names, then of two values the second; nil where no axis can.
func longest(axes []*axis) *axis {
	var best *axis
	rank := func(a *axis) int {
		switch {
		case len(a.kept) > 2 && !a.text:
			return 3
		case len(a.kept) > 2:
			return 2
		case len(a.kept) > 1:
			return 1
		}
		return 0
	}
	for _, a := range axes {
		if rank(a) == 0 {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(rank(a), rank(best)), cmp.Compare(len(a.kept), len(best.kept))) > 0 || rank(a) == 1 && rank(best) == 1 {
			best = a // of two values the last axis loses one, which varies fastest
		}
	}
	return best
}

// spread are limit of n rows at equal distances, both ends among them.
func spread(n, limit int) []int {
	limit = min(n, limit)
	if limit < 2 {
		return make([]int, limit)
	}
	rows := make([]int, limit)
	for i := range rows {
		rows[i] = i * (n - 1) / (limit - 1)
	}
	return rows
}
