package figure

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"runx/internal/results"
	"runx/spec"
)

// tableOf makes a table of columns written "name type" or "name type unit", a
// parameter beginning with "@": "@batch int64", "latency_ms double ms".
func tableOf(t testing.TB, columns string, rows ...[]any) *results.Table {
	t.Helper()
	var cols []results.Column
	for text := range strings.SplitSeq(columns, ",") {
		words := strings.Fields(text)
		col := results.Column{Name: words[0], Type: results.Type(words[1]), Kind: results.MetricColumn}
		if name, ok := strings.CutPrefix(words[0], "@"); ok {
			col.Name, col.Kind = name, results.ParamTableColumn
		}
		if len(words) > 2 {
			col.Unit = words[2]
		}
		cols = append(cols, col)
	}
	r := &results.Reading{Dir: t.TempDir(), Spec: &spec.Spec{}, Header: &results.Header{}}
	if err := r.WriteClaims(cols, rows); err != nil {
		t.Fatal(err)
	}
	table, err := results.ReadTable(filepath.Join(r.Dir, results.ClaimsFile))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// figureOf draws one plot of a table.
func figureOf(t testing.TB, table *results.Table, p spec.Plot) *Figure {
	t.Helper()
	f, err := New(Data{Spec: &spec.Spec{Plots: []spec.Plot{p}}, Summary: table, Samples: table}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// textFaults are the texts that a reader could not read: outside the figure, or
// upon another. Fonts of viewers may be a little wider than ours.
func textFaults(s *scene) []string {
	const wider = 1.04
	type rect struct{ x0, y0, x1, y1 float64 }
	var faults []string
	var seen []rect
	var words []string
	for _, x := range s.shapes {
		if x.text == nil {
			continue
		}
		x0, y0, x1, y1 := x.text.bounds()
		grow := (x1 - x0) * (wider - 1)
		r := rect{x0 - grow*float64(x.text.anchor)/2, y0, x1 + grow*(1-float64(x.text.anchor)/2), y1}
		if r.x0 < 0 || r.y0 < 0 || r.x1 > s.width || r.y1 > s.height {
			faults = append(faults, fmt.Sprintf("%q is outside: %.0f to %.0f, %.0f to %.0f", x.text.words, r.x0, r.x1, r.y0, r.y1))
		}
		for i, o := range seen {
			if r.x0 < o.x1 && o.x0 < r.x1 && r.y0 < o.y1 && o.y0 < r.y1 {
				faults = append(faults, fmt.Sprintf("%q is upon %q", x.text.words, words[i]))
			}
		}
		seen, words = append(seen, r), append(words, x.text.words)
	}
	return faults
}
