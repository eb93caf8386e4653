package report

import (
	"math"
	"strings"
	"testing"

	"runx/internal/compare"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

func demoComparison() *compare.Comparison {
	nan := math.NaN()
	pair := func(seqLen string, base, next, ratio, lo, hi, p float64, v compare.Verdict) compare.Pair {
		return compare.Pair{
			Point: "seq_len=" + seqLen, Values: []string{seqLen}, Base: base, Next: next, BaseN: 30, NextN: 28,
			Ratio: ratio, Lo: lo, Hi: hi, P: p, Verdict: v,
		}
	}
	return &compare.Comparison{
		Base: "20261123t140501z-3f9a", Next: "20261124t090000z-00aa",
		BaseRun:     results.RunInfo{ID: "20261123t140501z-3f9a", Spec: "week07", Title: "Sequence\x1b[31m", Status: results.Complete},
		NextRun:     results.RunInfo{ID: "20261124t090000z-00aa", Spec: "week07", Status: results.Interrupted, Quick: true},
		Differences: []compare.Difference{{Name: "cpu_model", Base: "Abacus", Grave: true}, {Name: "seed", Base: "1", Next: "2"}},
		OnlyBase:    []string{"seq_len=512"}, Params: []string{"seq_len"}, Margin: 0.01, Confidence: 0.95,
		Metrics: []compare.MetricComparison{
			{
				Metric: "latency_ms", Unit: "ms", Better: workloads.Lower, Ratio: 1.06, Lo: 1.04, Hi: 1.08, Verdict: compare.Slower,
				Pairs: []compare.Pair{
					pair("128", 0.5, 0.56, 1.12, 1.08, 1.16, 0.00001, compare.Slower),
					pair("4096", 450, 451, 1.002, nan, nan, 1, compare.Unclear),
				},
				Warnings: []stats.Warning{{What: "doubtful", Cure: "repeat"}},
			},
			{
				Metric: "memory_bytes", Unit: "bytes", Better: workloads.Lower, Ratio: 1, Lo: 1, Hi: 1, Verdict: compare.Same,
				Pairs: []compare.Pair{
					pair("128", 4096, 4096, 1, 1, 1, 1, compare.Same), pair("4096", 8192, 8192, 1, 1, 1, 1, compare.Same),
				},
				Warnings: []stats.Warning{{What: "doubtful too", Cure: "repeat"}},
			},
		},
		Warnings: []stats.Warning{{What: "one run each", Cure: "again"}},
	}
}

func writeComparison(t *testing.T, v ComparisonView, width int) string {
	t.Helper()
	var b strings.Builder
	if err := v.Write(&b, width, Style{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestComparisonView(t *testing.T) {
	t.Parallel()
	got := writeComparison(t, ComparisonView{Comparisons: []*compare.Comparison{demoComparison()}}, 0)
	want := `week07  Sequence�[31m
base  week07/20261123t140501z-3f9a, complete
next  week07/20261124t090000z-00aa, interrupted, a smoke test
differs cpu_model  Abacus → unknown
differs seed  1 → 2
what is found below may come from any of these

latency_ms  less is better
seq_len    base   next  change  verdict    interval            n       p
             ms     ms
128      0.5000  0.5600  +12.0%  ✗ slower   [+8.0%, +16.0%]  30+28  <0.001
4096        450    451  +0.20%  ~ unclear                   30+28   1.000
geomean                  +6.0%  ✗ slower   [+4.0%, +8.0%]

memory_bytes  less is better
all 2 points are the same within 1%
only in 20261123t140501z-3f9a: seq_len=512

latency_ms    ✗ slower  +6.0% [+4.0%, +8.0%]  1 slower, 1 unclear
memory_bytes  = same    0% exact              2 same
intervals hold 95% together, for all points and metrics; p is corrected likewise; slower stands for worse, in any unit
`
	if normalised(got) != normalised(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	all := writeComparison(t, ComparisonView{Comparisons: []*compare.Comparison{demoComparison()}, All: true}, 0)
	if !strings.Contains(all, "4096") || strings.Contains(all, "all 2 points") {
		t.Errorf("all points are listed:\n%s", all)
	}
}

// normalised leaves out how wide the columns are, which is for the tests of
// tables.
func normalised(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestComparisonFits(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 100} {
		text := writeComparison(t, ComparisonView{Comparisons: []*compare.Comparison{demoComparison()}}, width)
		for line := range strings.Lines(text) {
			if n := cells(strings.TrimRight(line, "\n")); n > width && !strings.Contains(line, "week07") {
				t.Errorf("%d cells in a terminal of %d: %s", n, width, line)
			}
		}
		if !strings.Contains(text, "slower") {
			t.Errorf("the verdict is hidden at %d:\n%s", width, text)
		}
	}
}

// Of many points those that changed most are listed.
func TestComparisonOfManyPoints(t *testing.T) {
	t.Parallel()
	c := demoComparison()
	m := &c.Metrics[0]
	slow := m.Pairs[0]
	m.Pairs = nil
	for i := range 200 {
		p := slow
		p.Verdict, p.Ratio, p.Values = compare.Same, 1, []string{"1"}
		if i == 150 {
			p.Verdict, p.Ratio, p.Values = compare.Slower, 1.4, []string{"77777"}
		}
		m.Pairs = append(m.Pairs, p)
	}
	text := writeComparison(t, ComparisonView{Comparisons: []*compare.Comparison{c}}, 0)
	if !strings.Contains(text, "77777") || !strings.Contains(text, "176 more points with --all") {
		t.Errorf("got\n%s", text)
	}
}

func TestComparisonWarnings(t *testing.T) {
	t.Parallel()
	got := ComparisonWarnings([]*compare.Comparison{demoComparison()})
	want := []stats.Warning{{What: "one run each", Cure: "again"}, {What: "latency_ms: doubtful; 1 more like it", Cure: "repeat"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v", got)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]string{
		1: "0%", 1.00001: "0%", 0.99999: "0%", 1.0042: "+0.42%", 1.1: "+10.0%", 0.9: "−10.0%", 0.9958: "−0.42%",
		2: "×2", 2.345: "×2.35", 1370.4: "×1,370", 0.5: "÷2", 0.1: "÷10", 0: "−100.0%", -1: "−200.0%",
		math.Inf(1): "-",
	} {
		if got := Change(ratio); got != want {
			t.Errorf("%g is %s, want %s", ratio, got, want)
		}
	}
	if got := Change(math.NaN()); got != "-" {
		t.Errorf("none is %s", got)
	}
}

func TestWhatDidNotVaryIsExact(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lo, hi float64
		want   string
	}{
		{0.5, 0.5, "exact"}, {1.05, 1.15, "[+5.0%, +15.0%]"}, {math.NaN(), math.NaN(), ""},
	} {
		if got := ChangeInterval(test.lo, test.hi); got != test.want {
			t.Errorf("[%v, %v] is %q, want %q", test.lo, test.hi, got, test.want)
		}
	}
}
