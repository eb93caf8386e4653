package html

import (
	"fmt"
	"math"
	"slices"

	"runx/internal/compare"
	"runx/internal/report"
)

// A forest draws ratios with their intervals one below the other, on one
// logarithmic axis, in the cells of a table: twice as slow is as far from no
// change as twice as fast.
type forest struct {
	reach  float64 // the axis goes from -reach to +reach, in log of the ratio
	margin float64 // likewise
}

// The size of a drawing, in units of its viewBox.
const (
	forestWidth  = 240.0
	forestHeight = 18.0
	forestEdge   = 6.0 // what is kept free at either side
)

// A forestMark is one ratio with its interval as a drawing, its coordinates as
// text; Dot is empty where there is no ratio.
type forestMark struct {
	Verdict          string
	From, To         string // of the interval
	Dot              string
	CutLow, CutHigh  bool   // the interval goes on beyond the axis
	MarginX, MarginW string // the shaded stretch that is as good as no change
	Middle           string
	Diamond          string // points of the overall mark
}

// A forestAxis are the ticks above the drawings.
type forestAxis struct {
	Ticks            []forestTick
	MarginX, MarginW string
	Middle           string
}

// A forestTick is one tick, its label anchored so that it stays inside.
type forestTick struct{ X, Label, Anchor string }

// forestReaches are the ends that an axis may have, as ratios.
var forestReaches = []float64{1.02, 1.05, 1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000}

// newForest makes the axis reach as far as the ratios do, and as all but the
// widest tenth of the intervals.
func newForest(m *compare.MetricComparison, margin float64) forest {
	f := forest{margin: math.Log1p(max(margin, 0))}
	far := f.margin * 1.5
	var ends []float64
	for _, p := range m.Pairs {
		far = max(far, distance(p.Ratio))
		ends = append(ends, distance(p.Lo), distance(p.Hi))
	}
	far = max(far, distance(m.Ratio))
	if slices.Sort(ends); len(ends) > 0 {
		far = max(far, ends[(len(ends)-1)*9/10])
	}
	f.reach = far
	for _, r := range forestReaches {
		if math.Log(r) >= far {
			f.reach = math.Log(r)
			break
		}
	}
	return f
}

// distance is how far a ratio is from no change; 0 where it is none.
func distance(ratio float64) float64 {
	if !(ratio > 0) || math.IsInf(ratio, 0) {
		return 0
	}
	return math.Abs(math.Log(ratio))
}

// x is where a logarithm of a ratio stands, within the drawing.
func (f forest) x(log float64) float64 {
	half := forestWidth/2 - forestEdge
	return forestWidth/2 + half*min(max(log/f.reach, -1), 1)
}

func (f forest) mark(ratio, lo, hi float64, verdict compare.Verdict) forestMark {
	m := forestMark{Verdict: string(verdict), Middle: coordinate(forestWidth / 2)}
	m.MarginX, m.MarginW = f.marginBox()
	if !(ratio > 0) || math.IsInf(ratio, 0) {
		return m
	}
	dot := f.x(math.Log(ratio))
	m.Dot = coordinate(dot)
	m.Diamond = coordinate(dot) + ",3 " + coordinate(dot+6) + ",9 " + coordinate(dot) + ",15 " + coordinate(dot-6) + ",9"
	if math.IsNaN(lo) || math.IsNaN(hi) || hi <= 0 {
		return m
	}
	from := -math.MaxFloat64
	if lo > 0 {
		from = math.Log(lo)
	}
	to := math.Log(hi)
	m.CutLow, m.CutHigh = from < -f.reach, to > f.reach
	m.From, m.To = coordinate(f.x(from)), coordinate(f.x(to))
	return m
}

func (f forest) marginBox() (x, w string) {
	left, right := f.x(-f.margin), f.x(f.margin)
	return coordinate(left), coordinate(right - left)
}

func (f forest) axis() forestAxis {
	a := forestAxis{Middle: coordinate(forestWidth / 2)}
	a.MarginX, a.MarginW = f.marginBox()
	end := math.Exp(f.reach)
	a.Ticks = []forestTick{
		{coordinate(f.x(-f.reach)), report.Change(1 / end), "start"},
		{coordinate(forestWidth / 2), "0", "middle"},
		{coordinate(f.x(f.reach)), report.Change(end), "end"},
	}
	return a
}

func coordinate(x float64) string { return fmt.Sprintf("%.1f", x) }
