package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"runx/spec"
)

const sampleColumns = "status string,tainted string,started_at timestamp,rep int64,round int64,@size int64 tokens,@mode string,latency_ms double ms"

// sampleRow is a row of sampleColumns that is ok.
func sampleRow(rep, size int, mode string, latency float64) []any {
	return []any{"ok", nil, int64(rep) * 1e6, int64(rep), int64(0), int64(size), mode, latency}
}

// marksOf are the marks of one type in a panel.
func marksOf[M mark](f *Figure, panel int) []M {
	var all []M
	for _, m := range f.chart.panels[panel].marks {
		if m, ok := m.(M); ok {
			all = append(all, m)
		}
	}
	return all
}

func TestECDFFigure(t *testing.T) {
	t.Parallel()
	table := tableOf(t, sampleColumns,
		sampleRow(0, 1, "a", 3), sampleRow(1, 1, "a", 1), sampleRow(2, 1, "a", 2), sampleRow(3, 1, "a", 4),
		sampleRow(4, 2, "a", 8), []any{"failed", nil, int64(0), int64(5), int64(0), int64(2), "a", nil})
	f := figureOf(t, table, spec.Plot{Kind: spec.ECDF, X: "latency_ms", Color: "size", Samples: true})
	curves := marksOf[curve](f, 0)
	if len(curves) != 2 {
		t.Fatalf("%d curves, want one for each size", len(curves))
	}
	want := plotter.XYs{{X: 1, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 0.25}, {X: 2, Y: 0.25}, {X: 2, Y: 0.5}, {X: 3, Y: 0.5}, {X: 3, Y: 0.75}, {X: 4, Y: 0.75}, {X: 4, Y: 1}}
	if !slices.Equal(curves[0].points, want) {
		t.Errorf("the curve is %v, want %v", curves[0].points, want)
	}
	// The band of four samples is wider than the figure, and ends with it.
	band := marksOf[area](f, 0)[0]
	for i := range band.upper {
		if u, l := band.upper[i].Y, band.lower[i].Y; u > 1 || l < 0 || u-l < 0.5 {
			t.Errorf("the band at %v is from %v to %v", band.upper[i].X, l, u)
		}
	}
	if got, want := marksOf[dots](f, 0)[0].points[0], (plotter.XY{X: 2.5, Y: 0.5}); got != want {
		t.Errorf("the median is marked at %v, want %v", got, want)
	}
}

func TestHistogramFigure(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for i := range 100 {
		rows = append(rows, sampleRow(i, 1, "a", math.Pow(10, float64(i)/33)))
	}
	table := tableOf(t, sampleColumns, rows...)
	plot := spec.Plot{Kind: spec.Histogram, X: "latency_ms", Samples: true, Bins: 3, LogX: true}
	f := figureOf(t, table, plot)
	bars := marksOf[box](f, 0)
	if len(bars) != 3 {
		t.Fatalf("%d bars, want 3", len(bars))
	}
	for i, want := range []float64{33, 33, 34} {
		ratio := bars[i].x1 / bars[i].x0
		if bars[i].y1 != want || math.Abs(ratio-10) > 1e-9 {
			t.Errorf("bar %d holds %v samples over a ratio of %v, want %v over 10", i, bars[i].y1, ratio, want)
		}
	}
	plot.LogY = true
	if y := figureOf(t, table, plot).chart.y; y.lo > 0.5 {
		t.Errorf("the axis begins at %v, where a bar of one sample has no height", y.lo)
	}
	plot.LogY = false
	// Several series are shares of their own samples.
	rows = append(rows, sampleRow(0, 2, "a", 1))
	plot.Color = "size"
	f = figureOf(t, tableOf(t, sampleColumns, rows...), plot)
	tops := map[float64]float64{}
	for _, c := range marksOf[curve](f, 0) {
		sum := 0.0
		for i := 1; i < len(c.points); i += 2 {
			sum += c.points[i].Y
		}
		tops[sum]++
	}
	if tops[1] != 2 {
		t.Errorf("the shares of the series add up to %v, want 1 each", tops)
	}
}

