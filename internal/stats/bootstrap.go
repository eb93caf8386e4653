package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	// minForMean is the number of samples below which the bootstrap has too few
	// different resamples to say anything about the tails.
	minForMean = 6
	// maxBlocks bounds the work: longer series are first averaged over
	// consecutive blocks, which leaves the mean and its error as they are.
	maxBlocks = 1024
	// minResamples and beyondEnd set the number of resamples: at least
	// beyondEnd of them are to lie beyond either end of the interval.
	minResamples = 1999
	maxResamples = 19999
	beyondEnd    = 20
)

// MeanInterval returns a confidence interval for the mean of independent
// samples by the studentised bootstrap (bootstrap-t), which follows the skew that
// latencies have. The same seed gives the same interval. The work is bounded:
// at most 20 million draws, about 2 million at 95% and a thousand samples. It is
// false below 6 samples, and where so few samples differ that resamples without
// any spread decide the ends.
//
// Source: B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", 1993,
// 12.5.
func MeanInterval(x []float64, confidence float64, seed uint64) (Interval, bool) {
	none := Interval{math.NaN(), math.NaN()}
	if len(x) < minForMean || !isOpenUnit(confidence) {
		return none, false
	}
	mean := Mean(x)
	centred := blockMeans(x, mean)
	se := standardError(centred)
	if se == 0 {
		return Interval{mean, mean}, true
	}
	tail := (1 - confidence) / 2
	t := studentised(centred, min(max(int(math.Ceil(beyondEnd/tail)), minResamples), maxResamples), seed)
	slices.Sort(t)
	i := Interval{mean - se*Quantile(t, 1-tail), mean - se*Quantile(t, tail)}
	if math.IsInf(i.Lo, 0) || math.IsInf(i.Hi, 0) || !i.Valid() {
		return none, false
	}
	return i, true
}

// blockMeans returns the samples, or the means of blocks of them where they are
// many, less the mean.
func blockMeans(x []float64, mean float64) []float64 {
	blocks := min(len(x), maxBlocks)
	out := make([]float64, blocks)
	for i := range out {
		from, to := i*len(x)/blocks, (i+1)*len(x)/blocks
		out[i] = Mean(x[from:to]) - mean
	}
	return out
}

func standardError(x []float64) float64 {
	return Std(x) / math.Sqrt(float64(len(x)))
}

// studentised returns the distribution of (mean of resample - mean) / its
// standard error. A resample without spread counts as infinitely far out.
func studentised(centred []float64, resamples int, seed uint64) []float64 {
	n := float64(len(centred))
	centre := Mean(centred)
	rng := rand.New(rand.NewPCG(seed, uint64(len(centred))))
	t := make([]float64, resamples)
	for i := range t {
		var sum, squares float64
		for range centred {
			v := centred[rng.IntN(len(centred))]
			sum += v
			squares += v * v
		}
		mean := sum / n
		variance := max(squares-n*mean*mean, 0) / (n - 1)
		switch d := mean - centre; {
		case variance > 1e-12*squares/n:
			t[i] = d / math.Sqrt(variance/n)
		case d != 0:
			t[i] = math.Copysign(math.Inf(1), d)
		}
	}
	return t
}
