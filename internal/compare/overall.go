package compare

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"runx/internal/stats"
	"runx/workloads"
)

// overall sets the geometric mean of the ratios of a metric over its pairs, its
// interval and the verdict. The points count alike and are taken as they are:
// nothing is said of points that were not measured. A pair has the standard error
// that its own interval shows; that of the mean is larger where the points of a
// round vary together.
//
// Source of the standard error: E. L. Lehmann, "Nonparametric Confidence
// Intervals for a Shift Parameter", Annals of Mathematical Statistics 34, 1963;
// of the degrees of freedom: F. E. Satterthwaite, "An Approximate Distribution
// of Estimates of Variance Components", Biometrics Bulletin 2(6), 1946.
func (m *MetricComparison) overall(all []*contest, level, margin float64, better workloads.Better) {
	m.Ratio, m.Lo, m.Hi, m.Verdict = math.NaN(), math.NaN(), math.NaN(), Unclear
	var sure, unsure mean
	for _, c := range all {
		if !c.judgeable() {
			continue
		}
		if !(c.pair.Ratio > 0) { // it has no logarithm
			m.Verdict = unanimous(all)
			return
		}
		if v := c.variance(); math.IsNaN(v) {
			unsure.add(c, 0)
		} else {
			sure.add(c, v)
		}
	}
	if unsure.n > 0 && sure.variance == 0 { // what is exact stands for itself alone
		m.Ratio = math.Exp((sure.sum + unsure.sum) / (sure.n + unsure.n))
		return
	}
	if sure.n == 0 {
		return
	}
	if unsure.n > 0 {
		m.Warnings = append(m.Warnings, stats.Warning{
			What: fmt.Sprintf("%.0f of %.0f points have too few repetitions for an interval, and are not in the geometric mean", unsure.n, sure.n+unsure.n),
			Cure: "take more repetitions of each point",
		})
	}
	middle, half := sure.sum/sure.n, sure.halfWidth(level)
	m.Ratio, m.Lo, m.Hi = math.Exp(middle), math.Exp(middle-half), math.Exp(middle+half)
	m.Verdict = judge(m.Ratio, m.Lo, m.Hi, margin, better)
}

// unanimous is the verdict on every pair, Unclear where they differ: what has no
// ratio, such as bytes where there were none, may still have a direction.
func unanimous(all []*contest) Verdict {
	v := Verdict("")
	for _, c := range all {
		if c.judgeable() && v == "" {
			v = c.pair.Verdict
		}
		if c.judgeable() && v != c.pair.Verdict {
			return Unclear
		}
	}
	return v
}

// A mean is one of logarithms of ratios, and what it takes to say how sure it is.
type mean struct {
	n, sum, variance float64
	parts            float64 // variances squared over their degrees of freedom
	base, next       []*series
}

func (m *mean) add(c *contest, variance float64) {
	m.n++
	m.sum += math.Log(c.pair.Ratio)
	m.variance += variance
	m.parts += variance * variance / freedom(c.base, c.next)
	m.base, m.next = append(m.base, c.base), append(m.next, c.next)
}

// halfWidth is that of the interval which leaves out level at both ends together.
func (m *mean) halfWidth(level float64) float64 {
	if m.variance == 0 {
		return 0
	}
	base, roundsBase := together(m.base)
	next, roundsNext := together(m.next)
	spread := math.Sqrt(m.variance*max(base, next)) / m.n
	free := min(m.variance*m.variance/m.parts, max(roundsBase+roundsNext-2, 1))
	return -spread * distuv.StudentsT{Sigma: 1, Nu: free}.Quantile(level/2)
}

// marginal is the level of the interval from which a standard error is read.
const marginal = 0.05

// variance is that of the logarithm of the ratio; NaN where so few repetitions
// tell nothing of it.
func (c *contest) variance() float64 {
	if c.exact {
		return 0
	}
	s := c.shift(marginal)
	if !s.Interval.Valid() {
		return math.NaN()
	}
	width := s.Interval.Hi - s.Interval.Lo
	if !c.logs {
		width = math.Log(c.ratio(s.Interval.Hi)) - math.Log(c.ratio(s.Interval.Lo))
	}
	spread := width / 2 / distuv.UnitNormal.Quantile(1-marginal/2)
	return spread * spread
}
