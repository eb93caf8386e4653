package stats

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// QuantileWarning says that n samples are too few for an interval of a quantile.
// It is false where they suffice.
func QuantileWarning(n int, q, confidence float64) (Warning, bool) {
	least := MinSamplesForQuantile(q, confidence)
	if n >= least || n == 0 {
		return Warning{}, false
	}
	return Warning{
		What: fmt.Sprintf("%s %s no %s interval of p%s", counted(n, "sample"), give(n), percent(confidence), trim(100*q)),
		Cure: fmt.Sprintf("take at least %d", least),
	}, true
}

const (
	// minForSeries is the number of samples below which a series says nothing of
	// how its samples depend on each other.
	minForSeries = 20
	// muchLost is the share of the samples that has to be left for neighbours not to
	// count as alike: independent ones rarely fall below.
	muchLost = 0.5
	// rareDrift is the P below which a change of level counts: there are many points
	// in a run, each with its chance of looking changed.
	rareDrift = 1e-3
	// smallDrift is the relative change of the median that is not worth a word.
	smallDrift = 0.02
)

// CorrelationWarning says that a series is worth far fewer independent samples
// than it has, as [EffectiveSize] tells of their ranks. It is false below 20
// samples, where at least half are left, and where the autocorrelation of
// neighbours is what chance gives independent ones.
func CorrelationWarning(x []float64) (Warning, bool) {
	n := len(x)
	if n < minForSeries {
		return Warning{}, false
	}
	ranks := MidRanks(x)
	effective, next := EffectiveSize(ranks), Autocorrelation(ranks, 1)
	if !(effective < muchLost*float64(n) && next > 2/math.Sqrt(float64(n))) {
		return Warning{}, false
	}
	return Warning{
		What: fmt.Sprintf("%d samples are worth %s, because neighbours are alike: autocorrelation %.2f",
			n, counted(int(math.Round(effective)), "independent one"), next),
		Cure: "spread them over more rounds or processes",
	}, true
}

// DriftWarning says that a series moved to another level, as [ChangePoint] tells.
// It is false below 20 samples, where the change is likely by chance, and
// where the medians differ by less than 2%.
func DriftWarning(x []float64) (Warning, bool) {
	if len(x) < minForSeries {
		return Warning{}, false
	}
	c := ChangePoint(x)
	moved := math.Abs(c.After - c.Before)
	if c.P > rareDrift || moved <= smallDrift*math.Abs(c.Before) {
		return Warning{}, false
	}
	return Warning{
		What: fmt.Sprintf("the level moved after %d of %d samples: median %s, then %s", c.At, len(x), short(c.Before), short(c.After)),
		Cure: "a longer warmup, or a quieter machine",
	}, true
}

// manyTies is the mean number of equal samples from which on ties are heavy.
const manyTies = 10

// TiesWarning says that samples hold few different values, so that differences
// below their distance cannot be seen. It is false where all are equal, as counts
// and simulations are.
func TiesWarning(x []float64) (Warning, bool) {
	if len(x) < minForSeries {
		return Warning{}, false
	}
	different := len(slices.Compact(slices.Sorted(slices.Values(x))))
	if different < 2 || len(x) < manyTies*different {
		return Warning{}, false
	}
	return Warning{
		What: fmt.Sprintf("%d samples hold %d different values: the measure is coarse", len(x), different),
		Cure: "measure more work at once",
	}, true
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func give(n int) string {
	if n == 1 {
		return "gives"
	}
	return "give"
}

func percent(v float64) string { return trim(100*v) + "%" }

// trim writes a percentage without the rounding of its product: 99.9.
func trim(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
