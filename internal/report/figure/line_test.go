package figure

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"runx/spec"
)

func legendOf(f *Figure) []string {
	var labels []string
	for _, e := range f.chart.entries(true) {
		labels = append(labels, e.label)
	}
	return labels
}

func warningsOf(f *Figure) string {
	var all []string
	for _, w := range f.Warnings {
		all = append(all, w.What)
	}
	return strings.Join(all, "; ")
}

func TestLineFitsAKnownLaw(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for i, n := range []int64{1, 2, 4, 8} {
		x := float64(n)
		rows = append(rows, []any{"square", n, 3 * x * x}, []any{"flat", n, 5 + 0.01*float64(i%2)})
	}
	f := figureOf(t, tableOf(t, "@kind string, @n int64, time_ms_p50 double ms", rows...),
		spec.Plot{Kind: spec.Line, X: "n", Y: []string{"time_ms_p50"}, Color: "kind", LogX: true, LogY: true, Fit: "power"})
	want := []string{"square ~ x^2.00 [2.00, 2.00]", "flat ~ x^0.00058 [-0.0029, 0.0041]"}
	if got := legendOf(f); !slices.Equal(got, want) {
		t.Errorf("the legend is %q, want %q", got, want)
	}
	if !strings.Contains(f.Caption, "Time p50, kind = square: ~ x^2.00 [2.00, 2.00].") {
		t.Errorf("the caption is %q", f.Caption)
	}
	curves := marksOf[curve](f, 0)
	if len(curves) != 4 || !curves[1].dashes || !curves[1].ghost {
		t.Fatalf("the curves are %v", curves)
	}
	if end := curves[1].points[traceSteps]; math.Abs(end.X-8) > 1e-12 || math.Abs(end.Y-192) > 1e-9 {
		t.Errorf("the fit ends at %v, want 8, 192", end)
	}
	if x := f.chart.x; !slices.Equal(x.values, []float64{1, 2, 4, 8}) {
		t.Errorf("the values of the x axis are %v", x.values)
	}
}

func TestLinearAndExponentialFits(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for n := range int64(5) {
		rows = append(rows, []any{n, 3 + float64(n)*(2<<20), 7 * math.Exp(0.25*float64(n))})
	}
	table := tableOf(t, "@n int64, memory_bytes double bytes, time_ms double ms", rows...)
	for want, p := range map[string]spec.Plot{
		"slope 2.00 [2.00, 2.00] MiB/n": {Y: []string{"memory_bytes"}, Fit: "linear"},
		"~ e^(0.25 [0.25, 0.25] x)":     {Y: []string{"time_ms"}, Fit: "exponential"},
	} {
		p.Kind, p.X = spec.Scatter, "n"
		f := figureOf(t, table, p)
		if notes := f.chart.panels[0].notes; len(notes) != 1 || notes[0].text != want {
			t.Errorf("the notes are %v, want %q", notes, want)
		}
	}
}

// Several y of one unit are series, those of other units have panels.
func TestSeveralY(t *testing.T) {
	t.Parallel()
	table := tableOf(t, "@n int64, @mode string, time_ms_p50 double ms, time_ms_p99 double ms, memory_bytes_max double bytes",
		[]any{int64(1), "a", 1.0, 2.0, 1024.0}, []any{int64(2), "a", 3.0, 4.0, 2048.0},
		[]any{int64(1), "b", 5.0, 6.0, 3000.0}, []any{int64(2), "b", 7.0, 8.0, 4000.0})
	p := spec.Plot{Kind: spec.Line, X: "n", Y: []string{"time_ms_p50", "time_ms_p99"}, Facet: "mode"}
	f := figureOf(t, table, p)
	if got := legendOf(f); !slices.Equal(got, []string{"time p50", "time p99"}) || len(f.chart.panels) != 2 || f.chart.y.name() != "time (ms)" {
		t.Errorf("series %q in %d panels of %s", got, len(f.chart.panels), f.chart.y.name())
	}
	if curves := marksOf[curve](f, 1); len(curves) != 2 || !slices.Equal(curves[1].points, plotter.XYs{{X: 1, Y: 6}, {X: 2, Y: 8}}) {
		t.Errorf("the curves of mode b are %v", curves)
	}
	p.Facet, p.Color = "", "mode"
	f = figureOf(t, table, p)
	if got := legendOf(f); !slices.Equal(got, []string{"a", "b", "time p50", "time p99"}) {
		t.Errorf("the legend is %q", got)
	}
	if curves := marksOf[curve](f, 0); len(curves) != 4 || curves[0].dashes || !curves[2].dashes {
		t.Errorf("the second y is not told apart: %v", curves)
	}
	p.Y = []string{"time_ms_p50", "memory_bytes_max"}
	f = figureOf(t, table, p)
	if len(f.chart.panels) != 2 || f.chart.panels[0].y.name() != "time p50 (ms)" || f.chart.panels[1].y.name() != "memory max (KiB)" {
		t.Errorf("%d panels, of %s", len(f.chart.panels), f.chart.panels[0].y.name())
	}
}

