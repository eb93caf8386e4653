package compare

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
)

// The example in the documentation of benchstat: four and five runs of two Go
// benchmarks, of which one became 13.3% faster (p=0.016) and of the other one
// cannot tell (p=0.286). Source: golang.org/x/perf/cmd/benchstat, first release.
func TestBenchstatExample(t *testing.T) {
	t.Parallel()
	base := &side{params: []string{"name"}, points: []*point{
		published("GobEncode", 13552735, 13553943, 13606356, 13683198),
		published("JSONEncode", 32395067, 32334214, 31992891, 31735022),
	}}
	next := &side{params: []string{"name"}, points: []*point{
		published("GobEncode", 11773189, 11942588, 11786159, 11628583, 11815924),
		published("JSONEncode", 32036529, 32156552, 31288355, 31559706, 31765634),
	}}
	m := compared(t, base, next)
	gob, encode := m.Pairs[0], m.Pairs[1]
	if gob.Verdict != Faster || math.Abs(gob.Ratio-0.8669) > 0.002 {
		t.Errorf("GobEncode is %s by %.4f, want faster by 0.8669", gob.Verdict, gob.Ratio)
	}
	if encode.Verdict != Unclear {
		t.Errorf("JSONEncode is %s, want unclear", encode.Verdict)
	}
	// Of two tests the smaller P counts twice: 2 of C(9,4)=126 orders are as extreme.
	if want := 2 * 2.0 / 126; math.Abs(gob.P-want) > 1e-12 {
		t.Errorf("P of GobEncode is %g, want %g", gob.P, want)
	}
	if math.Abs(encode.P-0.286) > 0.0005 {
		t.Errorf("P of JSONEncode is %.4f, want 0.286", encode.P)
	}
}

func published(name string, ns ...float64) *point {
	p := &point{id: name, texts: []string{name}, values: [][]float64{ns}, tried: len(ns)}
	for i := range ns {
		p.rounds = append(p.rounds, i)
	}
	return p
}

func TestRuns(t *testing.T) {
	t.Parallel()
	base := run(t, sweep, 30, steady(10))
	next := run(t, sweep, 30, func(p spec.Point, rep int) (float64, float64, float64, bool) {
		ms, memory := 10.0, 4096.0
		if p.Params["mode"] == "flash" {
			ms, memory = 11, 5000
		}
		return ms * wave(rep+7), memory, 1e3 / (ms * wave(rep+7)), true
	})
	c, err := Runs(t.Context(), base, next, Options{})
	must(t, err)
	if got := metricNames(c); !slices.Equal(got, []string{"latency_ms", "memory_bytes", "goodput_per_s"}) {
		t.Errorf("compared are %v", got)
	}
	want := map[string][]Verdict{
		"latency_ms":    {Same, Same, Slower, Slower},
		"memory_bytes":  {Same, Same, Slower, Slower},
		"goodput_per_s": {Same, Same, Slower, Slower},
	}
	for name, verdicts := range want {
		m := metricOf(t, c, name)
		for i, p := range m.Pairs {
			if p.Verdict != verdicts[i] {
				t.Errorf("%s at %s is %s (%g [%g, %g], P %g), want %s", name, p.Point, p.Verdict, p.Ratio, p.Lo, p.Hi, p.P, verdicts[i])
			}
		}
	}
	latency := metricOf(t, c, "latency_ms")
	if p := latency.Pairs[2]; p.Point != "mode=flash size=1" || math.Abs(p.Ratio-1.1) > 0.005 || !(p.Lo < 1.1 && 1.1 < p.Hi) || p.BaseN != 30 {
		t.Errorf("pair 2 is %+v", p)
	}
	if math.Abs(latency.Ratio-math.Sqrt(1.1)) > 0.005 || latency.Verdict != Slower {
		t.Errorf("overall %g [%g, %g] %s", latency.Ratio, latency.Lo, latency.Hi, latency.Verdict)
	}
	if p := metricOf(t, c, "memory_bytes").Pairs[2]; p.Lo != p.Hi || p.P != 0 || math.Abs(p.Ratio-5000.0/4096) > 1e-12 {
		t.Errorf("what never varies is known exactly, got %+v", p)
	}
	if len(c.Warnings) == 0 || !strings.Contains(c.Warnings[0].What, "one run stands for each side") {
		t.Errorf("no word of what two runs cannot tell: %v", c.Warnings)
	}
}

