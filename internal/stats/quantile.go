package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// Quantile returns the q-quantile of samples in ascending order: Hyndman and
// Fan's type 7, linear between order statistics, as numpy, pandas and DuckDB's
// quantile_cont compute it. It is NaN where there is no sample.
//
// Source: R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages",
// The American Statistician 50(4), 1996.
func Quantile(sorted []float64, q float64) float64 {
	n := len(sorted)
	if n == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	h := float64(n-1) * q
	i := int(h)
	if i >= n-1 {
		return sorted[n-1]
	}
	lo, hi := sorted[i], sorted[i+1]
	if lo == hi { // also equal infinities, whose difference is NaN
		return lo
	}
	return lo + (h-float64(i))*(hi-lo)
}

// An Interval holds the true value with the confidence it was made for. Both
// ends belong to it.
type Interval struct{ Lo, Hi float64 }

// Valid reports whether the ends are numbers in order.
func (i Interval) Valid() bool { return i.Lo <= i.Hi }

// QuantileInterval returns a confidence interval for the q-quantile from samples
// in ascending order. Its ends are samples: the ranks l and u with
//
//	P(B < l) <= (1-confidence)/2  and  P(B >= u) <= (1-confidence)/2,  B ~ Binomial(n, q)
//
// the closest ones, so that it misses at either end with half the remaining
// probability at most. That holds exactly for independent samples of any
// distribution. It is false where n samples cannot support it: see
// [MinSamplesForQuantile].
//
// Source: H. A. David, H. N. Nagaraja, "Order Statistics", 3rd ed., 2003, 7.1.
func QuantileInterval(sorted []float64, q, confidence float64) (Interval, bool) {
	l, u, ok := intervalRanks(len(sorted), q, (1-confidence)/2)
	if !ok {
		return Interval{math.NaN(), math.NaN()}, false
	}
	return Interval{sorted[l-1], sorted[u-1]}, true
}

// MinSamplesForQuantile returns the smallest number of samples from which
// [QuantileInterval] has an answer: the smallest n for which neither the
// smallest nor the largest sample is on the wrong side of the quantile with
// more than half the remaining probability. It is 0 where no number suffices:
// q or confidence is not between 0 and 1.
func MinSamplesForQuantile(q, confidence float64) int {
	if !isOpenUnit(q) || !isOpenUnit(confidence) {
		return 0
	}
	tail := (1 - confidence) / 2
	far := max(q, 1-q) // far^n <= tail decides
	n := int(math.Log(tail) / math.Log(far))
	for n = max(n-1, 1); math.Pow(far, float64(n)) > tail; n++ {
	}
	return n
}

// intervalRanks returns the ranks, from 1 on, of the ends of the interval that
// misses the q-quantile with probability tail at most at each end.
func intervalRanks(n int, q, tail float64) (l, u int, ok bool) {
	if n == 0 || !isOpenUnit(q) || !isOpenUnit(tail) || tail > 0.5 {
		return 0, 0, false
	}
	// Both searches are over 1..n, where the probabilities are monotone.
	l = sort.Search(n, func(i int) bool { return binomialBelow(n, i+1, q) > tail })
	u = 1 + sort.Search(n, func(i int) bool { return binomialFrom(n, i+1, q) <= tail })
	return l, u, l >= 1 && u <= n
}

// binomialFrom is P(B >= k) for k of 1..n, precise also where it is tiny.
func binomialFrom(n, k int, q float64) float64 {
	return mathext.RegIncBeta(float64(k), float64(n-k+1), q)
}

// binomialBelow is P(B < k) for k of 1..n, precise also where it is tiny.
func binomialBelow(n, k int, q float64) float64 {
	return mathext.RegIncBeta(float64(n-k+1), float64(k), 1-q)
}

func isOpenUnit(p float64) bool { return p > 0 && p < 1 }
