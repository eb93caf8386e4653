package stats

import (
	"math"
	"sort"
)

// Bandwidth is the width of a Gaussian kernel for samples in ascending order: that
// of Sheather and Jones, who solve for the width that suits the curvature which it
// shows, so that two modes stay two. Where that has no solution, as for few or
// mostly equal samples, it is Silverman's, which suits a single mode.
//
// Source: S. J. Sheather, M. C. Jones, "A Reliable Data-Based Bandwidth Selection
// Method for Kernel Density Estimation", Journal of the Royal Statistical Society B
// 53(3), 1991; B. W. Silverman, "Density Estimation for Statistics and Data
// Analysis", 1986, equation 3.31. R has them as bw.SJ and bw.nrd0.
func Bandwidth(sorted []float64) float64 {
	if h, ok := sheatherJones(bodyOf(sorted)); ok {
		return h
	}
	return silverman(sorted)
}

func silverman(sorted []float64) float64 {
	return 0.9 * spreadOf(sorted, 1.34) * math.Pow(float64(len(sorted)), -0.2)
}

// spreadOf is the smaller of the standard deviation and of the interquartile range
// over what it is for a normal distribution.
func spreadOf(sorted []float64, normal float64) float64 {
	spread := Std(sorted)
	if iqr := Quantile(sorted, 0.75) - Quantile(sorted, 0.25); iqr > 0 {
		return min(spread, iqr/normal)
	}
	return spread
}

// bodyOf leaves out samples that lie 10 interquartile ranges off: one of them
// would leave the others a single bin.
func bodyOf(sorted []float64) []float64 {
	lo, hi := Quantile(sorted, 0.25), Quantile(sorted, 0.75)
	far := 10 * (hi - lo)
	if !(far > 0) {
		return nil
	}
	from := sort.SearchFloat64s(sorted, lo-far)
	to := sort.Search(len(sorted), func(i int) bool { return sorted[i] > hi+far })
	return sorted[from:to]
}

const (
	// minForBandwidth is the number of samples below which their curvature is not
	// to be told.
	minForBandwidth = 10
	// pairBins is into how many distances the pairs of samples are sorted.
	pairBins = 1000
)

// sheatherJones solves for the bandwidth by bisection. The constants are those of
// the paper.
func sheatherJones(sorted []float64) (float64, bool) {
	if len(sorted) < minForBandwidth {
		return 0, false
	}
	n := float64(len(sorted))
	scale := spreadOf(sorted, 1.349)
	p := newPairs(sorted)
	curvature := p.fourth(1.24 * scale * math.Pow(n, -1.0/7))
	change := -p.sixth(1.23 * scale * math.Pow(n, -1.0/9))
	ratio := 1.357 * math.Pow(curvature/change, 1.0/7)
	excess := func(h float64) float64 {
		return math.Pow(1/(2*math.Sqrt(math.Pi)*n)/p.fourth(ratio*math.Pow(h, 5.0/7)), 0.2) - h
	}
	hi := 1.144 * scale * math.Pow(n, -0.2) * 1.5
	lo := hi / 100
	if !(excess(lo) > 0 && excess(hi) < 0) { // also where they are NaN
		return 0, false
	}
	for range 40 {
		if mid := (lo + hi) / 2; excess(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2, true
}

// pairs counts pairs of samples by their distance, in steps of width.
type pairs struct {
	n      float64
	width  float64
	counts []float64
}

func newPairs(sorted []float64) *pairs {
	p := &pairs{n: float64(len(sorted)), counts: make([]float64, pairBins)}
	first := sorted[0]
	p.width = (sorted[len(sorted)-1] - first) * 1.01 / pairBins
	bins := make([]float64, pairBins)
	for _, v := range sorted {
		bins[min(int((v-first)/p.width), pairBins-1)]++
	}
	for i, a := range bins {
		if a == 0 {
			continue
		}
		p.counts[0] += a * (a - 1) / 2
		for j := i + 1; j < pairBins; j++ {
			p.counts[j-i] += a * bins[j]
		}
	}
	return p
}

// fourth estimates the integral of the density's second derivative squared.
func (p *pairs) fourth(h float64) float64 {
	sum := p.sum(h, func(d float64) float64 { return d*d - 6*d + 3 })
	return (2*sum + 3*p.n) / (p.n * (p.n - 1) * math.Pow(h, 5) * math.Sqrt(2*math.Pi))
}

// sixth estimates that of the third derivative squared, negative.
func (p *pairs) sixth(h float64) float64 {
	sum := p.sum(h, func(d float64) float64 { return d*d*d - 15*d*d + 45*d - 15 })
	return (2*sum - 15*p.n) / (p.n * (p.n - 1) * math.Pow(h, 7) * math.Sqrt(2*math.Pi))
}

func (p *pairs) sum(h float64, hermite func(squared float64) float64) float64 {
	const nothing = 1000 // squared distance, in bandwidths
	sum := 0.0
	for i, c := range p.counts {
		d := float64(i) * p.width / h
		if d *= d; d >= nothing {
			break
		}
		if c > 0 {
			sum += c * math.Exp(-d/2) * hermite(d)
		}
	}
	return sum
}