func TestBoxFigure(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for i := range 5 {
		rows = append(rows, sampleRow(i, 1, "a", float64(i+1)), sampleRow(i, 1, "b", float64(10*(i+1))), sampleRow(i, 2, "a", float64(i+1)))
	}
	f := figureOf(t, tableOf(t, sampleColumns, rows...), spec.Plot{Kind: spec.Box, X: "size", Y: []string{"latency_ms"}, Color: "mode", Samples: true})
	boxes := slices.DeleteFunc(marksOf[box](f, 0), func(b box) bool { return b.hollow })
	if len(boxes) != 3 {
		t.Fatalf("%d boxes, want 3", len(boxes))
	}
	for i, want := range []struct{ q1, q3 float64 }{{2, 4}, {20, 40}, {2, 4}} {
		if b := boxes[i]; b.y0 != want.q1 || b.y1 != want.q3 {
			t.Errorf("box %d is from %v to %v, want %v", i, b.y0, b.y1, want)
		}
		if i > 0 && boxes[i].x0 < boxes[i-1].x1 {
			t.Errorf("box %d lies upon the one before", i)
		}
	}
	if boxes[0].ink != boxes[2].ink || boxes[0].ink == boxes[1].ink {
		t.Errorf("the colours are %v, %v, %v: one for each mode", boxes[0].ink, boxes[1].ink, boxes[2].ink)
	}
}

func TestViolinFigure(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var rows [][]any
	for i := range 200 {
		rows = append(rows, sampleRow(i, 1, "a", math.Exp(rng.NormFloat64())))
	}
	rows = append(rows, sampleRow(0, 2, "a", 1), sampleRow(1, 2, "a", 2))
	for _, log := range []bool{false, true} {
		f := figureOf(t, tableOf(t, sampleColumns, rows...), spec.Plot{Kind: spec.Violin, X: "size", Y: []string{"latency_ms"}, LogY: log, Samples: true})
		outlines := marksOf[area](f, 0)
		if len(outlines) != 1 {
			t.Fatalf("%d outlines, want one: two samples have no density", len(outlines))
		}
		points := outlines[0].upper
		n := len(points)
		peak := plotter.XY{}
		for i, q := range points[:n/2] {
			mirrored := points[n-1-i]
			if q.Y != mirrored.Y || math.Abs(q.X+mirrored.X) > 1e-12 {
				t.Fatalf("point %v is not mirrored: %v", q, mirrored)
			}
			if q.X < peak.X {
				peak = q
			}
		}
		// The mode of a lognormal distribution is exp(-1), that of its logarithm
		// 0.
		if want := map[bool]float64{false: math.Exp(-1), true: 1}[log]; peak.Y < want*0.6 || peak.Y > want*1.7 {
			t.Errorf("log %v: the violin is widest at %v, want about %v", log, peak.Y, want)
		}
	}
}

const gridColumns = "@x int64,@y string,value_ms double ms,other_ms double ms"

func TestHeatmapFigure(t *testing.T) {
	t.Parallel()
	level := 2.0
	table := tableOf(t, gridColumns,
		[]any{int64(10), "low", 1.0, 0.0}, []any{int64(2), "low", 3.0, 0.0}, []any{int64(2), "high", 5.0, 0.0},
		[]any{int64(2), "high", 7.0, 0.0})
	f := figureOf(t, table, spec.Plot{Kind: spec.Heatmap, X: "x", Y: []string{"y"}, Color: "value_ms", Contour: &level})
	if got := f.chart.x.categories; !slices.Equal(got, []string{"2", "10"}) {
		t.Errorf("x is %v: numbers in order", got)
	}
	if got := f.chart.y.categories; !slices.Equal(got, []string{"low", "high"}) {
		t.Errorf("y is %v: texts as they come", got)
	}
	var texts []string
	for _, l := range marksOf[cellTexts](f, 0)[0] {
		texts = append(texts, l.text)
	}
	if want := []string{"3", "1", "6"}; !slices.Equal(texts, want) {
		t.Errorf("cells say %v, want %v", texts, want)
	}
	cells := marksOf[box](f, 0)
	if cells[1].ink != heatFirst || cells[2].ink != heatFirst+heatSteps-1 || !cells[3].hatched {
		t.Errorf("cells are %+v: the lowest, the highest and a missing one", cells)
	}
	lines := marksOf[curve](f, 0)
	if want := (plotter.XYs{{X: 0.5, Y: -0.5}, {X: 0.5, Y: 0.5}}); len(lines) != 2 || !slices.Equal(lines[1].points, want) {
		t.Errorf("the line at %v is %v, want %v with a halo", level, lines, want)
	}
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0].What, "mean of up to 2 rows") {
		t.Errorf("warnings are %v", f.Warnings)
	}
	var keys []string
	for _, e := range f.chart.legend {
		keys = append(keys, e.label)
	}
	if want := []string{"value = 2 ms", "not measured"}; !slices.Equal(keys, want) {
		t.Errorf("the legend has %q, want %q", keys, want)
	}
}

