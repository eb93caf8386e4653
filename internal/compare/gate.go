package compare

import (
	"fmt"
	"math"
	"slices"

	"runx/internal/results"
)

// A Gate is what must not be in a comparison.
type Gate struct {
	// FailOn are the verdicts that fail it.
	FailOn []Verdict
	// Threshold is the relative change up to which faster, slower and changed do
	// not: 0.05 is 5%.
	Threshold float64
}

// Failures says why the gate fails, one line each; none where it holds. The
// verdicts of the pairs and the overall ones count alike. A point that the base
// has and of which next has no repetition that is ok fails too, one that a next
// run without an end did not come to, and a metric of which so few repetitions were
// taken that nothing could have failed: silence is no success.
func (g Gate) Failures(all []*Comparison) []string {
	var failures []string
	for _, c := range all {
		if n := len(c.OnlyBase); n > 0 && c.NextRun.Status != results.Complete {
			failures = append(failures, fmt.Sprintf("%s lacks %d of the base's points, and is %s", c.Next, n, c.NextRun.Status))
		}
		for i := range c.Metrics {
			for _, f := range g.failures(&c.Metrics[i]) {
				if len(all) > 1 {
					f = c.Next + ": " + f
				}
				failures = append(failures, f)
			}
		}
	}
	return failures
}

func (g Gate) failures(m *MetricComparison) []string {
	var failures []string
	fail := func(point, why string) {
		name := m.Metric
		if point != "" {
			name += " at " + point
		}
		failures = append(failures, name+" "+why)
	}
	tells := !math.IsNaN(m.Lo)
	for _, p := range m.Pairs {
		tells = tells || !math.IsNaN(p.Lo) || p.Verdict != Unclear
		switch {
		case p.BaseN > 0 && p.NextN == 0:
			fail(p.Point, "has no repetition that is ok in what is compared")
		case g.hits(p.Verdict, p.Ratio):
			fail(p.Point, verdictText(p.Verdict, p.Ratio))
		}
	}
	if len(m.Pairs) > 1 && g.hits(m.Verdict, m.Ratio) {
		fail("", "over all points "+verdictText(m.Verdict, m.Ratio))
	}
	if !tells && len(failures) == 0 {
		fail("", "has too few repetitions to show any change")
	}
	return failures
}

func (g Gate) hits(v Verdict, ratio float64) bool {
	if !slices.Contains(g.FailOn, v) {
		return false
	}
	return v == Unclear || v == Same || math.IsNaN(ratio) || math.Abs(ratio-1) >= g.Threshold
}

func verdictText(v Verdict, ratio float64) string {
	if math.IsNaN(ratio) || v == Unclear {
		return "is " + string(v)
	}
	return fmt.Sprintf("is %s: %+.3g%%", v, 100*(ratio-1))
}
