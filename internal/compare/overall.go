package compare

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

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
	var sum, variance, parts float64
	var sides [2][]*series
	for _, c := range all {
		if !c.judgeable() {
			continue
		}
		ratio := c.pair.Ratio
		if !(ratio > 0) { // no mean of logarithms
			return
		}
		sum += math.Log(ratio)
		v := c.variance()
		variance += v
		parts += v * v / freedom(c.base, c.next)
		sides[0], sides[1] = append(sides[0], c.base), append(sides[1], c.next)
	}
	n := float64(len(sides[0]))
	if n == 0 {
		return
	}
	mean, half := sum/n, 0.0
	m.Ratio = math.Exp(mean)
	if variance != 0 {
		spread := math.Sqrt(variance*max(together(sides[0]), together(sides[1]))) / n
		half = -spread * distuv.StudentsT{Sigma: 1, Nu: variance * variance / parts}.Quantile(level/2)
	}
	if math.IsNaN(half) {
		return
	}
	m.Lo, m.Hi = math.Exp(mean-half), math.Exp(mean+half)
	m.Verdict = judge(m.Ratio, m.Lo, m.Hi, margin, better)
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
