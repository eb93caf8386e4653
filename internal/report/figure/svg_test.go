package figure

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"runx/internal/results"
	"runx/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// linePlots are lines and scatters with all that they may have, for tables of
// sampleColumns.
func linePlots() []spec.Plot {
	x, y := 1.5, 4.0
	references := []spec.Reference{{X: &x, Label: "a place"}, {Y: &y, Label: "an objective"}, {Y: &y}}
	latency := []string{"latency_ms"}
	return []spec.Plot{
		{Kind: spec.Line, X: "size", Y: latency, Color: "mode", Fit: "power", Band: "ci", References: references},
		{Kind: spec.Line, X: "size", Y: []string{"latency_ms", "rep"}, Color: "mode", Facet: "size", Fit: "linear"},
		{Kind: spec.Line, X: "rep", Y: []string{"latency_ms", "latency_ms"}, Fit: "exponential"},
		{Kind: spec.Scatter, X: "rep", Y: latency, Samples: true, Color: "size", Facet: "mode", Fit: "exponential", References: references},
		{Kind: spec.Scatter, X: "latency_ms", Y: latency, Samples: true, Title: strings.Repeat("a long title ", 30)},
	}
}

func TestHardLines(t *testing.T) {
	t.Parallel()
	for name, rows := range hardCases() {
		table := tableOf(t, sampleColumns, rows...)
		for i, plot := range linePlots() {
			for _, log := range []bool{false, true} {
				plot.LogX, plot.LogY = log, log
				what := fmt.Sprintf("plot %d of %s, log %v", i, name, log)
				f := figureOf(t, table, plot)
				for _, fault := range textFaults(f.scene) {
					t.Errorf("%s: %s", what, fault)
				}
				checkSVG(t, what, f, 200<<10)
			}
		}
	}
}

// manySamples are a table of 10^5 samples, and a plot that shows them all.
func manySamples(t testing.TB) (*results.Table, spec.Plot) {
	rng := rand.New(rand.NewPCG(5, 6))
	var rows [][]any
	for i := range 100_000 {
		rows = append(rows, sampleRow(i, 1<<(i%4), string(rune('a'+i%5)), math.Exp(rng.NormFloat64())))
	}
	return tableOf(t, sampleColumns, rows...),
		spec.Plot{Kind: spec.Scatter, X: "rep", Y: []string{"latency_ms"}, Samples: true, Color: "mode", LogY: true, Fit: "power"}
}

func BenchmarkScatter(b *testing.B) {
	table, plot := manySamples(b)
	for b.Loop() {
		figureOf(b, table, plot)
	}
}

// A scatter of 10^5 samples is small.
func TestManyPoints(t *testing.T) {
	t.Parallel()
	table, plot := manySamples(t)
	f := figureOf(t, table, plot)
	checkSVG(t, "the scatter", f, 200<<10)
	dots := 0
	for _, x := range f.scene.shapes {
		dots += len(x.stamps)
	}
	if dots < 3000 {
		t.Errorf("only %d points are seen", dots)
	}
}

// texts that mean something in XML, CSS or URLs.
const hostile = `"><script>alert(1)</script>&amp;' --> ]]> javascript:x` + "\x00\x1b[31m\u202e"

func TestEverythingIsEscaped(t *testing.T) {
	t.Parallel()
	one := 1.0
	f := figureOf(t, tableOf(t, sampleColumns, sampleRow(0, 1, hostile, 5), sampleRow(1, 2, hostile+"2", 6)), spec.Plot{
		Kind: spec.Scatter, X: "rep", Y: []string{"latency_ms"}, Color: "mode", Facet: "mode", Title: hostile,
		References: []spec.Reference{{X: &one, Label: hostile}},
	})
	for name, write := range map[string]func(io.Writer) error{
		"file":   func(w io.Writer) error { return f.WriteSVG(w, Dark) },
		"inline": f.WriteInline,
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "\x00", "\x1b", "id=", "href", "url("} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s: there is %q", name, bad)
			}
		}
		elements := map[string]int{}
		d := xml.NewDecoder(&b)
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if s, ok := token.(xml.StartElement); ok {
				elements[s.Name.Local]++
			}
		}
		for element := range elements {
			if !slices.Contains([]string{"svg", "path", "text", "rect"}, element) {
				t.Errorf("%s: there is an element %s", name, element)
			}
		}
		if elements["svg"] != 1 || elements["text"] < 5 {
			t.Errorf("%s: the elements are %v", name, elements)
		}
	}
}

