package stats

import "math"

const (
	// maxCalibrated is the largest sample count for which the joint probability
	// is computed: the work grows with it, to about a second here.
	maxCalibrated = 1_000_000
	// negligible is the probability below which a step of the walk is left out.
	negligible = 1e-17
)

// calibratedTail returns the largest probability with which one look may miss
// at one end such that all looks together miss with probability miss at most.
func calibratedTail(looks []int, q, miss float64) float64 {
	// Alone a look may use it all; never does it have to use less than its
	// equal part.
	lo, hi := miss/2/float64(max(len(looks), 1)), miss/2
	if jointMiss(looks, q, hi) <= miss {
		return hi
	}
	for range 12 {
		mid := (lo + hi) / 2
		if jointMiss(looks, q, mid) <= miss {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// jointMiss returns the probability that at any of the looks the interval for
// the q-quantile, made with tail at each end, misses it.
//
// How many of n independent samples are at or below the quantile is a random
// walk that steps up with probability q, whatever the distribution; ties only
// help. The interval of ranks l and u covers the quantile where the walk is in
// l..u-1. So the probability of covering at all looks is what is left of the
// walk's distribution when at each look all outside is cut off.
func jointMiss(looks []int, q, tail float64) float64 {
	inside := walk{mass: []float64{1}}
	at := 0
	for _, n := range looks {
		inside = inside.step(n-at, q)
		at = n
		if l, u, ok := intervalRanks(n, q, tail); ok && !inside.cut(l, u-1) {
			return 1
		}
	}
	left := 0.0
	for _, p := range inside.mass {
		left += p
	}
	return 1 - left
}

// A walk is a distribution over first, first+1, ...
type walk struct {
	first int
	mass  []float64
}

// step returns the walk n samples later.
func (w walk) step(n int, q float64) walk {
	jump := binomialMass(n, q)
	out := walk{first: w.first + jump.first, mass: make([]float64, len(w.mass)+len(jump.mass)-1)}
	for i, p := range w.mass {
		into := out.mass[i:]
		for j, step := range jump.mass {
			into[j] += p * step
		}
	}
	return out
}

// cut keeps what lies in lo..hi. It is false where nothing does.
func (w *walk) cut(lo, hi int) bool {
	lo, hi = max(lo, w.first), min(hi, w.first+len(w.mass)-1)
	if lo > hi {
		return false
	}
	w.mass = w.mass[lo-w.first : hi-w.first+1]
	w.first = lo
	return true
}

// binomialMass is the distribution of the number of successes in n trials, but
// for what is negligible.
func binomialMass(n int, q float64) walk {
	logFactorial := func(k int) float64 { v, _ := math.Lgamma(float64(k + 1)); return v }
	whole, logQ, logP := logFactorial(n), math.Log(q), math.Log1p(-q)
	mass := func(k int) float64 {
		return math.Exp(whole - logFactorial(k) - logFactorial(n-k) + float64(k)*logQ + float64(n-k)*logP)
	}
	mode := int(float64(n+1) * q)
	lo, hi := min(mode, n), min(mode, n)
	for lo > 0 && mass(lo-1) > negligible {
		lo--
	}
	for hi < n && mass(hi+1) > negligible {
		hi++
	}
	w := walk{first: lo, mass: make([]float64, hi-lo+1)}
	for i := range w.mass {
		w.mass[i] = mass(lo + i)
	}
	return w
}
