package sim

import (
	"math/bits"
	"time"
)

// A Histogram counts durations in buckets whose width grows with the duration: a
// quantile is off by less than 1/128 of its value. The zero value is empty.
type Histogram struct {
	counts [octaves * perOctave]uint64
	total  uint64
	sum    wide
	max    time.Duration
}

// Durations below perOctave nanoseconds have a bucket each; each power of two
// above has perOctave buckets.
const (
	octaveBits = 7
	perOctave  = 1 << octaveBits
	octaves    = 64 - octaveBits
)

// Add counts a duration; one below zero counts as zero.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.total++
	h.sum.add(uint64(d), 1)
	h.max = max(h.max, d)
}

// Reset forgets all.
func (h *Histogram) Reset() { *h = Histogram{} }

// Count returns how many durations there are.
func (h *Histogram) Count() uint64 { return h.total }

// Max returns the longest one, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean returns the mean of the exact durations in nanoseconds, 0 of none.
func (h *Histogram) Mean() float64 {
	if h.total == 0 {
		return 0
	}
	return h.sum.float() / float64(h.total)
}

// Quantile returns the duration in nanoseconds below which the share q of all
// lies, between 0 and 1; 0 of none.
func (h *Histogram) Quantile(q float64) float64 {
	if h.total == 0 {
		return 0
	}
	rank := min(max(q, 0), 1) * float64(h.total)
	below := 0.0
	for b, count := range h.counts {
		if count == 0 {
			continue
		}
		if below+float64(count) >= rank {
			low, width := bounds(b)
			return min(low+width*(rank-below)/float64(count), float64(h.max))
		}
		below += float64(count)
	}
	return float64(h.max)
}

// bucket is where v counts.
func bucket(v uint64) int {
	if v < perOctave {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - octaveBits
	return (shift+1)*perOctave + int(v>>shift) - perOctave
}

// bounds are the least value of a bucket and its width.
func bounds(b int) (low, width float64) {
	if b < perOctave {
		return float64(b), 1
	}
	shift := b/perOctave - 1
	return float64(uint64(b%perOctave+perOctave) << shift), float64(uint64(1) << shift)
}

// wide is a sum of products that 64 bits may not hold.
type wide struct{ high, low uint64 }

func (w *wide) add(a, b uint64) {
	high, low := bits.Mul64(a, b)
	var carry uint64
	w.low, carry = bits.Add64(w.low, low, 0)
	w.high += high + carry
}

func (w *wide) float() float64 { return float64(w.high)*(1<<64) + float64(w.low) }
