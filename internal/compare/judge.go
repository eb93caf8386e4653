package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"runx/internal/stats"
	"runx/workloads"
)

// A contest is one metric at one pair of points while it is judged.
type contest struct {
	text       string
	base, next *series
	pair       Pair
	// logs says that the values are logarithms, so that a shift is a factor.
	logs bool
	// alike says that the metric has one value on each side, exact that there is no
	// chance in it.
	alike, exact bool
	// tried and tainted are those of both points, for the doubts.
	tried, ok, tainted int
}

// exactFrom is the number of equal repetitions on a side from which its value
// is taken for a fact: what chance has a part in does not repeat itself to the
// last bit.
const exactFrom = 3

func newContest(m match, column int) *contest {
	c := &contest{text: m.text, tried: m.base.tried + m.next.tried, ok: len(m.base.rounds) + len(m.next.rounds), tainted: m.base.tainted + m.next.tainted}
	a, roundsA := known(m.base, column)
	b, roundsB := known(m.next, column)
	c.pair = Pair{
		Point: m.text, Values: m.values, Base: median(a), Next: median(b), BaseN: len(a), NextN: len(b),
		Ratio: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), P: 1, Verdict: Unclear,
	}
	c.logs = allPositive(a) && allPositive(b)
	if c.logs {
		a, b = logs(a), logs(b)
	}
	c.base, c.next = newSeries(a, roundsA), newSeries(b, roundsB)
	// A single repetition may be a fact too where the other side says the same.
	c.alike = len(a) > 0 && len(b) > 0 && isConstant(a) && isConstant(b)
	c.exact = c.alike && (a[0] == b[0] || len(a) >= exactFrom && len(b) >= exactFrom)
	return c
}

// known are the values of a metric that were measured, and their rounds.
func known(p *point, column int) (values []float64, rounds []int) {
	for i, v := range p.values[column] {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			values, rounds = append(values, v), append(rounds, p.rounds[i])
		}
	}
	return values, rounds
}

func allPositive(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return v <= 0 })
}

func isConstant(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return v != x[0] })
}

func logs(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Log(v)
	}
	return y
}

// judgeable says that both sides have values.
func (c *contest) judgeable() bool { return c.pair.BaseN > 0 && c.pair.NextN > 0 }

// ratio turns a shift into next/base; NaN where the base is 0.
func (c *contest) ratio(shift float64) float64 {
	switch {
	case c.logs:
		return math.Exp(shift)
	case shift == 0:
		return 1
	case c.pair.Base == 0:
		return math.NaN()
	}
	return 1 + shift/math.Abs(c.pair.Base)
}

// estimate sets the shift with an interval of a level, the share that it leaves
// out at both ends together, and the uncorrected P.
func (c *contest) estimate(level float64) {
	switch {
	case !c.judgeable():
		return
	case c.exact:
		r := c.ratio(c.next.values[0] - c.base.values[0])
		c.pair.Ratio, c.pair.Lo, c.pair.Hi = r, r, r
		if c.next.values[0] != c.base.values[0] {
			c.pair.P = 0
		}
		return
	}
	s := c.shift(level)
	worthA, worthB := calibrated(c.base, c.next, level)
	c.pair.P = stats.MannWhitneyWorth(c.base.values, c.next.values, worthA, worthB).P
	c.pair.Ratio = c.ratio(s.Estimate)
	if s.Interval.Valid() {
		c.pair.Lo, c.pair.Hi = c.ratio(s.Interval.Lo), c.ratio(s.Interval.Hi)
	}
}

// shift is that of the values with its interval.
func (c *contest) shift(level float64) stats.Shift {
	worthA, worthB := calibrated(c.base, c.next, level)
	return stats.HodgesLehmannWorth(c.base.values, c.next.values, worthA, worthB, 1-level)
}

// decide gives the verdict, when P is corrected. level is that of the whole.
func (c *contest) decide(better workloads.Better, margin, level float64) {
	p := &c.pair
	if !c.judgeable() {
		return
	}
	if c.exact && math.IsNaN(p.Ratio) { // from exactly 0 to something: no ratio, and no doubt
		p.Verdict = verdictOf(c.next.values[0] > c.base.values[0], better)
		return
	}
	p.Verdict = judge(p.Ratio, p.Lo, p.Hi, margin, better)
	if p.Verdict != Same && p.P >= level {
		p.Verdict = Unclear
	}
}

