package stats

import (
	"math"
	"slices"
)

// PercentileInterval returns the interval that leaves out the same share of the
// resampled values, in any order, at each end. NaN among them are left out. It is
// false where none is left. It assumes that the values scatter about the estimate
// as the estimate does about the truth, on some scale. Where there are few
// blocks, ask with [SmallSampleConfidence].
//
// Source: B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, 13.3.
func PercentileInterval(resampled []float64, confidence float64) (Interval, bool) {
	tail := (1 - confidence) / 2
	return quantilesOf(resampled, tail, 1-tail)
}

// BCaInterval is [PercentileInterval] corrected for bias and for a spread that
// changes with the value. jackknife are the values with one block left out each.
// Where the correction cannot be had, it is the percentile interval and the
// warning says why: jackknife values that are equal or not numbers, as those of
// statistics that jump, or an estimate beyond all resamples.
//
// Source: B. Efron, "Better Bootstrap Confidence Intervals", JASA 82, 1987.
func BCaInterval(estimate float64, resampled, jackknife []float64, confidence float64) (Interval, Warning, bool) {
	acceleration, ok := accelerationOf(jackknife)
	bias := biasOf(estimate, resampled)
	if !ok || math.IsInf(bias, 0) || math.IsNaN(bias) {
		i, ok := PercentileInterval(resampled, confidence)
		return i, Warning{What: "the interval is not corrected for skew", Cure: "more rounds"}, ok
	}
	z := normalQuantile((1 - confidence) / 2)
	level := func(z float64) float64 {
		return normalBelow(bias + (bias+z)/(1-acceleration*(bias+z)))
	}
	i, ok := quantilesOf(resampled, level(z), level(-z))
	return i, Warning{}, ok
}

// accelerationOf is a sixth of the skewness of the influence of the blocks.
func accelerationOf(jackknife []float64) (float64, bool) {
	if len(jackknife) < 3 || slices.ContainsFunc(jackknife, isNoNumber) {
		return 0, false
	}
	_, m2, m3 := centralSums(jackknife)
	if m2 <= 0 {
		return 0, false
	}
	a := -m3 / (6 * m2 * math.Sqrt(m2)) // so small that it is 0/0
	return a, !isNoNumber(a)
}

// biasOf is where the estimate lies among the resampled values, as a normal
// quantile. Equal ones count half.
func biasOf(estimate float64, resampled []float64) float64 {
	var below, all float64
	for _, v := range resampled {
		switch {
		case math.IsNaN(v):
			continue
		case v < estimate:
			below++
		case v == estimate:
			below += 0.5
		}
		all++
	}
	return normalQuantile(below / all)
}

func quantilesOf(values []float64, lo, hi float64) (Interval, bool) {
	sorted := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	slices.Sort(sorted)
	i := Interval{Quantile(sorted, lo), Quantile(sorted, hi)}
	return i, i.Valid()
}

func isNoNumber(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// SmallSampleConfidence returns the confidence with which to ask for a bootstrap
// interval from so few blocks, such that it is as wide as Student's t with one
// degree of freedom less would make it: the percentiles of few blocks are those of
// a normal distribution, as if its spread were known. It comes close to
// confidence as the blocks become many. Below two blocks it is NaN.
//
// Source: T. C. Hesterberg, "What Teachers Should Know About the Bootstrap", The
// American Statistician 69(4), 2015, 4.1: the expanded percentile interval.
func SmallSampleConfidence(confidence float64, blocks int) float64 {
	if blocks < 2 || !isOpenUnit(confidence) {
		return math.NaN()
	}
	t := studentQuantile((1-confidence)/2, float64(blocks-1))
	return 1 - math.Erfc(t/math.Sqrt2)
}

// SmallSampleShare returns the share of resamples that so many blocks are good
// for: the other way round than [SmallSampleConfidence], 0.997 of the resamples of 6
// blocks say as much as 0.98 of those of many. 0, 0.5 and 1 stay.
func SmallSampleShare(share float64, blocks int) float64 {
	if blocks < 2 || !isOpenUnit(share) {
		return share
	}
	z := normalQuantile(share)
	tail := studentTail(math.Abs(z), float64(blocks-1))
	if z > 0 {
		return 1 - tail
	}
	return tail
}
