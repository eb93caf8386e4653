package report

import (
	"slices"
	"strings"
	"testing"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

const tellingSpec = `version: 1
name: fake
workload: fake
sweep:
  kind: [1, 2, 3, 4, 5]
  size: [20, 1, 5]
include: [{kind: 1, size: 100}]
measure:
  samples: {min: 9, max: 20}
  until: {metric: items_per_s, stat: p50, relative_ci: 0.1}
metrics:
  items_per_s: size / (latency_ms / 1e3)
summary:
  latency_ms: [cv, p50, p75]
  memory_bytes: [p50, max]
  other_ms: [mean, max]
  items_per_s: [p50]
claims:
  - {name: memory, where: size == 1, value: 'pick("memory_bytes_p50", {kind: 1}) / mean(latency_ms_cv)', expect: value > 1}
plots:
  - {x: size, y: other_ms_max}
`

func tellingSummary(t *testing.T) (*spec.Spec, *results.Table) {
	w := workloads.Workload{
		Name: "fake", Doc: "Is not there.",
		Params: []workloads.Param{
			{Name: "kind", Kind: workloads.Int, Doc: "which"},
			{Name: "size", Kind: workloads.Int, Doc: "how much"},
		},
		Metrics: []workloads.Metric{{Name: "memory_bytes", Doc: "memory"}, {Name: "other_ms", Doc: "something else"}},
	}
	return summaryFrom(t, tellingSpec, w, func(p spec.Point, k int) map[string]float64 {
		return map[string]float64{"latency_ms": float64(10 + k), "memory_bytes": 2048, "other_ms": float64(k)}
	})
}

// First comes what the points were measured for, then what claims name, then
// what plots show; of metrics that nobody names the middle, and the tail last.
func TestTelling(t *testing.T) {
	t.Parallel()
	s, summary := tellingSummary(t)
	for _, tt := range []struct {
		spec *spec.Spec
		want string
	}{
		{s, "items_per_s_p50 memory_bytes_p50 latency_ms_cv other_ms_max latency_ms_p75"},
		{nil, "latency_ms_p50 memory_bytes_p50 other_ms_mean items_per_s_p50 latency_ms_p75"},
	} {
		var got []string
		for _, x := range Telling(tt.spec, summary) {
			got = append(got, x.Column())
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("got %v, want %s", got, tt.want)
		}
	}
}

// What lies beside the grid goes first, whatever the order in which values came,
// and what is the same in all that is shown has no column.
func TestViewOfPart(t *testing.T) {
	t.Parallel()
	s, summary := tellingSummary(t)
	for _, tt := range []struct {
		limit int
		want  string
	}{
		{16, ""},
		{10, "... 9 of 16 points: kind=1,3,5 size=1,5,20"},
		{6, "... 6 of 16 points: kind=1,5 size=1,5,20"},
		{3, "... 2 of 16 points: kind=1,5 size=1"},
	} {
		var b strings.Builder
		v := NewView(summary, ViewOptions{Spec: s, Rows: tt.limit})
		if err := v.Write(&b, 0, Style{}); err != nil {
			t.Fatal(err)
		}
		_, note, _ := strings.Cut(strings.TrimSpace(b.String()), "...")
		if note = strings.TrimSpace(note); note != strings.TrimPrefix(tt.want, "... ") || v.Partial(0) != (tt.want != "") {
			t.Errorf("at most %d points: it says %q, want %q", tt.limit, note, tt.want)
		}
	}
	const want = `kind  n  items p50             memory p50  latency cv  other max  latency p75
         /s                           KiB                     ms           ms
   1  9  71.43 [58.82, 90.91]           2      0.1956          8           16
   5  9  71.43 [58.82, 90.91]           2      0.1956          8           16
... 2 of 16 points: kind=1,5 size=1
`
	var b strings.Builder
	if err := NewView(summary, ViewOptions{Spec: s, Rows: 3}).Write(&b, 0, Style{}); err != nil || b.String() != want {
		t.Errorf("error %v, got\n%s\nwant\n%s", err, &b, want)
	}
}

// How latencies went is drawn beside the latency, where they went anywhere.
func TestViewOfHistory(t *testing.T) {
	t.Parallel()
	_, summary := tellingSummary(t)
	steady, rising := make([][]float64, summary.Rows), make([][]float64, summary.Rows)
	for row := range summary.Rows {
		for i := range 20 {
			steady[row] = append(steady[row], 5)
			rising[row] = append(rising[row], float64(5+i))
		}
	}
	for _, tt := range []struct {
		name    string
		history [][]float64
		want    bool
	}{{"unknown", nil, false}, {"of other points", rising[1:], false}, {"steady", steady, false}, {"rising", rising, true}} {
		v := NewView(summary, ViewOptions{History: tt.history})
		at := slices.IndexFunc(v.table.Columns, func(c TableColumn) bool { return c.Title == "over time" })
		if (at > 0) != tt.want {
			t.Errorf("%s: drawn %t, want %t", tt.name, at > 0, tt.want)
		}
		if tt.want && (v.table.Columns[at-1].Title != "latency p50" || v.table.Rows[0][at] != "▁▁▂▃▄▅▆▇██") {
			t.Errorf("%s: beside %s: %s", tt.name, v.table.Columns[at-1].Title, v.table.Rows[0][at])
		}
	}
}

// Of very many hidden columns the first are named.
func TestManyHiddenColumns(t *testing.T) {
	t.Parallel()
	v := &View{Points: 1, rows: []int{0}}
	v.table.Rows = [][]string{nil}
	v.add(TableColumn{Title: "n", Keep: true}, func(int) string { return "1" })
	for _, name := range strings.Fields("a b c d e f g h i j k") {
		v.add(TableColumn{Title: name}, func(int) string { return "123456789" })
	}
	for width, want := range map[int]string{
		5:  "... 11 more columns: a, b, c, d, e, f, g, h, 3 others",
		30: "... 9 more columns: c, d, e, f, g, h, i, j, k",
	} {
		if got := v.left(width); len(got) != 1 || got[0] != want {
			t.Errorf("in %d cells: %q, want %q", width, got, want)
		}
	}
}
