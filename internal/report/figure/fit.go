package figure

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot/plotter"

	"runx/internal/report"
	"runx/internal/stats"
)

// fitConfidence is that of the intervals of exponents, slopes and rates.
const fitConfidence = 0.95

// A fitted is a curve through points.
type fitted struct {
	at func(x float64) float64
	// says is what was found: "~ x^1.98 [1.95, 2.02]".
	says string
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
	p.notes = append(p.notes, note{text: f.says, ink: g.ink})
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

// fit fits the plot's curve. It is false where the points have none.
func (t *trace) fit(points plotter.XYs) (fitted, bool) {
	x, y := make([]float64, len(points)), make([]float64, len(points))
	for i, q := range points {
		x[i], y[i] = q.X, q.Y
	}
	var f fitted
	var value float64
	switch t.plot.Fit {
	case "power":
		power := stats.FitPower(x, y)
		value = power.Exponent
		f = fitted{power.At, "~ x^" + withInterval(value, power.Interval)}
	case "exponential":
		exponential := stats.FitExponential(x, y)
		value = exponential.Rate
		f = fitted{exponential.At, "~ e^(" + withInterval(value, exponential.Interval) + " x)"}
	case "linear":
		line := stats.FitLine(x, y)
		value = line.Slope
		f = fitted{line.At, t.slopeText(line)}
	}
	return f, f.at != nil && !math.IsNaN(value) && !math.IsInf(value, 0)
}

// slopeText is the slope of a line in the unit that fits it: "+3.2 MiB per
// depth".
func (t *trace) slopeText(l stats.Line) string {
	lo, hi := math.NaN(), math.NaN()
	if i, ok := l.SlopeInterval(fitConfidence); ok {
		lo, hi = i.Lo, i.Hi
	}
	metric, _ := metricOf(t.column)
	return report.QuantityInterval(metric, l.Slope, lo, hi) + " per " + t.label(t.plot.X)
}

func withInterval(v float64, interval func(float64) (stats.Interval, bool)) string {
	s := threeDigits(v)
	if i, ok := interval(fitConfidence); ok {
		s += fmt.Sprintf(" [%s, %s]", threeDigits(i.Lo), threeDigits(i.Hi))
	}
	return s
}

// threeDigits writes exponents: two decimals, or three digits where they are
// small.
func threeDigits(v float64) string {
	if math.Abs(v) >= 0.1 || v == 0 {
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
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
