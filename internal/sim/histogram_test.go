package sim

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every duration lies in its bucket, and no bucket is wider than 1/128 of what
// it holds.
func TestHistogramBuckets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64Range(0, math.MaxInt64).Draw(t, "v") >> rapid.IntRange(0, 62).Draw(t, "shift")
		low, width := bounds(bucket(v))
		if float64(v) < low || float64(v) >= low+width && v < 1<<52 {
			t.Fatalf("%d is in the bucket from %v of width %v", v, low, width)
		}
		if width > 1 && width > low/128 {
			t.Fatalf("bucket from %v is %v wide", low, width)
		}
	})
}

// A quantile is within a hundredth of the order statistic, mean and maximum are
// exact.
func TestHistogramQuantiles(t *testing.T) {
	t.Parallel()
	var h Histogram
	r := newRand(5)
	d := NewLognormal(time.Millisecond, 3)
	var all []float64
	sum := 0.0
	for range 20_000 {
		x := d.Draw(r)
		h.Add(x)
		all = append(all, float64(x))
		sum += float64(x)
	}
	slices.Sort(all)
	for _, q := range []float64{0.001, 0.01, 0.5, 0.9, 0.99, 0.999} {
		if got, want := h.Quantile(q), all[int(q*float64(len(all)))]; !near(got, want, 0.01) {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if got := h.Quantile(1); got != all[len(all)-1] || h.Max() != time.Duration(got) {
		t.Errorf("maximum %v and %v, want %v", got, h.Max(), all[len(all)-1])
	}
	if got, want := h.Mean(), sum/float64(len(all)); !near(got, want, 1e-12) {
		t.Errorf("mean %v, want %v", got, want)
	}
	h.Reset()
	if h.Count() != 0 || h.Mean() != 0 || h.Quantile(0.5) != 0 {
		t.Error("a histogram without durations has a mean or a median")
	}
}