func TestStackedFigure(t *testing.T) {
	t.Parallel()
	table := tableOf(t, "@x int64,stage_a_ms_p50 double ms,stage_b_ms_p50 double ms",
		[]any{int64(1), 2.0, 3.0}, []any{int64(2), 4.0, -1.0}, []any{int64(3), nil, 1.0})
	f := figureOf(t, table, spec.Plot{Kind: spec.Stacked, X: "x", Y: []string{"stage_a_ms_p50", "stage_b_ms_p50"}})
	var spans [][2]float64
	for _, b := range marksOf[box](f, 0) {
		spans = append(spans, [2]float64{b.y0, b.y1})
	}
	if want := [][2]float64{{0, 2}, {2, 5}, {0, 4}, {0, -1}, {0, 1}}; !slices.Equal(spans, want) {
		t.Errorf("bars are %v, want %v", spans, want)
	}
	var totals []string
	for _, l := range marksOf[label](f, 0) {
		totals = append(totals, l.text)
	}
	if want := []string{"5", "3", "1"}; !slices.Equal(totals, want) {
		t.Errorf("sums are %v, want %v", totals, want)
	}
	if e := f.chart.legend; len(e) != 2 || e[0].label != "a" || e[1].label != "b" {
		t.Errorf("the legend is %+v", e)
	}
	if got := f.chart.y.name(); got != "time p50 (ms)" {
		t.Errorf("the axis is called %q", got)
	}
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0].What, "1 part without a value") {
		t.Errorf("warnings are %v", f.Warnings)
	}
}

func TestWaterfallFigure(t *testing.T) {
	t.Parallel()
	table := tableOf(t, "@x int64,stage_a_ms_p50 double ms,stage_b_ms_p50 double ms,rest_ms_p50 double ms", []any{int64(1), 1.0, 6.0, 1.0})
	f := figureOf(t, table, spec.Plot{Kind: spec.Waterfall, Y: []string{"stage_a_ms_p50", "stage_b_ms_p50", "rest_ms_p50"}})
	if want := []string{"total", "rest", "b", "a"}; !slices.Equal(f.chart.y.categories, want) {
		t.Errorf("from the bottom it says %v, want %v", f.chart.y.categories, want)
	}
	var bars [][3]float64
	for _, b := range marksOf[box](f, 0) {
		bars = append(bars, [3]float64{b.x0, b.x1, math.Round(b.y0)})
	}
	if want := [][3]float64{{0, 12.5, 3}, {12.5, 87.5, 2}, {87.5, 100, 1}, {0, 100, 0}}; !slices.Equal(bars, want) {
		t.Errorf("bars in percent and row are %v, want %v", bars, want)
	}
	if got := marksOf[label](f, 0)[1].text; got != "6 ms · 75%" {
		t.Errorf("the longest stage says %q", got)
	}
	// Only the longest stage is opaque.
	for i, b := range marksOf[box](f, 0)[:3] {
		if opaque := b.opacity == 0; opaque != (i == 1) {
			t.Errorf("stage %d opaque: %v", i, opaque)
		}
	}
}

func TestTimeSeriesFigure(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for i := range 20 {
		rows = append(rows, sampleRow(19-i, 1, "a", float64(100+i)))
	}
	rows[3][1] = "steal"
	rows[4][0], rows[4][7] = "failed", nil
	plot := spec.Plot{Kind: spec.TimeSeries, X: "started_at", Y: []string{"latency_ms"}, Samples: true}
	f := figureOf(t, tableOf(t, sampleColumns, rows...), plot)
	points := marksOf[dots](f, 0)
	if len(points) != 2 || len(points[0].points) != 19 || points[0].points[0] != (plotter.XY{X: 0, Y: 119}) {
		t.Fatalf("points are %+v: seconds since the first, in order", points)
	}
	if want := (plotter.XY{X: 16, Y: 103}); points[1].ink != alarmInk || len(points[1].points) != 1 || points[1].points[0] != want {
		t.Errorf("disturbed are %+v, want %v", points[1], want)
	}
	if lost := marksOf[failures](f, 0); len(lost) != 1 || !slices.Equal(lost[0], failures{15}) {
		t.Errorf("failed are %v, want one at 15 s", lost)
	}
	if e := f.chart.legend; len(e) != 2 || e[0].label != "disturbed" || e[1].label != "failed" {
		t.Errorf("the legend is %+v", e)
	}
}