// An inline figure has no colour of its own, but for heat.
func TestInline(t *testing.T) {
	t.Parallel()
	f := figureOf(t, goldenTable(t), goldenPlots()["line"])
	var b bytes.Buffer
	if err := f.WriteInline(&b); err != nil {
		t.Fatal(err)
	}
	svg := b.String()
	if strings.Contains(svg, "#") || !strings.Contains(svg, `="var(--fig-s0)"`) || strings.Contains(svg, "<?xml") || strings.Contains(svg, "<rect") {
		t.Errorf("the element is\n%s", svg)
	}
	if want := `role="img" aria-label="` + escape(f.Caption) + `"`; !strings.Contains(svg, want) {
		t.Errorf("it lacks %s", want)
	}
}

func goldenTable(t *testing.T) *results.Table {
	var rows [][]any
	for i, n := range []int64{128, 256, 512, 1024} {
		for k, mode := range []string{"naive", "flash"} {
			v := math.Pow(4, float64(i)) / float64(1+k)
			rows = append(rows, []any{n, mode, v, v * 0.9, v * 1.15})
		}
	}
	return tableOf(t, "@seq_len int64 tokens, @algorithm string, latency_ms_p50 double ms, latency_ms_p50_lo double ms, latency_ms_p50_hi double ms", rows...)
}

func goldenPlots() map[string]spec.Plot {
	y := 20.0
	latency := []string{"latency_ms_p50"}
	return map[string]spec.Plot{
		"line": {Kind: spec.Line, X: "seq_len", Y: latency, Color: "algorithm", LogX: true, LogY: true, Fit: "power", Band: "ci"},
		"facets": {
			Kind: spec.Scatter, X: "seq_len", Y: latency, Facet: "algorithm", Title: "Points & lines",
			References: []spec.Reference{{Y: &y, Label: "objective"}},
		},
	}
}

// The golden pictures are looked at by a person before they are committed:
// go test -update rewrites them.
func TestGolden(t *testing.T) {
	t.Parallel()
	plots := goldenPlots()
	for name, p := range plots {
		var b bytes.Buffer
		if err := figureOf(t, goldenTable(t), p).WriteSVG(&b, Light); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s differs; look at it and run go test -update:\n%s", file, b.String())
		}
	}
	files, err := filepath.Glob("testdata/*.svg")
	if err != nil || len(files) != len(plots) {
		t.Errorf("golden files %v for %d plots, error %v", files, len(plots), err)
	}
}

func TestPNG(t *testing.T) {
	t.Parallel()
	f := figureOf(t, goldenTable(t), goldenPlots()["line"])
	for _, theme := range []Theme{Light, Dark} {
		var b bytes.Buffer
		if err := f.WritePNG(&b, theme); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		if size := img.Bounds().Size(); size.X != 2*figureWidth || size.Y != int(2*f.scene.height) {
			t.Errorf("it has %v pixels", size)
		}
		r, g, bl, _ := img.At(1, 1).RGBA()
		if ground := theme.colorOf(groundInk); uint8(r>>8) != ground.R || uint8(g>>8) != ground.G || uint8(bl>>8) != ground.B {
			t.Errorf("the ground is %x %x %x", r>>8, g>>8, bl>>8)
		}
		// The first point of the first series is where the scene has it.
		for _, x := range f.scene.shapes {
			if x.stamps == nil || x.ink != seriesInk+1 {
				continue
			}
			at := x.stamps[len(x.stamps)-1]
			r, g, bl, _ := img.At(int(2*at.X), int(2*at.Y)).RGBA()
			if c := theme.colorOf(x.ink); uint8(r>>8) != c.R || uint8(g>>8) != c.G || uint8(bl>>8) != c.B {
				t.Errorf("at %v the pixel is %x %x %x, want %s", at, r>>8, g>>8, bl>>8, hexOf(c))
			}
		}
	}
}