// judge gives the verdict that an estimate and its interval support: there is a
// change where the interval excludes none and the estimate is beyond the margin.
func judge(ratio, lo, hi, margin float64, better workloads.Better) Verdict {
	up, down := 1+margin, 1/(1+margin)
	switch {
	case math.IsNaN(ratio) || math.IsNaN(lo) || math.IsNaN(hi):
		return Unclear
	case lo >= down && hi <= up:
		return Same
	case lo > 1 && ratio > up || hi < 1 && ratio < down:
		return verdictOf(ratio > 1, better)
	}
	return Unclear
}

func verdictOf(larger bool, better workloads.Better) Verdict {
	switch {
	case better == workloads.Neither:
		return Changed
	case larger == (better == workloads.Higher):
		return Faster
	}
	return Slower
}

// doubts are what makes a pair less than it seems.
func (c *contest) doubts(level float64) []stats.Warning {
	var warnings []stats.Warning
	warn := func(cure, what string, args ...any) {
		warnings = append(warnings, stats.Warning{What: fmt.Sprintf(what, args...), Cure: cure})
	}
	if failed := c.tried - c.ok; failed > 0 {
		warn("see error in samples.parquet", "%d of %d repetitions failed", failed, c.tried)
	}
	if c.tainted*10 > c.ok {
		warn("end what else is running, and measure again", "%d of %d repetitions may be disturbed", c.tainted, c.ok)
	}
	if !c.judgeable() || c.exact {
		return warnings
	}
	if need := repetitionsFor(level); min(c.pair.BaseN, c.pair.NextN) < need && math.IsNaN(c.pair.Lo) {
		warn(fmt.Sprintf("take at least %d repetitions on each side, or compare fewer points or metrics", need),
			"%d and %d repetitions are too few to show any shift", c.pair.BaseN, c.pair.NextN)
	}
	for _, s := range []*series{c.base, c.next} {
		if n := float64(len(s.values)); s.worth < n/2 {
			warn("measure more of them over a longer time, the points in turns",
				"repetitions follow the ones before them: %d are worth %.3g", len(s.values), s.worth)
			break
		}
	}
	return warnings
}

// repetitionsFor is how many on each side, at least, can show a shift at a
// level: with fewer even samples that do not overlap at all are no evidence.
func repetitionsFor(level float64) int {
	for n := 1; ; n++ {
		all, _ := math.Lgamma(float64(2*n + 1))
		half, _ := math.Lgamma(float64(n + 1))
		if math.Log(2)+2*half-all <= math.Log(level) {
			return n
		}
	}
}

// holm corrects the P values of the contests that are left to chance, all
// together.
func holm(all []*contest) {
	var tests []*contest
	var p []float64
	for _, c := range all {
		if c.judgeable() && !c.exact {
			tests, p = append(tests, c), append(p, c.pair.P)
		}
	}
	for i, adjusted := range stats.Holm(p) {
		tests[i].pair.P = adjusted
	}
}

// grouped says the doubts of many pairs in one line each: how many have it, and
// the first of them.
func grouped(all []*contest) []stats.Warning {
	type group struct {
		stats.Warning
		count int
	}
	var groups []group
	for _, c := range all {
		for _, w := range c.pair.Warnings {
			i := slices.IndexFunc(groups, func(g group) bool { return g.Cure == w.Cure })
			if i < 0 {
				groups = append(groups, group{stats.Warning{What: w.What, Cure: w.Cure}, 1})
				if c.text != "" {
					groups[len(groups)-1].What = c.text + ": " + w.What
				}
				continue
			}
			groups[i].count++
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(b.count, a.count) })
	var warnings []stats.Warning
	for _, g := range groups {
		if g.count > 1 {
			g.What = fmt.Sprintf("%d points, first %s", g.count, g.What)
		}
		warnings = append(warnings, g.Warning)
	}
	return warnings
}