func TestExtremes(t *testing.T) {
	t.Parallel()
	points := make(plotter.XYs, 100_000)
	for i := range points {
		points[i] = plotter.XY{X: float64(i), Y: float64(i % 7)}
	}
	points[54_321].Y = 1e6
	some := extremes(points, 500)
	if len(some) > 2*500+2 {
		t.Errorf("%d points are left", len(some))
	}
	if !slices.Contains(some, points[54_321]) {
		t.Error("the highest point is lost")
	}
	if !slices.IsSortedFunc(some, func(a, b plotter.XY) int { return int(a.X - b.X) }) {
		t.Error("the points are out of order")
	}
}

// everyKind are plots of each kind, for tables of sampleColumns.
func everyKind() []spec.Plot {
	level := 1.0
	y := []string{"latency_ms"}
	return []spec.Plot{
		{Kind: spec.ECDF, X: "latency_ms", Samples: true, Color: "mode", Facet: "size"},
		{Kind: spec.Histogram, X: "latency_ms", Samples: true},
		{Kind: spec.Histogram, X: "latency_ms", Samples: true, Color: "mode", Bins: 12},
		{Kind: spec.Box, X: "mode", Y: y, Samples: true, Color: "size"},
		{Kind: spec.Violin, X: "mode", Y: y, Samples: true, Facet: "size"},
		{Kind: spec.Heatmap, X: "mode", Y: []string{"size"}, Color: "latency_ms", Contour: &level},
		{Kind: spec.Stacked, X: "mode", Y: []string{"latency_ms", "latency_ms"}, Facet: "size"},
		{Kind: spec.Waterfall, Y: []string{"latency_ms", "latency_ms"}, Facet: "mode"},
		{Kind: spec.TimeSeries, X: "rep", Y: y, Samples: true, Color: "mode"},
		{Kind: spec.TimeSeries, X: "started_at", Y: y, Samples: true, Color: "size", Facet: "mode"},
	}
}

// hardCases are tables of sampleColumns that pictures tend to break on.
func hardCases() map[string][][]any {
	rng := rand.New(rand.NewPCG(3, 4))
	cases := map[string][][]any{
		"no rows":    nil,
		"one sample": {sampleRow(0, 1, "a", 5)},
		"all NaN":    {sampleRow(0, 1, "a", math.NaN()), sampleRow(1, 2, "b", math.NaN())},
		"all equal":  {sampleRow(0, 1, "a", 5), sampleRow(1, 1, "a", 5), sampleRow(2, 2, "b", 5)},
		"zeros":      {sampleRow(0, 1, "a", 0), sampleRow(1, 1, "b", 0)},
		"negative":   {sampleRow(0, 1, "a", -5), sampleRow(1, 1, "b", 3), sampleRow(1, 2, "b", -1e-9)},
		"infinite":   {sampleRow(0, 1, "a", math.Inf(1)), sampleRow(1, 1, "a", 3), sampleRow(2, 1, "a", math.Inf(-1))},
		"huge":       {sampleRow(0, 1, "a", 1e300), sampleRow(1, 1, "a", -1e300), sampleRow(2, 1, "b", 1e-300)},
		"markup":     {sampleRow(0, 1, "<script>alert('&')</script>\x00\u202e", 5), sampleRow(1, 1, strings.Repeat("very long ", 60), 6)},
	}
	for range 30 {
		n := len(cases["30 categories"])
		for size := range 3 {
			cases["30 categories"] = append(cases["30 categories"], sampleRow(n, size, fmt.Sprintf("category %d", n), rng.ExpFloat64()))
		}
	}
	for i := range 3000 {
		cases["many"] = append(cases["many"], sampleRow(i, 1<<(i%7), string(rune('a'+i%5)), rng.ExpFloat64()*1e3))
	}
	return cases
}

func TestHardCases(t *testing.T) {
	t.Parallel()
	for name, rows := range hardCases() {
		table := tableOf(t, sampleColumns, rows...)
		for _, plot := range everyKind() {
			for _, log := range []bool{false, true} {
				plot.LogX, plot.LogY = log, log
				what := fmt.Sprintf("%s of %s, log %v", plot.Kind, name, log)
				f := figureOf(t, table, plot)
				for _, fault := range textFaults(f.scene) {
					t.Errorf("%s: %s", what, fault)
				}
				checkSVG(t, what, f, 200<<10)
			}
		}
	}
}