func metricNames(c *Comparison) []string {
	var names []string
	for _, m := range c.Metrics {
		names = append(names, m.Metric)
	}
	return names
}

// Which side is called base turns faster into slower and the ratio over.
func TestSidesTurnedRound(t *testing.T) {
	t.Parallel()
	a, b := run(t, sweep, 20, steady(10)), run(t, sweep, 20, steady(11))
	there, err := Runs(t.Context(), a, b, Options{})
	must(t, err)
	back, err := Runs(t.Context(), b, a, Options{})
	must(t, err)
	for i, m := range there.Metrics {
		for k, p := range m.Pairs {
			q := back.Metrics[i].Pairs[k]
			if math.Abs(p.Ratio*q.Ratio-1) > 1e-9 || math.Abs(p.Lo*q.Hi-1) > 1e-9 || p.P != q.P {
				t.Errorf("%s %s: %+v and back %+v", m.Metric, p.Point, p, q)
			}
			if p.Verdict == Slower && q.Verdict != Faster || p.Verdict == Faster && q.Verdict != Slower {
				t.Errorf("%s %s: %s and back %s", m.Metric, p.Point, p.Verdict, q.Verdict)
			}
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	reading := run(t, "sweep: {mode: [naive, flash, tiled], size: [1, 2]}\n", 20, func(p spec.Point, rep int) (float64, float64, float64, bool) {
		ms := map[any]float64{"naive": 10, "flash": 5, "tiled": 20}[p.Params["mode"]]
		return ms * wave(rep), 4096, math.NaN(), true
	})
	all, err := Within(t.Context(), reading, "mode", Options{Metrics: []string{"latency_ms"}})
	must(t, err)
	if len(all) != 2 || all[0].Base != "mode=naive" || all[0].Next != "mode=flash" || all[1].Next != "mode=tiled" || all[0].By != "mode" {
		t.Fatalf("%d comparisons: %+v", len(all), all)
	}
	for i, want := range []struct {
		ratio   float64
		verdict Verdict
	}{{0.5, Faster}, {2, Slower}} {
		m := all[i].Metrics[0]
		if len(m.Pairs) != 2 || m.Pairs[1].Point != "size=2" || math.Abs(m.Ratio-want.ratio) > 0.01 || m.Verdict != want.verdict {
			t.Errorf("%s: %+v", all[i].Next, m)
		}
	}
	if _, err := Within(t.Context(), reading, "half", Options{}); err == nil || !strings.Contains(hintOf(err), "mode, size") {
		t.Errorf("a parameter of one value: %v, %s", err, hintOf(err))
	}
	if _, err := Within(t.Context(), reading, "mod", Options{}); err == nil || hintOf(err) != `did you mean "mode"?` {
		t.Errorf("a wrong name: %v, %s", err, hintOf(err))
	}
}

func hintOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Cure
	}
	return ""
}

// Parameters that move together are compared together.
func TestWithinSeveral(t *testing.T) {
	t.Parallel()
	reading := run(t, "params: {half: {expr: size / 2.0}}\nsweep: {mode: [naive, flash], size: [1, 2]}\n", 10, steady(3))
	_, err := Within(t.Context(), reading, "size", Options{})
	if err == nil || !strings.Contains(hintOf(err), "half") {
		t.Errorf("half moves with size: %v, %s", err, hintOf(err))
	}
	all, err := Within(t.Context(), reading, "size,half", Options{})
	must(t, err)
	if len(all) != 1 || all[0].Next != "size=2 half=1" || len(all[0].Metrics[0].Pairs) != 2 {
		t.Errorf("%+v", all[0])
	}
}

