package stats

// A StopRule says when a growing series of samples is enough.
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
}

// MeanInterval returns a confidence interval for the mean.
func MeanInterval(x []float64, confidence float64, seed uint64) (Interval, bool) {
	return Interval{}, false
}

// EffectiveSize returns how many independent samples the series is worth.
func EffectiveSize(x []float64) float64 { return float64(len(x)) }