// A band is parted where a point has no interval; a point by itself has a
// whisker.
func TestBand(t *testing.T) {
	t.Parallel()
	null := any(nil)
	f := figureOf(t, tableOf(t, "@n int64, time_ms_p50 double ms, time_ms_p50_lo double ms, time_ms_p50_hi double ms",
		[]any{int64(1), 2.0, 1.0, 3.0}, []any{int64(2), 2.0, 1.5, 2.5}, []any{int64(3), 2.0, null, null}, []any{int64(4), 2.0, 0.5, 9.0}),
		spec.Plot{Kind: spec.Line, X: "n", Y: []string{"time_ms_p50"}, Band: "ci"})
	areas := marksOf[area](f, 0)
	if len(areas) != 1 || !slices.Equal(areas[0].upper, plotter.XYs{{X: 1, Y: 3}, {X: 2, Y: 2.5}}) || !slices.Equal(areas[0].lower, plotter.XYs{{X: 1, Y: 1}, {X: 2, Y: 1.5}}) {
		t.Errorf("the areas are %v", areas)
	}
	if curves := marksOf[curve](f, 0); len(curves) != 4 || !slices.Equal(curves[2].points, plotter.XYs{{X: 4, Y: 0.5}, {X: 4, Y: 9}}) {
		t.Errorf("whiskers and line are %v", curves)
	}
	if got := warningsOf(f); got != "1 point of time_ms_p50 without an interval" {
		t.Errorf("warnings: %s", got)
	}
	if f.chart.y.hi < 9 {
		t.Errorf("the y axis ends at %v", f.chart.y.hi)
	}
}

// A line goes through the median of the rows that share an x, and says so.
func TestLineThroughMedians(t *testing.T) {
	t.Parallel()
	f := figureOf(t, tableOf(t, "@n int64, time_ms_p50 double ms",
		[]any{int64(2), 9.0}, []any{int64(1), 1.0}, []any{int64(1), 2.0}, []any{int64(1), 6.0}),
		spec.Plot{Kind: spec.Line, X: "n", Y: []string{"time_ms_p50"}})
	if c := marksOf[curve](f, 0); len(c) != 1 || !slices.Equal(c[0].points, plotter.XYs{{X: 1, Y: 2}, {X: 2, Y: 9}}) {
		t.Errorf("the line is %v", c)
	}
	if d := marksOf[dots](f, 0); len(d) != 1 || len(d[0].points) != 4 {
		t.Errorf("the points are %v", d)
	}
	if got := warningsOf(f); got != "time_ms_p50: rows share a value of n; the line goes through their median" {
		t.Errorf("warnings: %s", got)
	}
}

// What has no place on a logarithmic axis is left out, and counted.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	f := figureOf(t, tableOf(t, "@x double, y_ms double ms, status string",
		[]any{0.0, 1.0, "ok"}, []any{1.0, -2.0, "ok"}, []any{2.0, 3.0, "ok"}, []any{3.0, 1e300, "ok"}, []any{4.0, nil, "ok"}, []any{5.0, 1.0, "failed"}),
		spec.Plot{Kind: spec.Scatter, X: "x", Y: []string{"y_ms"}, Samples: true, LogX: true, LogY: true})
	if got := warningsOf(f); got != "left out: 2 values of 0 or less on a logarithmic axis; left out: 1 infinite value" {
		t.Errorf("warnings: %s", got)
	}
	if d := marksOf[dots](f, 0); len(d) != 1 || !slices.Equal(d[0].points, plotter.XYs{{X: 2, Y: 3}}) {
		t.Errorf("drawn are %v", d)
	}
}