// Points on one side alone are named, not compared.
func TestPointsWithoutPartner(t *testing.T) {
	t.Parallel()
	base := run(t, sweep, 5, steady(1))
	next := run(t, "sweep: {mode: [naive, tiled], size: [1, 2]}\n", 5, steady(1))
	c, err := Runs(t.Context(), base, next, Options{})
	must(t, err)
	if want := []string{"mode=flash size=1", "mode=flash size=2"}; !slices.Equal(c.OnlyBase, want) {
		t.Errorf("only in base: %q", c.OnlyBase)
	}
	if want := []string{"mode=tiled size=1", "mode=tiled size=2"}; !slices.Equal(c.OnlyNext, want) {
		t.Errorf("only in next: %q", c.OnlyNext)
	}
	if p := c.Metrics[0].Pairs; len(p) != 2 || p[0].Point != "size=1" {
		t.Errorf("pairs %+v", p)
	}
}

// Where nothing can be matched the parameter that is in the way is named, and
// may be left out of account on purpose.
func TestNothingInCommon(t *testing.T) {
	t.Parallel()
	base, next := run(t, "params: {size: 1}\n", 8, steady(10)), run(t, "params: {size: 2}\n", 8, steady(12))
	_, err := Runs(t.Context(), base, next, Options{})
	if err == nil || !strings.Contains(err.Error(), "size is 1 in one and 2 in the other") || !strings.Contains(hintOf(err), "--by size") {
		t.Errorf("%v, hint %s", err, hintOf(err))
	}
	c, err := Runs(t.Context(), base, next, Options{Except: []string{"size"}})
	must(t, err)
	if p := c.Metrics[0].Pairs; len(p) != 1 || p[0].Point != "" || p[0].Verdict != Slower {
		t.Errorf("%+v", p)
	}
	if !slices.Contains(c.Differences, Difference{Name: "size", Base: "1", Next: "2"}) {
		t.Errorf("differences %+v", c.Differences)
	}
	if _, err := Runs(t.Context(), run(t, sweep, 3, steady(1)), next, Options{Except: []string{"size"}}); err == nil ||
		!strings.Contains(err.Error(), "differ in size alone") {
		t.Errorf("two candidates: %v", err)
	}
}

// Another machine, another commit, another way to measure and another meaning
// of a metric are named and grave; a new claim or title is not.
func TestDifferences(t *testing.T) {
	t.Parallel()
	base := run(t, sweep, 4, steady(1))
	host := base.Header.Environment.Hostname
	next := run(t, "title: other\n"+sweep+"measure: {isolate: point, warmup: 3}\n", 4, steady(1),
		`"hostname":"`+host+`"`, `"hostname":"elsewhere"`,
		`"go_version":"`, `"cpu_model":"Abacus 9","vcs_revision":"feed","go_version":"x`)
	c, err := Runs(t.Context(), base, next, Options{})
	must(t, err)
	got := map[string]Difference{}
	for _, d := range c.Differences {
		got[d.Name] = d
	}
	if d := got["hostname"]; d.Base != host || d.Next != "elsewhere" || !d.Grave {
		t.Errorf("hostname: %+v", d)
	}
	for _, name := range []string{"go_version", "measure_isolate", "warmup_count"} {
		if d, ok := got[name]; !ok || !d.Grave {
			t.Errorf("%s is not named as grave: %+v", name, c.Differences)
		}
	}
	for _, name := range []string{"title", "run_id", "started_at", "spec_sha256", "load_1min", "samples_count"} {
		if _, ok := got[name]; ok {
			t.Errorf("%s is no difference that matters", name)
		}
	}
	if i := slices.IndexFunc(c.Differences, func(d Difference) bool { return !d.Grave }); i >= 0 {
		if slices.ContainsFunc(c.Differences[i:], func(d Difference) bool { return d.Grave }) {
			t.Errorf("the grave ones come first: %+v", c.Differences)
		}
	}
}

