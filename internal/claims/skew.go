package claims

import (
	"math"
	"slices"

	"runx/internal/stats"
	"runx/spec"
)

// unskewed corrects the values of resamples for bias and skew where that
// applies: see [stats.BCa]. Verdict and interval are made of the same values, and
// so both corrected. It applies where the value is made of means and spreads
// alone, which change smoothly with the samples, at points that all took part in
// the same rounds, and in enough of them to see a skew.
func (t *trial) unskewed(values []float64) []float64 {
	from := t.smooth()
	if from == nil || from.blocks < fewBlocks || slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		return values
	}
	acceleration := stats.Acceleration(values, from.blocks, func(counts []int32, number int) {
		t.run.draws.draw(counts, from, number)
	})
	return stats.BCa(asFloat(t.value), values, acceleration)
}

// smooth is the roster of the points that the value is made of; nil where they
// have several, or where some statistic jumps from sample to sample.
func (t *trial) smooth() *roster {
	var from *roster
	for _, c := range t.used.cells {
		switch t.run.sources[c.column].stat {
		case spec.Mean, spec.Sum, spec.Std, spec.CV, spec.Skewness:
		default:
			return nil
		}
		if c.drawn == nil { // the same in all resamples
			continue
		}
		if r := t.run.points[c.row].roster; from == nil {
			from = r
		} else if from != r {
			return nil
		}
	}
	return from
}
