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

// BCa moves resampled values such that their [PercentileInterval] is the one that
// is corrected for bias and for a spread that changes with the value, at any
// confidence. They come back in ascending order. It suits statistics that change
// smoothly with the samples: means, not quantiles. Where the estimate is beyond
// all resamples there is no correction, and they come back as they are.
//
// It makes 0.90 of 0.87 intervals that hold the mean of a lognormal distribution
// of shape 1 from 10 blocks, and 0.91 of 0.89 from 30.
//
// Source: B. Efron, "Better Bootstrap Confidence Intervals", JASA 82, 1987.
func BCa(estimate float64, resampled []float64, acceleration float64) []float64 {
	sorted := slices.Sorted(slices.Values(resampled))
	bias := biasOf(estimate, sorted)
	if isNoNumber(bias) || isNoNumber(acceleration) {
		return sorted
	}
	n := float64(len(sorted))
	moved := make([]float64, len(sorted))
	for i := range moved {
		z := bias + normalQuantile(min(max(float64(i)/(n-1), 0.5/n), 1-0.5/n))
		level := 1.0
		if less := 1 - acceleration*z; less > 0 {
			level = normalBelow(bias + z/less)
		} else if z < 0 {
			level = 0
		}
		moved[i] = Quantile(sorted, level)
	}
	return moved
}

// Acceleration is by how much the spread of a statistic changes with its value:
// a sixth of the skewness of the influence of the blocks, which shows in how the
// values of resamples go with the counts of each. draw makes the counts of the
// resample of a number. It is 0 where no block has influence.
//
// Source: B. Efron, "Estimation and Accuracy after Model Selection", JASA 109,
// 2014, of the covariances; B. Efron, R. J. Tibshirani, "An Introduction to the
// Bootstrap", 1993, 14.3, of the skewness.
func Acceleration(resampled []float64, blocks int, draw func(counts []int32, number int)) float64 {
	counts, influence := make([]int32, blocks), make([]float64, blocks)
	mean := Mean(resampled)
	for number, v := range resampled {
		draw(counts, number)
		for i, c := range counts {
			influence[i] += float64(c) * (v - mean)
		}
	}
	scale := 0.0 // so that no power overflows
	for _, u := range influence {
		scale = max(scale, math.Abs(u))
	}
	var squares, cubes float64
	for _, u := range influence {
		u /= scale
		squares += u * u
		cubes += u * u * u
	}
	if !(squares > 0) {
		return 0
	}
	return cubes / (6 * squares * math.Sqrt(squares))
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