func TestMetricOfAnotherMeaning(t *testing.T) {
	t.Parallel()
	base := run(t, sweep+"metrics: {rate_per_s: 1 / latency_ms}\n", 4, steady(1))
	next := run(t, sweep+"metrics: {rate_per_s: 2 / latency_ms}\n", 4, steady(1))
	c, err := Runs(t.Context(), base, next, Options{Metrics: []string{"rate_per_s"}})
	must(t, err)
	if !slices.Contains(c.Differences, Difference{Name: "metric rate_per_s", Base: "1 / latency_ms", Next: "2 / latency_ms", Grave: true}) {
		t.Errorf("differences %+v", c.Differences)
	}
	if v := c.Metrics[0].Verdict; c.Metrics[0].Better == workloads.Neither && v != Changed {
		t.Errorf("doubled without a better direction is %s, want changed", v)
	}
	if _, err := Runs(t.Context(), base, next, Options{Metrics: []string{"rat_per_s"}}); hintOf(err) != `did you mean "rate_per_s"?` {
		t.Errorf("a wrong metric: %v, %s", err, hintOf(err))
	}
}

// The rows of one repetition count as one, which is their median.
func TestManyRows(t *testing.T) {
	t.Parallel()
	requests := func(_ spec.Point, row int) (float64, float64, float64, bool) {
		return float64(1 + row%5), 4096, 1, true // 1, 2, 3, 4 and 5 ms in each repetition
	}
	a, b := runRows(t, sweep, 4, 5, requests), runRows(t, sweep, 3, 5, requests)
	c, err := Runs(t.Context(), a, b, Options{Metrics: []string{"latency_ms"}})
	must(t, err)
	if p := c.Metrics[0].Pairs[0]; p.BaseN != 4 || p.NextN != 3 || p.Base != 3 || p.Verdict != Same {
		t.Errorf("%+v", p)
	}
}

