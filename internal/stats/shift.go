package stats

import (
	"math"
	"slices"
)

// exactBelow is the number of samples on either side from which the normal
// approximation serves; R takes the same.
const exactBelow = 50

// A RankSum is what the Mann-Whitney test says of two samples.
type RankSum struct {
	// U counts the pairs in which b is larger than a; equal ones count half.
	U float64
	// Superiority is U relative to the number of pairs: the probability that a
	// sample of b is larger than one of a; 0.5 says neither is.
	Superiority float64
	// P is the probability that two samples of one distribution differ as much,
	// either way; 1 where a side is empty.
	P float64
	// Exact says that P is exact, not by the normal approximation.
	Exact bool
}

// MannWhitneyWorth tests whether one sample tends to be larger than the other: the
// Mann-Whitney test. The samples are worth so many independent ones: as many as
// they are, or what [EffectiveSize] estimates from their [MidRanks], by which the
// variance grows. P is exact where each is worth one, both have fewer than 50 and
// no two are equal; else normal, corrected for ties and continuity.
//
// Source: H. B. Mann, D. R. Whitney, "On a Test of Whether one of Two Random
// Variables is Stochastically Larger than the Other", Annals of Mathematical
// Statistics 18(1), 1947.
func MannWhitneyWorth(a, b []float64, worthA, worthB float64) RankSum {
	n, m := float64(len(a)), float64(len(b))
	if n == 0 || m == 0 {
		return RankSum{U: math.NaN(), Superiority: math.NaN(), P: 1}
	}
	ranks, ties := midRanks(slices.Concat(a, b))
	sum := 0.0
	for _, r := range ranks[len(a):] {
		sum += r
	}
	r := RankSum{U: sum - m*(m+1)/2}
	r.Superiority = r.U / (n * m)
	all := worthA >= n && worthB >= m
	if all && ties == 0 && len(a) < exactBelow && len(b) < exactBelow {
		r.P, r.Exact = exactRankSum(len(a), len(b), int(min(r.U, n*m-r.U))), true
		return r
	}
	variance := n * m / 12 * (n + m + 1 - ties/((n+m)*(n+m-1)))
	variance *= inflation(n, m, worthA, worthB)
	far := max(math.Abs(r.U-n*m/2)-0.5, 0)
	r.P = 1
	if variance > 0 {
		r.P = min(1, math.Erfc(far/math.Sqrt(2*variance)))
	}
	return r
}

// inflation is by how much the variance of U is larger than that of independent
// samples: it goes with 1/n + 1/m.
func inflation(n, m, worthA, worthB float64) float64 {
	worthA, worthB = min(max(worthA, 1), n), min(max(worthB, 1), m)
	return (1/worthA + 1/worthB) / (1/n + 1/m)
}

// exactRankSum is the two-sided probability of a U as small as u, the smaller
// of the two.
func exactRankSum(n, m, u int) float64 {
	below := 0.0
	for _, p := range rankSumMass(n, m, u) {
		below += p
	}
	return min(1, 2*below)
}

// rankSumMass is the distribution of U over 0..most for samples of one
// distribution without ties: the coefficients of the Gaussian binomial, built by
// multiplying with 1-x^(m+i) and dividing by 1-x^i, over their sum. The small
// ones, which decide, are whole numbers and exact.
func rankSumMass(n, m, most int) []float64 {
	mass := make([]float64, most+1)
	mass[0] = 1
	for i := 1; i <= n; i++ {
		for u := most; u >= m+i; u-- {
			mass[u] -= mass[u-m-i]
		}
		for u := i; u <= most; u++ {
			mass[u] += mass[u-i]
		}
	}
	whole, _ := math.Lgamma(float64(n + m + 1))
	left, _ := math.Lgamma(float64(n + 1))
	right, _ := math.Lgamma(float64(m + 1))
	scale := math.Exp(left + right - whole)
	for u := range mass {
		mass[u] *= scale
	}
	return mass
}