// checkSVG looks for XML that is not well formed, for numbers that are none, and
// for files that are too large.
func checkSVG(t *testing.T, what string, f *Figure, most int) {
	t.Helper()
	var b bytes.Buffer
	if err := f.WriteSVG(&b, Light); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if b.Len() > most {
		t.Errorf("%s: the SVG has %d bytes, more than %d", what, b.Len(), most)
	}
	for _, bad := range []string{"NaN", "Inf", "<script"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%s: the SVG contains %q", what, bad)
		}
	}
	d := xml.NewDecoder(&b)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// TestManySamples holds pictures of 10^5 samples to the size of a small one.
func TestManySamples(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	var rows [][]any
	for i := range 100_000 {
		rows = append(rows, sampleRow(i, 1<<(i%4), string(rune('a'+i%3)), math.Exp(rng.NormFloat64())))
	}
	table := tableOf(t, sampleColumns, rows...)
	for _, plot := range everyKind() {
		if plot.Samples {
			checkSVG(t, string(plot.Kind), figureOf(t, table, plot), 120<<10)
		}
	}
}

// TestLargeHeatmap has one mark for equal neighbours, and no numbers.
func TestLargeHeatmap(t *testing.T) {
	t.Parallel()
	var rows [][]any
	for x := range 40 {
		for y := range 20 {
			v := 1.0
			if x == 20 && y == 10 {
				v = 2
			}
			rows = append(rows, []any{int64(x), fmt.Sprint(y), v, 0.0})
		}
	}
	f := figureOf(t, tableOf(t, gridColumns, rows...), spec.Plot{Kind: spec.Heatmap, X: "x", Y: []string{"y"}, Color: "value_ms"})
	if n := len(marksOf[box](f, 0)); n != 19+3 {
		t.Errorf("%d cells are drawn, want one for each of 19 rows and three for the row with a peak", n)
	}
	if n := len(marksOf[cellTexts](f, 0)[0]); n != 0 {
		t.Errorf("%d cells have a number", n)
	}
}

// TestOrderOfTexts holds that texts come in the order of the summary, each with
// one colour whichever others are drawn.
func TestOrderOfTexts(t *testing.T) {
	t.Parallel()
	summary := tableOf(t, sampleColumns, sampleRow(0, 1, "c", 1), sampleRow(0, 1, "b", 1), sampleRow(0, 1, "a", 1))
	samples := tableOf(t, sampleColumns, sampleRow(0, 1, "a", 1), sampleRow(0, 1, "b", 1))
	s := &spec.Spec{Plots: []spec.Plot{{Kind: spec.ECDF, X: "latency_ms", Color: "mode", Samples: true}}}
	f, err := New(Data{Spec: s, Summary: summary, Samples: samples}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		label string
		ink   ink
	}{{"b", seriesInk + 1}, {"a", seriesInk + 2}} {
		if got := f.chart.series[i]; got.label != want.label || got.ink != want.ink {
			t.Errorf("series %d is %s in colour %d, want %s in %d", i, got.label, got.ink, want.label, want.ink)
		}
	}
}

// TestOneValue has no ticks at clients that nobody has measured.
func TestOneValue(t *testing.T) {
	t.Parallel()
	table := tableOf(t, "@clients int64,latency_ms_p50 double ms", []any{int64(4), 2.0})
	f := figureOf(t, table, spec.Plot{Kind: spec.Line, X: "clients", Y: []string{"latency_ms_p50"}, LogX: true})
	if got := f.chart.x.ticks(300, widthOfLabel); len(got) != 1 || got[0] != (tick{4, "4"}) {
		t.Errorf("ticks are %v, want one at 4", got)
	}
}

// TestBeside holds that the series of a category share its place, and that one
// without others has all of it.
func TestBeside(t *testing.T) {
	t.Parallel()
	var together, apart [][]any
	for i := range 20 {
		together = append(together, sampleRow(i, 1, "a", float64(i)), sampleRow(i, 1, "b", float64(i)))
		apart = append(apart, sampleRow(i, 1, "a", float64(i)), sampleRow(i, 2, "b", float64(i)))
	}
	plot := spec.Plot{Kind: spec.Box, X: "size", Y: []string{"latency_ms"}, Color: "mode", Samples: true}
	for _, c := range []struct {
		rows [][]any
		want []float64
	}{{together, []float64{-0.2, 0.2}}, {apart, []float64{0, 1}}} {
		var middles []float64
		for _, b := range marksOf[box](figureOf(t, tableOf(t, sampleColumns, c.rows...), plot), 0) {
			if !b.hollow {
				middles = append(middles, math.Round(1000*(b.x0+b.x1)/2)/1000)
			}
		}
		if !slices.Equal(middles, c.want) {
			t.Errorf("boxes stand at %v, want %v", middles, c.want)
		}
	}
}
