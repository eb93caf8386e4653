package stats

import (
	"cmp"
	"math"
	"slices"
)

// Blocked are samples that come in blocks, laid out such that statistics of
// their resamples cost little: counts say how often each block is in the resample
// (see [Resampler]), and a statistic is that of the samples repeated so often.
// Where nothing was drawn it is NaN. Methods may be called from several threads.
type Blocked struct {
	sorted []float64
	block  []int32 // of each of sorted
	blocks []blockSums
	centre float64 // the mean, about which the sums are
}

// blockSums are what moments are made of; d is the distance from the centre.
type blockSums struct {
	n          int
	d, d2, d3  float64
	least, top float64
}

// NewBlocked takes samples in any order and the number of the block of each, 0 to
// blocks-1. It keeps neither slice.
func NewBlocked(x []float64, block []int32, blocks int) *Blocked {
	order := make([]int32, len(x))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(x[a], x[b]) })
	w := &Blocked{
		sorted: make([]float64, len(x)),
		block:  make([]int32, len(x)),
		blocks: make([]blockSums, blocks),
		centre: Mean(x),
	}
	for k, i := range order {
		w.sorted[k], w.block[k] = x[i], block[i]
		s, d := &w.blocks[block[i]], x[i]-w.centre
		if s.n == 0 {
			s.least = x[i]
		}
		s.top = x[i]
		s.n++
		s.d += d
		s.d2 += d * d
		s.d3 += d * d * d
	}
	return w
}

// Sorted are all samples in ascending order, not to be changed.
func (w *Blocked) Sorted() []float64 { return w.sorted }

// N is the number of samples of the resample.
func (w *Blocked) N(counts []int32) int {
	n := 0
	for i, c := range counts {
		n += int(c) * w.blocks[i].n
	}
	return n
}

// Quantile is [Quantile] of the resample, in one pass through the samples.
func (w *Blocked) Quantile(counts []int32, q float64) float64 {
	n := w.N(counts)
	if n == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	h := float64(n-1) * q
	i := int(h)
	if i >= n-1 {
		return w.Max(counts)
	}
	lo, hi := w.pair(counts, n, i)
	if lo == hi {
		return lo
	}
	return lo + (h-float64(i))*(hi-lo)
}

// pair returns number i of the resample's n samples in ascending order, from 0
// on, and the next one. It starts from the closer end.
func (w *Blocked) pair(counts []int32, n, i int) (lo, hi float64) {
	if i >= n/2 {
		left := n - i // samples from number i on
		for k, b := range slices.Backward(w.block) {
			c := int(counts[b])
			if c > 0 && left > 1 && left-c <= 1 {
				hi = w.sorted[k]
			}
			if left -= c; left <= 0 {
				return w.sorted[k], hi
			}
		}
	}
	seen := 0
	for k, b := range w.block {
		before := seen
		seen += int(counts[b])
		if before <= i && i < seen {
			lo = w.sorted[k]
		}
		if i+1 < seen {
			return lo, w.sorted[k]
		}
	}
	return lo, lo
}

// Mean is [Mean] of the resample.
func (w *Blocked) Mean(counts []int32) float64 {
	n, d, _, _ := w.sums(counts)
	return w.centre + d/n
}

// Std is [Std] of the resample.
func (w *Blocked) Std(counts []int32) float64 {
	n, d, d2, _ := w.sums(counts)
	if n < 2 {
		return math.NaN()
	}
	return math.Sqrt(aboutMean(n, d, d2) / (n - 1))
}

// Skewness is [Skewness] of the resample.
func (w *Blocked) Skewness(counts []int32) float64 {
	n, d, d2, d3 := w.sums(counts)
	mean := d / n
	m2 := aboutMean(n, d, d2)
	if n < 3 || m2 == 0 {
		return math.NaN()
	}
	m3 := d3 - 3*mean*d2 + 2*n*mean*mean*mean
	sd := math.Sqrt(m2 / n)
	return math.Sqrt(n*(n-1)) / (n - 2) * (m3 / n / (sd * sd * sd))
}

// aboutMean is the sum of squares about the mean of the resample; 0 where only
// rounding is left, as of samples that are all equal.
func aboutMean(n, d, d2 float64) float64 {
	if m2 := d2 - d*d/n; m2 > 1e-14*d2 {
		return m2
	}
	return 0
}

// Min is the smallest sample of the resample.
func (w *Blocked) Min(counts []int32) float64 {
	least := math.NaN()
	for i, c := range counts {
		if b := &w.blocks[i]; c > 0 && b.n > 0 && !(least <= b.least) {
			least = b.least
		}
	}
	return least
}

// Max is the largest sample of the resample.
func (w *Blocked) Max(counts []int32) float64 {
	top := math.NaN()
	for i, c := range counts {
		if b := &w.blocks[i]; c > 0 && b.n > 0 && !(top >= b.top) {
			top = b.top
		}
	}
	return top
}

// sums are those of the powers of the distance from the centre.
func (w *Blocked) sums(counts []int32) (n, d, d2, d3 float64) {
	for i, c := range counts {
		if c > 0 {
			b, c := &w.blocks[i], float64(c)
			n += c * float64(b.n)
			d += c * b.d
			d2 += c * b.d2
			d3 += c * b.d3
		}
	}
	return n, d, d2, d3
}