// A Shift is by how much one sample is larger than another.
type Shift struct {
	// Estimate is the median of the differences b-a over all pairs; NaN where there
	// is none.
	Estimate float64
	// Interval is that of the shift; invalid where so few samples support none.
	Interval Interval
}

// HodgesLehmannWorth returns by how much b is larger than a, with the interval
// that belongs to the test of [MannWhitneyWorth]: its ends are differences of
// pairs. It assumes two distributions that differ by a shift alone; take
// logarithms where they differ by a factor. The interval is exact
// where both sides have fewer than 50, else by the normal approximation; ties
// only widen it. It takes O((n+m) log(n+m)), not the n times m of the differences.
//
// Source: J. L. Hodges, E. L. Lehmann, "Estimates of Location Based on Rank
// Tests", Annals of Mathematical Statistics 34(2), 1963; D. F. Bauer,
// "Constructing Confidence Sets Using Rank Statistics", JASA 67, 1972.
func HodgesLehmannWorth(a, b []float64, worthA, worthB, confidence float64) Shift {
	s := Shift{math.NaN(), Interval{math.NaN(), math.NaN()}}
	pairs := len(a) * len(b)
	if pairs == 0 {
		return s
	}
	d := differences{slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))}
	s.Estimate = d.nth((pairs + 1) / 2)
	if pairs%2 == 0 {
		if next := d.nth(pairs/2 + 1); next != s.Estimate {
			s.Estimate += (next - s.Estimate) / 2
		}
	}
	if k := shiftRank(len(a), len(b), worthA, worthB, confidence); k >= 1 {
		s.Interval = Interval{d.nth(k), d.nth(pairs + 1 - k)}
	}
	return s
}

// shiftRank is the rank, from 1 on, of the difference that is the lower end of
// the interval; below 1 where there is none.
func shiftRank(n, m int, worthA, worthB, confidence float64) int {
	tail := (1 - confidence) / 2 * (1 + 1e-9) // 0.05 is 1/20, however it is rounded
	if !isOpenUnit(confidence) {
		return 0
	}
	x, y := float64(n), float64(m)
	if worthA >= x && worthB >= y && n < exactBelow && m < exactBelow {
		below := 0.0
		for u, p := range rankSumMass(n, m, n*m/2) {
			if below += p; below > tail {
				return u // the u values 0..u-1 leave tail at most
			}
		}
		return n*m/2 + 1
	}
	spread := math.Sqrt(x * y * (x + y + 1) / 12 * inflation(x, y, worthA, worthB))
	return int(math.Floor(x*y/2 + 0.5 + normalQuantile(tail)*spread))
}

// differences are those between each of b and each of a, both ascending.
type differences struct{ a, b []float64 }

// nth returns the k-th smallest difference, k from 1 on. Rounded differences are
// as monotone as exact ones, so that to count those up to a bound takes one pass
// through both; the bound is found by bisection over the numbers themselves.
func (d differences) nth(k int) float64 {
	lo := ordinal(d.b[0] - d.a[len(d.a)-1])
	hi := ordinal(d.b[len(d.b)-1] - d.a[0])
	for lo < hi {
		mid := lo + int64(uint64(hi-lo)/2)
		if d.upTo(fromOrdinal(mid)) >= k {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return fromOrdinal(lo)
}

// upTo counts the differences that are at most bound.
func (d differences) upTo(bound float64) int {
	count, j := 0, 0
	for _, v := range d.a {
		for j < len(d.b) && d.b[j]-v <= bound {
			j++
		}
		count += j
	}
	return count
}

// ordinal numbers the floats in their order; both zeros are 0.
func ordinal(v float64) int64 {
	bits := int64(math.Float64bits(v))
	if bits < 0 {
		return math.MinInt64 - bits
	}
	return bits
}

func fromOrdinal(i int64) float64 {
	if i < 0 {
		return math.Float64frombits(uint64(math.MinInt64 - i))
	}
	return math.Float64frombits(uint64(i))
}
