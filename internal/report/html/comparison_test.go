package html

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/compare"
	"runx/internal/report"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

func comparisonForTests() *compare.Comparison {
	nan := math.NaN()
	run := func(id string, quick bool) results.RunInfo {
		return results.RunInfo{Dir: "out/week07/" + id, ID: id, Spec: "week07", Title: "Sequence length", Status: results.Complete, Quick: quick, CreatedAt: 1_795_488_424_000_000}
	}
	return &compare.Comparison{
		Base: "20261124t024704z-9d6a", Next: "20261125t024704z-0011",
		BaseRun: run("20261124t024704z-9d6a", false), NextRun: run("20261125t024704z-0011", true),
		Differences: []compare.Difference{{Name: "load_1min", Base: "0.1", Next: "2.3"}, {Name: "cpu_model", Base: "EPYC", Grave: true}},
		OnlyBase:    []string{"seq_len=8192"},
		Metrics: []compare.MetricComparison{{
			Metric: "latency_ms", Unit: "ms", Better: workloads.Lower, Ratio: 1.2, Lo: 1.1, Hi: 1.3, Verdict: compare.Slower,
			Pairs: []compare.Pair{
				{Point: "seq_len=128", Values: []string{"naive", "128"}, Base: 2, Next: 2.5, BaseN: 30, NextN: 40, Ratio: 1.25, Lo: 1.2, Hi: 1.3, P: 0.00001, Verdict: compare.Slower},
				{Point: "seq_len=256", Values: []string{"naive", "256"}, Base: 4, Next: 4.002, BaseN: 30, NextN: 40, Ratio: 1.0005, Lo: 0.998, Hi: 1.003, P: 0.8, Verdict: compare.Same},
				{Point: "seq_len=512", Values: []string{"naive", "512"}, Base: 8, Next: 2, BaseN: 3, NextN: 3, Ratio: 0.25, Lo: nan, Hi: nan, P: nan, Verdict: compare.Unclear, Warnings: []stats.Warning{{What: "3 samples give no interval", Cure: "take 6"}}},
			},
		}},
		Params: []string{"algorithm", "seq_len"}, Margin: 0.01, Confidence: 0.95,
		Warnings: []stats.Warning{{What: "the runs are two processes", Cure: "compare several runs"}},
	}
}

func writeComparison(t testing.TB, comparisons ...*compare.Comparison) string {
	t.Helper()
	var page bytes.Buffer
	must(t, Comparison(&page, comparisons...))
	return page.String()
}

func TestTheStructureOfAComparison(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/comparison.golden", structure(writeComparison(t, comparisonForTests())))
}

func TestAComparisonByAParameter(t *testing.T) {
	t.Parallel()
	side := func(next string) *compare.Comparison {
		c := comparisonForTests()
		c.By, c.Base, c.Next, c.NextRun, c.Differences = "algorithm", "algorithm=naive", next, c.BaseRun, nil
		return c
	}
	page := structure(writeComparison(t, side("algorithm=flash"), side("algorithm=it's")))
	for _, text := range []string{
		"What changes from algorithm=naive", "algorithm=naive → algorithm=flash", "Comparison by <span class=\"mono\">algorithm</span>",
		"runx compare out/week07/20261124t024704z-9d6a --by algorithm", "Nothing that is known",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	if n := strings.Count(page, "<table class=\"data\""); n != 2 {
		t.Errorf("%d tables of pairs", n)
	}
	if n := strings.Count(page, "20261124t024704z-9d6a</span>"); n != 1 {
		t.Errorf("the run is named %d times above", n)
	}
}

// A change that is neither better nor worse is told as one.
func TestATallyHasAllVerdicts(t *testing.T) {
	t.Parallel()
	var pairs []compare.Pair
	for _, v := range []compare.Verdict{compare.Unclear, compare.Same, compare.Changed, compare.Faster, compare.Slower} {
		pairs = append(pairs, compare.Pair{Verdict: v})
	}
	if got, want := report.Tally(pairs), "1 slower, 1 faster, 1 changed, 1 same, 1 unclear"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAComparisonOfNothing(t *testing.T) {
	t.Parallel()
	if err := Comparison(&bytes.Buffer{}); err == nil {
		t.Error("a page about no comparison")
	}
	c := comparisonForTests()
	c.Metrics = nil
	if page := writeComparison(t, c); !strings.Contains(page, "Nothing could be compared") {
		t.Error("the page does not say that nothing could be compared")
	}
}

func TestAComparisonEscapesEverything(t *testing.T) {
	t.Parallel()
	c := comparisonForTests()
	c.Base, c.Next, c.By = attack, attack, attack
	for _, r := range []*results.RunInfo{&c.BaseRun, &c.NextRun} {
		r.Dir, r.ID, r.Spec, r.Title = attack, attack, attack, attack
	}
	doubts := []stats.Warning{{What: attack, Cure: attack}}
	c.Params[0] = attack
	c.Differences = []compare.Difference{{Name: attack, Base: attack, Next: attack, Grave: true}}
	c.OnlyBase, c.OnlyNext, c.Warnings = []string{attack}, []string{attack}, doubts
	m := &c.Metrics[0]
	m.Metric, m.Unit, m.Warnings = attack, attack, doubts
	for i := range m.Pairs {
		m.Pairs[i].Point, m.Pairs[i].Values[0], m.Pairs[i].Warnings = attack, attack, doubts
	}
	harmless(t, writeComparison(t, c, c))
}

func TestArgumentsSurviveAShell(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string]string{"out/a-b_c.d": "out/a-b_c.d", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "~": "'~'"} {
		if got := quoteArgument(argument); got != want {
			t.Errorf("quoteArgument(%q) = %s, want %s", argument, got, want)
		}
	}
}

// A drawing keeps to its frame, in the order of its numbers, with no change in
// the middle.
func TestAForestKeepsItsOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ratio := rapid.Float64Range(1e-4, 1e4)
		m := &compare.MetricComparison{Ratio: ratio.Draw(t, "overall")}
		for range rapid.IntRange(1, 5).Draw(t, "pairs") {
			r := ratio.Draw(t, "ratio")
			m.Pairs = append(m.Pairs, compare.Pair{Ratio: r, Lo: r * rapid.Float64Range(0, 1).Draw(t, "lo"), Hi: r * rapid.Float64Range(1, 100).Draw(t, "hi")})
		}
		f := newForest(m, rapid.Float64Range(0, 0.2).Draw(t, "margin"))
		for _, p := range m.Pairs {
			mark := f.mark(p.Ratio, p.Lo, p.Hi, compare.Unclear)
			from, dot, to := drawnAt(t, mark.From), drawnAt(t, mark.Dot), drawnAt(t, mark.To)
			if from > dot || dot > to || from < forestEdge-0.1 || to > forestWidth-forestEdge+0.1 {
				t.Fatalf("%+v is drawn at %v, %v, %v", p, from, dot, to)
			}
			if (p.Ratio > 1) != (dot > forestWidth/2) && math.Abs(dot-forestWidth/2) > 0.1 {
				t.Fatalf("%v is drawn at %v of %v", p.Ratio, dot, forestWidth)
			}
			if math.Abs(math.Log(p.Ratio)) > f.reach*(1+1e-9) {
				t.Fatalf("%v lies beyond the axis, which ends at %v", p.Ratio, math.Exp(f.reach))
			}
		}
	})
}

func drawnAt(t *rapid.T, coordinate string) float64 {
	v, err := strconv.ParseFloat(coordinate, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