func TestBoundsOfPanelsAndSeries(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for i := range int64(40) {
		rows = append(rows, []any{i, i, i, 1.0})
	}
	f := figureOf(t, tableOf(t, "@n int64, @color int64, @facet int64, time_ms_p50 double ms", rows...),
		spec.Plot{Kind: spec.Line, X: "n", Y: []string{"time_ms_p50"}, Color: "color", Facet: "facet"})
	if len(f.chart.panels) != maxPanels || len(f.chart.series) != maxSeries {
		t.Errorf("%d panels, %d series", len(f.chart.panels), len(f.chart.series))
	}
	want := "left out: 16 values of color beyond the first 24; left out: 28 values of facet beyond the first 12"
	if got := warningsOf(f); got != want {
		t.Errorf("warnings: %s\nwant: %s", got, want)
	}
	if faults := textFaults(f.scene); faults != nil {
		t.Error(faults)
	}
}

// Values are in the order of numbers, and markers and colours go with them.
func TestSeriesInOrder(t *testing.T) {
	t.Parallel()
	f := figureOf(t, tableOf(t, "@n int64, @size int64, time_ms_p50 double ms",
		[]any{int64(1), int64(64), 1.0}, []any{int64(1), int64(8), 1.0}, []any{int64(1), int64(16), 1.0}),
		spec.Plot{Kind: spec.Line, X: "n", Y: []string{"time_ms_p50"}, Color: "size"})
	if got := legendOf(f); !slices.Equal(got, []string{"8", "16", "64"}) {
		t.Errorf("the legend is %q", got)
	}
	if s := f.chart.series; s[0].ink != rampInk || s[2].ink != heatFirst-1 || s[0].marker == s[1].marker {
		t.Errorf("the inks are %v %v %v", s[0].ink, s[1].ink, s[2].ink)
	}
}

func TestReferenceLabelsAvoidMarks(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for i := range int64(50) { // above the line on the right, below it on the left
		rows = append(rows, []any{i, 95 + 0.4*float64(i)})
	}
	at := 100.0
	f := figureOf(t, tableOf(t, "@n int64, time_ms_p50 double ms", rows...), spec.Plot{
		Kind: spec.Scatter, X: "n", Y: []string{"time_ms_p50"}, References: []spec.Reference{{Y: &at, Label: "objective"}},
	})
	var found *text
	var stamps plotter.XYs
	for _, x := range f.scene.shapes {
		if x.text != nil && x.text.words == "objective" {
			found = x.text
		}
		stamps = append(stamps, x.stamps...)
	}
	if found == nil {
		t.Fatal("the reference has no label")
	}
	x0, y0, x1, y1 := found.bounds()
	for _, s := range stamps {
		if s.X > x0 && s.X < x1 && s.Y > y0 && s.Y < y1 {
			t.Errorf("the label is upon the point at %v", s)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	t.Parallel()
	columns := "@n int64, time_ms_p50 double ms"
	for name, rows := range map[string][][]any{"no rows": nil, "no values": {{int64(1), nil}, {int64(2), nil}}} {
		f := figureOf(t, tableOf(t, columns, rows...), spec.Plot{Kind: spec.Line, X: "n", Y: []string{"time_ms_p50"}})
		if !slices.ContainsFunc(f.scene.shapes, func(x shape) bool {
			return x.text != nil && strings.Contains(x.text.words, "nothing to draw")
		}) {
			t.Errorf("%s: the figure does not say so", name)
		}
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Latency over dimension":    "03-latency-over-dimension",
		"../../etc/passwd\x00":      "03-etc-passwd",
		"µ":                         "03",
		strings.Repeat("long ", 40): "03-" + strings.TrimSuffix(strings.Repeat("long-", 12), "-"),
	} {
		if got := fileName(2, title); got != want {
			t.Errorf("%q is %q, want %q", title, got, want)
		}
	}
}

func TestNewOfNoPlot(t *testing.T) {
	t.Parallel()
	data := Data{Spec: &spec.Spec{Plots: []spec.Plot{{Kind: spec.Line}, {Kind: "pie"}}}}
	for i, want := range map[int]string{-1: "the spec has 2", 0: "table", 1: "pie is no kind", 2: "the spec has 2"} {
		if _, err := New(data, i); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("plot %d: %v", i, err)
		}
	}
}

// Through two points every curve goes: it would say nothing.
func TestNoFitThroughTwoPoints(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]bool{2: false, 3: true} {
		points := make(plotter.XYs, n)
		for i := range points {
			points[i] = plotter.XY{X: float64(i + 1), Y: float64(2*i + 2)}
		}
		tr := trace{chart: &chart{plot: &spec.Plot{Fit: "power"}}}
		if _, ok := tr.fit(points); ok != want {
			t.Errorf("%d points: %v, want %v", n, ok, want)
		}
	}
}
