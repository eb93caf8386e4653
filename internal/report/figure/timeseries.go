package figure

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"runx/internal/stats"
)

const (
	// faintLine is the number of samples up to which a line joins them.
	faintLine = 120
	// timeBins is the number of parts of all panels' x axes of which the smallest
	// and the largest samples are drawn, where there are many.
	timeBins = 500
)

// drawTimeSeries draws samples in the order in which they were taken, with
// their running median; those that were disturbed are marked, and those that
// failed.
func drawTimeSeries(c *chart) error {
	x := c.timeAxis()
	y := c.numbers(c.plot.Y[0])
	var disturbed, failed int
	for _, p := range c.panels {
		var alarms plotter.XYs
		var lost failures
		for _, g := range p.groups {
			rows := slices.Clone(g.rows)
			slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
			var points plotter.XYs
			for _, row := range rows {
				at := plotter.XY{X: x[row], Y: y[row]}
				switch {
				case c.table.Value(row, "status") != "ok":
					lost = append(lost, x[row])
				case !c.usable(p, at.X, at.Y):
				default:
					points = append(points, at)
					if taint, _ := c.table.Value(row, "tainted").(string); taint != "" {
						alarms = append(alarms, at)
					}
				}
			}
			p.add(c.timeMarks(g, points)...)
			c.tellSeries(p, &g, points)
		}
		if len(alarms) > 0 {
			p.add(dots{points: extremes(alarms, c.timeBins()), ink: alarmInk, marker: ring, radius: 4.5})
		}
		if len(lost) > 0 {
			p.add(lost)
		}
		disturbed, failed = disturbed+len(alarms), failed+len(lost)
	}
	c.keyTime(disturbed, failed)
	return nil
}

// tellSeries tells the median of a series.
func (c *chart) tellSeries(p *panel, g *group, points plotter.XYs) {
	if len(points) == 0 {
		return
	}
	values := make([]float64, len(points))
	for i, q := range points {
		values[i] = q.Y
	}
	slices.Sort(values)
	c.tellMedian(p, g, c.y.unit, values)
}

// keyTime explains the marks of samples that are not as the others.
func (c *chart) keyTime(disturbed, failed int) {
	if disturbed > 0 {
		c.legend = append(c.legend, entry{label: "disturbed", ink: alarmInk, marker: ring})
		c.facts = append(c.facts, counted(disturbed, "sample")+" were taken while something disturbed the machine.")
	}
	if failed > 0 {
		c.legend = append(c.legend, entry{label: "failed", ink: alarmInk, marker: cross})
		c.facts = append(c.facts, counted(failed, "sample")+" failed.")
	}
}

// failures mark, at the foot of a panel, the x of samples that have no y.
type failures []float64

func (f failures) reach(x, _ *axis) {
	for _, at := range f {
		x.include(at)
	}
}

func (f failures) draw(p *pen) {
	var places plotter.XYs
	for _, x := range f {
		at := p.place(x, p.y.lo)
		if at.Y = p.top + p.height - 7; isPlace(at) && p.inside(at, 0.5) {
			places = append(places, at)
		}
	}
	p.scene.add(shape{stamps: p.distinct(places, 2), marker: cross, radius: 4, ink: alarmInk})
}

// timeAxis are the numbers of the x axis. Moments become seconds since the
// first one drawn.
func (c *chart) timeAxis() []float64 {
	x := c.numbers(c.plot.X)
	c.x.values = nil
	if c.plot.X != "started_at" {
		c.x.title = map[string]string{"rep": "repetition", "round": "round"}[c.plot.X]
		return x
	}
	first := math.Inf(1)
	for _, row := range c.drawn() {
		first = min(first, x[row])
	}
	seconds := make([]float64, len(x))
	for row, v := range x {
		seconds[row] = (v - first) / 1e6
	}
	c.x.title, c.x.unit, c.x.whole = "time since the first sample", "s", false
	return seconds
}

func (c *chart) timeMarks(g group, points plotter.XYs) []mark {
	if len(points) == 0 {
		return nil
	}
	var marks []mark
	shown := extremes(points, c.timeBins())
	if len(points) <= faintLine {
		marks = append(marks, curve{points: points, ink: g.ink, width: 1, opacity: 0.3})
	}
	window := windowFor(len(points))
	d := dots{points: shown, ink: g.ink, marker: g.marker, radius: 2.2}
	if window > 0 {
		d.opacity = 0.4
	}
	marks = append(marks, d)
	if window > 0 {
		values := make([]float64, len(points))
		for i, q := range points {
			values[i] = q.Y
		}
		var line plotter.XYs
		every := max(1, len(points)/c.timeBins()) // a median changes slowly
		for i, v := range runningMedian(values, window) {
			if i%every == 0 || i == len(points)-1 {
				line = append(line, plotter.XY{X: points[i].X, Y: v})
			}
		}
		marks = append(marks, curve{points: line, ink: g.ink})
	}
	return marks
}

// timeBins is the number of parts of one panel's x axis.
func (c *chart) timeBins() int { return timeBins / min(len(c.panels), columnsLimit) }

// extremes are, of many points in the order of x, the lowest and the highest of
// each of so many parts: what an eye would see of all.
func extremes(points plotter.XYs, bins int) plotter.XYs {
	if len(points) <= 2*bins {
		return points
	}
	lo, hi := points[0].X, points[len(points)-1].X
	var some plotter.XYs
	for i := 0; i < len(points); {
		low, high := i, i
		bin := binOf(points[i].X, lo, hi, bins)
		for ; i < len(points) && binOf(points[i].X, lo, hi, bins) == bin; i++ {
			if points[i].Y < points[low].Y {
				low = i
			}
			if points[i].Y > points[high].Y {
				high = i
			}
		}
		some = append(some, points[min(low, high)])
		if low != high {
			some = append(some, points[max(low, high)])
		}
	}
	return some
}

func binOf(x, lo, hi float64, bins int) int {
	if hi <= lo {
		return 0
	}
	return int((x - lo) / (hi - lo) * float64(bins))
}

// runningMedian returns, for each value, the median of the values at most half
// a window away; at the ends the window is cut. The window is odd.
func runningMedian(values []float64, window int) []float64 {
	half := window / 2
	medians := make([]float64, len(values))
	var sorted []float64
	for i := range values {
		if i == 0 {
			sorted = slices.Sorted(slices.Values(values[:min(half+1, len(values))]))
		} else {
			if enters := i + half; enters < len(values) {
				at, _ := slices.BinarySearch(sorted, values[enters])
				sorted = slices.Insert(sorted, at, values[enters])
			}
			if leaves := i - half - 1; leaves >= 0 {
				at, _ := slices.BinarySearch(sorted, values[leaves])
				sorted = slices.Delete(sorted, at, at+1)
			}
		}
		medians[i] = stats.Quantile(sorted, 0.5)
	}
	return medians
}

// windowFor is the width of the running median of n values: wide enough to be
// calm, narrow enough to show a step; 0 where a median would say nothing.
func windowFor(n int) int {
	if n < 15 {
		return 0
	}
	return min(max(n/12, 9), 501) | 1
}