func TestPathData(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]plotter.XYs{
		"M1 2h3v-1.5l-0.1 4z": {{X: 1, Y: 2}, {X: 4, Y: 2}, {X: 4, Y: 0.5}, {X: 3.9, Y: 4.5}},
		"M0 0l1-1z":           {{X: 0.01, Y: -0.01}, {X: 0.02, Y: 0}, {X: 1, Y: -1}},
	} {
		if got := pathData(p, true); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Thinning keeps the ends and the extremes of each column of pixels.
func TestThin(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	path := make(plotter.XYs, 50_000)
	for i := range path {
		path[i] = plotter.XY{X: float64(i) / 100, Y: rng.Float64() * 300}
	}
	path[12_345].Y, path[777].Y = 1000, -1000
	got := thin(path)
	if len(got) > 4*1002 {
		t.Errorf("%d points stay", len(got))
	}
	for _, must := range []plotter.XY{path[0], path[len(path)-1], path[12_345], path[777]} {
		if !slices.Contains(got, must) {
			t.Errorf("%v is gone", must)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	r := &results.Reading{Dir: t.TempDir()}
	f := figureOf(t, goldenTable(t), goldenPlots()["facets"])
	if err := WriteFiles(context.Background(), r, []*Figure{f}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"01-points-lines.svg", "01-points-lines-dark.svg", "01-points-lines.png"} {
		if info, err := os.Stat(filepath.Join(r.Dir, "plots", name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	dead, cancel := context.WithCancel(context.Background())
	cancel()
	if err := WriteFiles(dead, r, []*Figure{f}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

// One plot that cannot be drawn does not hide the others.
func TestAll(t *testing.T) {
	t.Parallel()
	data := Data{Summary: goldenTable(t), Spec: &spec.Spec{Plots: []spec.Plot{goldenPlots()["line"], {Kind: spec.ECDF, X: "x", Samples: true}, goldenPlots()["facets"]}}}
	figures, err := All(context.Background(), data)
	if err == nil || !strings.Contains(err.Error(), "draw plot 2") {
		t.Errorf("the error is %v", err)
	}
	if len(figures) != 2 || figures[0].Name != "01-latency-p50-over-seq-len" || figures[1].Name != "03-points-lines" {
		t.Errorf("drawn are %d", len(figures))
	}
}

// FuzzNew draws odd tables in odd ways: no panic, and XML.
func FuzzNew(f *testing.F) {
	f.Add(uint8(0), false, true, "a title", 1.0, -2.0, 1e300, 5.0)
	f.Add(uint8(3), true, true, "<&>", math.NaN(), math.Inf(1), 0.0, math.Copysign(0, -1))
	f.Add(uint8(9), true, false, "\xff\x00", 1e-300, 5e-324, math.MaxFloat64, -math.MaxFloat64)
	f.Fuzz(func(t *testing.T, kind uint8, logX, logY bool, words string, a, b, c, d float64) {
		plots := append(everyKind(), linePlots()...)
		p := plots[int(kind)%len(plots)]
		p.LogX, p.LogY, p.Title = logX, logY, words
		table := tableOf(t, sampleColumns, sampleRow(0, 1, words, a), sampleRow(1, 2, words, b), sampleRow(2, 2, "x", c), sampleRow(3, 4, "x", d))
		checkSVG(t, words, figureOf(t, table, p), 200<<10)
	})
}
