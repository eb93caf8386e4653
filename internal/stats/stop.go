package stats

import (
	"fmt"
	"math"
	"slices"
)

// lookGrowth is the ratio of the sample counts of two looks. A finer schedule
// stops closer to the count that is needed, and asks for a wider interval at
// each look; around 1.3 the two costs balance.
const lookGrowth = 1.3

// A StopRule asks for a number of samples that suffices to know a statistic.
type StopRule struct {
	// Quantile is the quantile that is to be known; NaN stands for the mean.
	Quantile float64
	// RelativeCI is how far the ends of the interval may be from the estimate,
	// relative to it: 0.02 asks for an interval within 2% on either side.
	RelativeCI float64
	// Confidence of the interval at the moment of stopping, whichever look that
	// is; 0 is 0.95.
	Confidence float64
	// Min and Max bound the number of samples.
	Min, Max int
	// Seed is that of the mean's bootstrap.
	Seed uint64
}

// A Schedule is a [StopRule] worked out: when to look, and how sure each look
// has to be. It is not safe for concurrent use.
//
// To look again and again and stop when the interval happens to be narrow gives
// the interval many chances to miss. So the counts at which one looks are fixed
// in advance, and every look uses intervals of a higher confidence, such that
// all looks together miss with probability 1-Confidence at most. For a quantile
// that probability is computed exactly, for any distribution (see jointMiss); for
// the mean it is Bonferroni's bound.
type Schedule struct {
	rule    StopRule
	looks   []int
	tail    float64 // probability that one look misses at one end
	scratch []float64
}

// Schedule works the rule out. It takes up to a second where Max is a million.
func (r StopRule) Schedule() (*Schedule, error) {
	if r.Confidence == 0 {
		r.Confidence = 0.95
	}
	isMean := math.IsNaN(r.Quantile)
	switch {
	case !isMean && !isOpenUnit(r.Quantile):
		return nil, fmt.Errorf("quantile %g is not between 0 and 1", r.Quantile)
	case !isOpenUnit(r.Confidence):
		return nil, fmt.Errorf("confidence %g is not between 0 and 1", r.Confidence)
	case !(r.RelativeCI > 0):
		return nil, fmt.Errorf("relative interval %g is not above 0", r.RelativeCI)
	case r.Min < 1 || r.Max < r.Min:
		return nil, fmt.Errorf("from %d to %d samples is not a range", r.Min, r.Max)
	}
	first := max(r.Min, minForMean)
	if !isMean {
		first = max(r.Min, MinSamplesForQuantile(r.Quantile, r.Confidence))
	}
	s := &Schedule{rule: r, looks: lookCounts(first, r.Max)}
	miss := 1 - r.Confidence
	s.tail = miss / 2 / float64(max(len(s.looks), 1))
	if !isMean && r.Max <= maxCalibrated {
		s.tail = calibratedTail(s.looks, r.Quantile, miss)
	}
	return s, nil
}

func lookCounts(first, last int) []int {
	var looks []int
	for n := first; n < last; n = max(n+1, int(math.Ceil(float64(n)*lookGrowth))) {
		looks = append(looks, n)
	}
	if first <= last {
		looks = append(looks, last)
	}
	return looks
}

// Looks returns the sample counts at which to call Decide, ascending. There is
// none where Max samples cannot support an interval.
func (s *Schedule) Looks() []int { return slices.Clone(s.looks) }

// Confidence is that of the interval at each single look: higher than the
// rule's, so that the rule's holds for all looks together.
func (s *Schedule) Confidence() float64 { return 1 - 2*s.tail }

// A Decision is what one look saw.
type Decision struct {
	Enough   bool // the interval is as narrow as was asked
	Estimate float64
	Interval Interval // invalid where the samples do not support one
}

// Spread is how far the interval reaches from the estimate, relative to it:
// what RelativeCI bounds. It is infinite where there is no interval.
func (d *Decision) Spread() float64 {
	far := max(d.Interval.Hi-d.Estimate, d.Estimate-d.Interval.Lo)
	switch {
	case !d.Interval.Valid():
		return math.Inf(1)
	case far == 0:
		return 0
	}
	return far / math.Abs(d.Estimate)
}

// Decide looks at the samples, in any order; there should be as many as a look
// has. It leaves them as they are.
func (s *Schedule) Decide(samples []float64) Decision {
	var d Decision
	if math.IsNaN(s.rule.Quantile) {
		d.Estimate = Mean(samples)
		d.Interval, _ = MeanInterval(samples, s.Confidence(), s.rule.Seed)
	} else {
		s.scratch = append(s.scratch[:0], samples...)
		slices.Sort(s.scratch)
		d.Estimate = Quantile(s.scratch, s.rule.Quantile)
		d.Interval, _ = QuantileInterval(s.scratch, s.rule.Quantile, s.Confidence())
	}
	d.Enough = d.Spread() <= s.rule.RelativeCI
	return d
}
