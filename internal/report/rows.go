package report

import (
	"slices"
	"strings"

	"runx/internal/results"
)

// An axis is a parameter that varies, as a table of results has it.
type axis struct {
	name  string
	place []int // of each row, among all values in the order in which they came
	kept  []int // the places that are shown, ascending
	text  bool
}

func axesOf(summary *results.Table) []*axis {
	var axes []*axis
	for _, c := range summary.Columns {
		if c.Kind != results.ParamTableColumn {
			continue
		}
		a := &axis{name: c.Name, text: c.Type == results.String || c.Type == results.Bool}
		places := map[any]int{}
		for row := range summary.Rows {
			v := summary.Value(row, c.Name)
			place, known := places[v]
			if !known {
				place = len(places)
				places[v] = place
				a.kept = append(a.kept, place)
			}
			a.place = append(a.place, place)
		}
		if len(a.kept) > 1 {
			axes = append(axes, a)
		}
	}
	return axes
}

// thin drops values between the ends: of n about half stay.
func (a *axis) thin() {
	n := len(a.kept)
	m := max(2, (n+1)/2)
	kept := make([]int, m)
	for i := range m {
		kept[i] = a.kept[i*(n-1)/(m-1)]
	}
	a.kept = kept
}

// telling picks at most limit rows of a summary that stand for all: axes lose
// values between their ends, the longest of numbers first, then those of names.
// thinned are the parameters that lost some.
func telling(summary *results.Table, limit int) (rows []int, thinned []string) {
	axes := axesOf(summary)
	shown := func() []int {
		var rows []int
		for row := range summary.Rows {
			if !slices.ContainsFunc(axes, func(a *axis) bool { return !slices.Contains(a.kept, a.place[row]) }) {
				rows = append(rows, row)
			}
		}
		return rows
	}
	lost := map[string]bool{}
	for rows = shown(); limit > 0 && len(rows) > limit; rows = shown() {
		a := longest(axes)
		if a == nil {
			break
		}
		a.thin()
		lost[a.name] = true
	}
	if limit > 0 && (len(rows) > limit || len(rows) < min(limit, summary.Rows)/4) {
		return spread(summary.Rows, limit), nil // no grid: what is left of it tells little
	}
	for _, a := range axes {
		if lost[a.name] {
			thinned = append(thinned, a.name)
		}
	}
	return rows, thinned
}

// longest is the axis that can lose most; nil where all are down to their ends.
func longest(axes []*axis) *axis {
	var best *axis
	for _, a := range axes {
		if len(a.kept) < 3 {
			continue
		}
		if best == nil || best.text && !a.text || best.text == a.text && len(a.kept) > len(best.kept) {
			best = a
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

// thinnedText says what was left out.
func thinnedText(shown, all int, thinned []string) string {
	text := counted(shown, "row") + " of " + counted(all, "point")
	if len(thinned) > 0 {
		text += ": of " + strings.Join(thinned, ", ") + " the ends and what lies between them"
	}
	return text
}
