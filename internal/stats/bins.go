package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// BinEdges returns the edges of bins of one width that hold all samples, which
// are in ascending order: one edge more than bins, of which there are most at
// most. The width is that of Freedman and Diaconis, twice the interquartile range
// over the cube root of n; Sturges' where that range is nothing. Samples that are
// all equal get one bin about them.
//
// Source: D. Freedman, P. Diaconis, "On the Histogram as a Density Estimator: L2
// Theory", Zeitschrift für Wahrscheinlichkeitstheorie 57, 1981; H. A. Sturges, "The
// Choice of a Class Interval", JASA 21, 1926.
func BinEdges(sorted []float64, most int) []float64 {
	n := len(sorted)
	if n == 0 || most < 1 {
		return nil
	}
	lo, hi := sorted[0], sorted[n-1]
	if lo == hi {
		half := math.Abs(lo) / 20
		if lo == 0 {
			half = 0.5
		}
		return []float64{lo - half, lo + half}
	}
	width := 2 * (Quantile(sorted, 0.75) - Quantile(sorted, 0.25)) / math.Cbrt(float64(n))
	bins := math.Ceil((hi - lo) / width)
	if !(width > 0) {
		bins = math.Ceil(math.Log2(float64(n))) + 1
	}
	return evenly(int(max(min(bins, float64(most)), 1))+1, lo, hi)
}

// LogBinEdges is [BinEdges] on a logarithmic axis: the edges have one ratio. It
// leaves out samples that have no logarithm.
func LogBinEdges(sorted []float64, most int) []float64 {
	logs := logsOf(sorted)
	if len(logs) == 0 || most < 1 {
		return nil
	}
	positive := sorted[len(sorted)-len(logs):]
	lo, hi := positive[0], positive[len(positive)-1]
	if lo == hi {
		return []float64{lo / 1.05, hi * 1.05}
	}
	edges := BinEdges(logs, most)
	for i, v := range edges {
		edges[i] = math.Exp(v)
	}
	edges[0], edges[len(edges)-1] = lo, hi // exactly, so that no sample falls out by rounding
	return edges
}

// evenly returns n numbers from lo to hi, both exactly.
func evenly(n int, lo, hi float64) []float64 {
	x := floats.Span(make([]float64, n), lo, hi)
	x[n-1] = hi
	return x
}

// logsOf are the logarithms of the samples that have one; ascending stays so.
func logsOf(sorted []float64) []float64 {
	from, _ := slices.BinarySearchFunc(sorted, 0.0, func(v, zero float64) int {
		if v > zero {
			return 1
		}
		return -1
	})
	logs := make([]float64, len(sorted)-from)
	for i, v := range sorted[from:] {
		logs[i] = math.Log(v)
	}
	return logs
}
