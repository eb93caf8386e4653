package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"runx/internal/stats"
)

// maxBins bounds the bins that the data may ask for.
const maxBins = 80

// drawHistogram draws how many samples fall into each of bins that all series
// and panels share: even ones on the axis that they stand on. One series is
// drawn in bars; several, of which each has its own number of samples, as
// outlines of shares.
func drawHistogram(c *chart) error {
	var all []float64
	values := map[*panel][][]float64{}
	for _, p := range c.panels {
		for _, g := range p.groups {
			sorted := c.sampled(p, g, c.plot.X)
			values[p], all = append(values[p], sorted), append(all, sorted...)
		}
	}
	slices.Sort(all)
	edges := c.binEdges(all)
	if len(edges) < 2 {
		return nil
	}
	several := len(c.series) > 1
	c.y.title, c.y.whole = "samples", !several
	if several {
		c.y.title = "share of samples"
		c.keyAll(keyPatch)
	}
	switch {
	case !c.y.log:
		c.y.include(0)
	case !several:
		c.y.include(0.5) // so that a bar of one sample has a height
	}
	for _, p := range c.panels {
		for i, g := range p.groups {
			sorted := values[p][i]
			if len(sorted) == 0 {
				continue
			}
			c.tellMedian(p, &g, c.x.unit, sorted)
			counts := countBins(sorted, edges)
			if several {
				p.add(outlineMarks(g, counts, len(sorted), edges)...)
			} else {
				p.add(barMarks(g, counts, edges)...)
			}
		}
	}
	return nil
}

// binEdges are the edges of the bins of all samples, in ascending order.
func (c *chart) binEdges(sorted []float64) []float64 {
	if len(sorted) == 0 {
		return nil
	}
	lo, hi := sorted[0], sorted[len(sorted)-1]
	switch {
	case c.plot.Bins > 0 && hi > lo:
		return evenEdges(lo, hi, c.plot.Bins, c.x.log)
	case c.x.log:
		return stats.LogBinEdges(sorted, maxBins)
	}
	return stats.BinEdges(sorted, maxBins)
}

func barMarks(g group, counts []int, edges []float64) []mark {
	var marks []mark
	for i, n := range counts {
		if n > 0 {
			marks = append(marks, box{x0: edges[i], x1: edges[i+1], y1: float64(n), ink: g.ink, gap: true})
		}
	}
	return marks
}

func outlineMarks(g group, counts []int, samples int, edges []float64) []mark {
	line := plotter.XYs{{X: edges[0]}}
	for i, n := range counts {
		share := float64(n) / float64(samples)
		line = append(line, plotter.XY{X: edges[i], Y: share}, plotter.XY{X: edges[i+1], Y: share})
	}
	line = append(line, plotter.XY{X: edges[len(edges)-1]})
	return []mark{area{upper: line, ink: g.ink, opacity: 0.22}, curve{points: line, ink: g.ink, width: 1.6}}
}

// evenEdges returns the edges of n bins between lo and hi that are equally wide
// on a linear axis, or on a logarithmic one.
func evenEdges(lo, hi float64, n int, log bool) []float64 {
	edges := make([]float64, n+1)
	for i := range edges {
		part := float64(i) / float64(n)
		if log {
			edges[i] = lo * math.Pow(hi/lo, part)
		} else {
			edges[i] = lo + part*(hi-lo)
		}
	}
	edges[n] = hi // whatever rounding says
	return edges
}

// countBins counts the samples, in ascending order, of each bin between two
// edges. A bin holds its lower edge; the last one holds both.
func countBins(sorted, edges []float64) []int {
	counts := make([]int, len(edges)-1)
	from, _ := slices.BinarySearch(sorted, edges[0])
	for i := range counts {
		to := len(sorted)
		if i < len(counts)-1 {
			to, _ = slices.BinarySearch(sorted, edges[i+1])
		} else {
			for to > from && sorted[to-1] > edges[i+1] {
				to--
			}
		}
		counts[i], from = to-from, to
	}
	return counts
}
