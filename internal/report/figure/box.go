package figure

import (
	"slices"

	"gonum.org/v1/plot/plotter"

	"runx/internal/stats"
)

// maxOutliers bounds the outliers that one box shows.
const maxOutliers = 40

// A boxplot is what a box shows of samples.
//
// Source: J. W. Tukey, "Exploratory Data Analysis", 1977, 2C and 2D, with the
// quartiles of [stats.Quantile].
type boxplot struct {
	q1, median, q3 float64
	// low and high are the outermost samples within one and a half
	// interquartile ranges of the box.
	low, high float64
	// outliers are the samples beyond, in ascending order: where there are more
	// than maxOutliers, evenly spaced ones with both ends.
	outliers []float64
	// beyond is the number of all samples beyond.
	beyond int
}

// boxOf describes samples in ascending order, of which there is at least one.
func boxOf(sorted []float64) boxplot {
	b := boxplot{q1: stats.Quantile(sorted, 0.25), median: stats.Quantile(sorted, 0.5), q3: stats.Quantile(sorted, 0.75)}
	fence := 1.5 * (b.q3 - b.q1)
	from, _ := slices.BinarySearch(sorted, b.q1-fence)
	to := from
	for to < len(sorted) && sorted[to] <= b.q3+fence {
		to++
	}
	// A whisker never ends inside the box, which interpolated quartiles of few
	// samples would allow.
	b.low, b.high = min(sorted[from], b.q1), max(sorted[to-1], b.q3)
	outside := slices.Concat(sorted[:from], sorted[to:])
	b.beyond, b.outliers = len(outside), spread(outside, maxOutliers)
	return b
}

// spread returns at most n of the values, evenly spaced in rank, with both
// ends.
func spread(values []float64, n int) []float64 {
	if len(values) <= n {
		return values
	}
	some := make([]float64, n)
	for i := range some {
		some[i] = values[i*(len(values)-1)/(n-1)]
	}
	return some
}

// drawBox draws Tukey's box plots.
func drawBox(c *chart) error {
	positions := c.categorise(c.x, c.plot.X)
	hidden := 0
	for _, p := range c.panels {
		for _, b := range c.batches(p, positions) {
			shown := boxOf(b.sorted)
			hidden += shown.beyond - len(shown.outliers)
			p.add(shown.marks(b)...)
		}
	}
	c.keyAll(keyPatch)
	if hidden > 0 {
		c.warn("", "%s not drawn: a box shows %d of them", counted(hidden, "outlier"), maxOutliers)
	}
	c.facts = append(c.facts, "A box spans the quartiles, its line is the median, whiskers end at the outermost sample within 1.5 interquartile ranges.")
	return nil
}

func (s boxplot) marks(b batch) []mark {
	left, right, cap := b.at-b.half, b.at+b.half, b.half/2
	line := func(x0, y0, x1, y1, width float64) mark {
		return curve{points: plotter.XYs{{X: x0, Y: y0}, {X: x1, Y: y1}}, ink: b.ink, width: width}
	}
	marks := []mark{
		line(b.at, s.low, b.at, s.q1, 1), line(b.at, s.q3, b.at, s.high, 1),
		line(b.at-cap, s.low, b.at+cap, s.low, 1), line(b.at-cap, s.high, b.at+cap, s.high, 1),
		box{x0: left, y0: s.q1, x1: right, y1: s.q3, ink: b.ink, opacity: 0.28},
		box{x0: left, y0: s.q1, x1: right, y1: s.q3, ink: b.ink, hollow: true},
		line(left, s.median, right, s.median, 2.5),
	}
	if len(s.outliers) > 0 {
		d := dots{ink: b.ink, marker: ring, radius: 2}
		for _, v := range s.outliers {
			d.points = append(d.points, plotter.XY{X: b.at, Y: v})
		}
		marks = append(marks, d)
	}
	return marks
}

// keyAll makes the legend show all series in one way.
func (c *chart) keyAll(k key) {
	for _, s := range c.series {
		s.key = k
	}
}
