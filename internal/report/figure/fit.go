package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"

	"runx/internal/report"
	"runx/internal/stats"
	"runx/workloads"
)

// fitConfidence is that of the intervals of exponents, slopes and rates.
const fitConfidence = 0.95

// A fitted is a curve through points.
type fitted struct {
	at func(x float64) float64
	// says is what was found: "~ x^1.98 [1.95, 2.02]"; brief lacks the interval.
	says, brief string
}

// drawFit draws the plot's curve through the points of a group, and tells its
// exponent in the legend, or where there are several panels in each.
func (t *trace) drawFit(p *panel, g *group, points plotter.XYs) {
	if t.plot.Fit == "" {
		return
	}
	f, ok := t.fit(points)
	if !ok {
		return
	}
	p.add(curve{points: f.trace(p.x.log, points), ink: g.ink, width: 2, dashes: true, ghost: true})
	if len(t.panels) == 1 && len(t.series) > 1 {
		g.says = f.says
	} else {
		p.notes = append(p.notes, note{text: f.says, brief: f.brief, ink: g.ink, marker: g.marker})
	}
	t.facts = append(t.facts, t.factOf(p, g, f))
}

// factOf is the sentence of a fit in the caption.
func (t *trace) factOf(p *panel, g *group, f fitted) string {
	what := columnName(t.column)
	for _, part := range []string{p.title, t.nameOf(g)} {
		if part != "" {
			what += ", " + part
		}
	}
	return what + ": " + f.says + "."
}

func (c *chart) nameOf(g *group) string {
	if c.plot.Color == "" || len(c.series) < 2 {
		return ""
	}
	return c.label(c.plot.Color) + " = " + g.label
}

// leastFitted is how many points a curve is fitted to: through two it always goes.
const leastFitted = 3

// fit fits the plot's curve. It is false where the points have none.
func (t *trace) fit(points plotter.XYs) (fitted, bool) {
	if len(points) < leastFitted {
		return fitted{}, false
	}
	x, y := make([]float64, len(points)), make([]float64, len(points))
	for i, q := range points {
		x[i], y[i] = q.X, q.Y
	}
	switch t.plot.Fit {
	case "power":
		l := stats.FitPower(x, y)
		return newFitted(l.At, l.Exponent, l.Interval, func(value string) string { return "~ x^" + value })
	case "exponential":
		l := stats.FitExponential(x, y)
		return newFitted(l.At, l.Rate, l.Interval, func(value string) string { return "~ e^(" + value + " x)" })
	}
	l := stats.FitLine(x, y)
	metric, _ := metricOf(t.column)
	scale := report.ScaleFor(workloads.UnitOf(metric), []float64{l.Slope})
	interval := func(confidence float64) (stats.Interval, bool) {
		i, ok := l.SlopeInterval(confidence)
		return stats.Interval{Lo: scale.Of(i.Lo), Hi: scale.Of(i.Hi)}, ok
	}
	return newFitted(l.At, scale.Of(l.Slope), interval, func(value string) string {
		return "slope " + value + " " + strings.TrimSpace(scale.Unit+"/"+t.label(t.plot.X))
	})
}

// newFitted says what was found: a value with its interval, which say puts into
// words.
func newFitted(at func(float64) float64, value float64, interval func(float64) (stats.Interval, bool), say func(string) string) (fitted, bool) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return fitted{}, false
	}
	f := fitted{at: at, brief: say(brief(value))}
	f.says = f.brief
	if i, ok := interval(fitConfidence); ok {
		f.says = say(fmt.Sprintf("%s [%s, %s]", brief(value), brief(i.Lo), brief(i.Hi)))
	}
	return f, true
}

// brief writes a value in two decimals, or where it is small in two digits.
func brief(v float64) string {
	if size := math.Abs(v); size < 0.1 || size >= 1e4 {
		return plain(rounded(v, 2))
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// traceSteps is the number of steps in which a fitted curve is drawn.
const traceSteps = 64

// trace is the curve over the span of the points, which are sorted by x.
func (f fitted) trace(log bool, points plotter.XYs) plotter.XYs {
	from, to := points[0].X, points[len(points)-1].X
	curve := make(plotter.XYs, 0, traceSteps+1)
	for i := range traceSteps + 1 {
		part := float64(i) / traceSteps
		x := from + (to-from)*part
		if log {
			x = from * math.Pow(to/from, part)
		}
		curve = append(curve, plotter.XY{X: x, Y: f.at(x)})
	}
	return curve
}