// Failed repetitions do not count, and a point that has none left is unclear.
func TestFailedRepetitions(t *testing.T) {
	t.Parallel()
	base := run(t, sweep, 10, steady(5))
	next := run(t, sweep, 10, func(p spec.Point, rep int) (float64, float64, float64, bool) {
		return 5 * wave(rep), 4096, 1, p.Params["mode"] != "flash"
	})
	c, err := Runs(t.Context(), base, next, Options{Metrics: []string{"latency_ms"}})
	must(t, err)
	m := c.Metrics[0]
	if p := m.Pairs[3]; p.NextN != 0 || p.Verdict != Unclear || !math.IsNaN(p.Ratio) || len(p.Warnings) == 0 {
		t.Errorf("%+v", p)
	}
	if m.Pairs[0].Verdict != Same {
		t.Errorf("%+v", m.Pairs[0])
	}
	gate := Gate{FailOn: []Verdict{Slower}, Threshold: 0.05}
	if f := gate.Failures([]*Comparison{c}); len(f) != 2 || !strings.Contains(f[0], "mode=flash size=1 has no repetition that is ok") {
		t.Errorf("a point that fails now is no success: %q", f)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	pair := func(v Verdict, ratio float64) Pair {
		return Pair{Point: "size=1", BaseN: 9, NextN: 9, Ratio: ratio, Lo: ratio, Hi: ratio, Verdict: v}
	}
	blind := Pair{BaseN: 2, NextN: 2, Ratio: 1.5, Lo: nan, Hi: nan, Verdict: Unclear}
	for _, c := range []struct {
		name      string
		failOn    []Verdict
		threshold float64
		pairs     []Pair
		want      int
	}{
		{"slower beyond", []Verdict{Slower}, 0.05, []Pair{pair(Slower, 1.06), pair(Same, 1)}, 1},
		{"slower below", []Verdict{Slower}, 0.05, []Pair{pair(Slower, 1.04), pair(Same, 1)}, 0},
		{"fewer per second beyond", []Verdict{Slower}, 0.05, []Pair{pair(Slower, 0.9)}, 1},
		{"faster is fine", []Verdict{Slower}, 0, []Pair{pair(Faster, 0.5)}, 0},
		{"faster is not", []Verdict{Slower, Faster}, 0, []Pair{pair(Faster, 0.5)}, 1},
		{"unclear is fine", []Verdict{Slower}, 0, []Pair{pair(Unclear, 1.2)}, 0},
		{"unclear is not, however small", []Verdict{Unclear}, 0.05, []Pair{pair(Unclear, 1.001)}, 1},
		{"nothing can be seen", []Verdict{Slower}, 0, []Pair{blind, blind}, 1},
		{"something can", []Verdict{Slower}, 0, []Pair{blind, pair(Same, 1)}, 0},
		{"from nothing", []Verdict{Slower}, 0.05, []Pair{pair(Slower, nan)}, 1},
	} {
		m := MetricComparison{Metric: "latency_ms", Pairs: c.pairs, Ratio: nan, Lo: nan, Hi: nan, Verdict: Unclear}
		if slices.Contains(c.failOn, Unclear) {
			m.Verdict = Same
		}
		g := Gate{FailOn: c.failOn, Threshold: c.threshold}
		if f := g.Failures([]*Comparison{{Metrics: []MetricComparison{m}}}); len(f) != c.want {
			t.Errorf("%s: %q, want %d", c.name, f, c.want)
		}
	}
}

// What a run that was cut off did not come to is no success; what a complete one
// was not asked for is.
func TestGateOfIncompleteRun(t *testing.T) {
	t.Parallel()
	for status, want := range map[results.RunStatus]int{results.Interrupted: 1, results.Complete: 0} {
		c := &Comparison{OnlyBase: []string{"size=2"}, NextRun: results.RunInfo{Status: status}}
		if f := (Gate{FailOn: []Verdict{Slower}}).Failures([]*Comparison{c}); len(f) != want {
			t.Errorf("%s: %q", status, f)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ratio, lo, hi float64
		better        workloads.Better
		want          Verdict
	}{
		{1.10, 1.05, 1.15, workloads.Lower, Slower},
		{1.10, 1.05, 1.15, workloads.Higher, Faster},
		{1.10, 1.05, 1.15, workloads.Neither, Changed},
		{0.90, 0.85, 0.95, workloads.Lower, Faster},
		{1.10, 0.99, 1.20, workloads.Lower, Unclear},
		{1.002, 0.995, 1.008, workloads.Lower, Same},
		{1.005, 1.003, 1.007, workloads.Lower, Same},     // there, and too small to matter
		{1.008, 1.003, 1.013, workloads.Lower, Unclear},  // there, and it may matter
		{0.997, 0.980, 0.9999, workloads.Lower, Unclear}, // the estimate is within the margin
		{1.2, math.NaN(), math.NaN(), workloads.Lower, Unclear},
	} {
		if got := judge(c.ratio, c.lo, c.hi, 0.01, c.better); got != c.want {
			t.Errorf("%g [%g, %g], better %q: %s, want %s", c.ratio, c.lo, c.hi, c.better, got, c.want)
		}
	}
}

// An interval is not enough: the corrected P has to agree.
func TestUncertainP(t *testing.T) {
	t.Parallel()
	for p, want := range map[float64]Verdict{0.01: Slower, 0.06: Unclear} {
		c := contest{pair: Pair{BaseN: 9, NextN: 9, Ratio: 1.1, Lo: 1.05, Hi: 1.2, P: p}}
		if c.decide(workloads.Lower, 0.01, 0.05); c.pair.Verdict != want {
			t.Errorf("P %g: %s, want %s", p, c.pair.Verdict, want)
		}
	}
}

// Values that are not all positive are compared by their difference.
func TestZeros(t *testing.T) {
	t.Parallel()
	of := func(values ...float64) *side {
		return &side{params: []string{"i"}, points: []*point{published("x", values...)}}
	}
	for _, c := range []struct {
		base, next *side
		ratio      float64
		want       Verdict
	}{
		{of(0, 0, 0, 0), of(0, 0, 0, 0), 1, Same},
		{of(0, 0, 0), of(3, 3, 3), math.NaN(), Slower},
		{of(3, 3, 3), of(0, 0, 0), 0, Faster},
		{of(-4, -4, -4), of(-2, -2, -2), 1.5, Slower},
		{of(0), of(1), math.NaN(), Unclear},
		{of(7), of(7), 1, Same}, // a simulation says the same to the last bit
	} {
		p := compared(t, c.base, c.next).Pairs[0]
		if p.Verdict != c.want || !(p.Ratio == c.ratio || math.IsNaN(p.Ratio) && math.IsNaN(c.ratio)) {
			t.Errorf("%v to %v: %s %g, want %s %g", p.Base, p.Next, p.Verdict, p.Ratio, c.want, c.ratio)
		}
	}
}

// Where there was nothing there is no ratio, but what all points say holds.
func TestZerosOverAll(t *testing.T) {
	t.Parallel()
	of := func(a, b float64) *side {
		return &side{params: []string{"i"}, points: []*point{published("x", a, a, a, a), published("y", b, b, b, b)}}
	}
	for _, c := range []struct {
		base, next *side
		want       Verdict
	}{
		{of(0, 0), of(3, 4), Slower},
		{of(0, 5), of(3, 1), Unclear},
		{of(5, 5), of(0, 0), Faster},
	} {
		if m := compared(t, c.base, c.next); m.Verdict != c.want || !math.IsNaN(m.Ratio) {
			t.Errorf("%+v: %s %g, want %s without a ratio", m.Pairs, m.Verdict, m.Ratio, c.want)
		}
	}
}

// A run without tables says how to make them.
func TestNoTables(t *testing.T) {
	t.Parallel()
	base, next := run(t, sweep, 3, steady(1)), run(t, sweep, 3, steady(1))
	must(t, os.Remove(filepath.Join(next.Dir, results.SamplesFile)))
	_, err := Runs(t.Context(), base, next, Options{})
	if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Cure, "runx report") {
		t.Errorf("%v", err)
	}
}

// What JSON has no number for is null, and lists are lists.
func TestJSON(t *testing.T) {
	t.Parallel()
	base, next := run(t, sweep, 1, steady(1)), run(t, sweep, 1, steady(2))
	c, err := Runs(t.Context(), base, next, Options{Metrics: []string{"latency_ms"}})
	must(t, err)
	text, err := json.Marshal(c)
	must(t, err)
	var read struct {
		OnlyBase []string `json:"only_base"`
		Metrics  []struct {
			Verdict string   `json:"verdict"`
			Lo      *float64 `json:"ratio_lo"`
			Points  []struct {
				Point string   `json:"point"`
				Ratio *float64 `json:"ratio"`
				Hi    *float64 `json:"ratio_hi"`
				N     int      `json:"base_count"`
			} `json:"points"`
		} `json:"metrics"`
	}
	must(t, json.Unmarshal(text, &read))
	p := read.Metrics[0].Points[0]
	if read.OnlyBase == nil || read.Metrics[0].Verdict != "unclear" || read.Metrics[0].Lo != nil || p.Hi != nil || *p.Ratio != 2 || p.N != 1 || p.Point == "" {
		t.Errorf("%s", text)
	}
}

// What a series is worth is never more than it has, nor less than one, and the
// correction for few repetitions only widens.
func TestWorth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 60).Draw(t, "values")
		s := newSeries(values, make([]int, len(values)))
		s.setWorth(rapid.Float64Range(-0.5, 1).Draw(t, "common"))
		if n := float64(len(values)); s.worth < 1 || s.worth > n {
			t.Fatalf("%g of %g", s.worth, n)
		}
		if a, b := calibrated(s, s, 0.01); a > s.worth || b > s.worth || a <= 0 || a == s.worth && s.worth < float64(len(values)) {
			t.Fatalf("calibrated to %g, %g from %g", a, b, s.worth)
		}
	})
}

// The fewest repetitions that can show anything are those whose two extreme
// orders are rare enough: of 5 and 5 one in 126.
func TestRepetitionsFor(t *testing.T) {
	t.Parallel()
	for level, want := range map[float64]int{0.05: 4, 2.0 / 252: 5, 0.007: 6, 0.05 / 200: 8} {
		if got := repetitionsFor(level); got != want {
			t.Errorf("level %g: %d, want %d", level, got, want)
		}
		separate := func(n int) stats.Interval {
			a, b := make([]float64, n), make([]float64, n)
			for i := range n {
				a[i], b[i] = float64(i), float64(100+i)
			}
			return stats.HodgesLehmannWorth(a, b, float64(n), float64(n), 1-level).Interval
		}
		if !separate(want).Valid() || separate(want-1).Valid() {
			t.Errorf("level %g: the interval does not begin at %d", level, want)
		}
	}
}
