package figure

import (
	"fmt"

	"runx/internal/stats"
	"runx/spec"
)

// A Figure is one drawn plot.
type Figure struct {
	// Title is that of the plot, or made of its columns.
	Title string
	// Name is the name of its files, without an ending: "03-latency-over-dimension".
	Name string
	// Caption says in words what the picture shows, for those who cannot see it,
	// with the fitted exponents.
	Caption string
	// Warnings say what could not be drawn: "2 points have no interval".
	Warnings []stats.Warning

	chart *chart
	scene *scene
}

// kinds add the marks of a kind of plot to the panels of a chart, and say what
// its axes are.
var kinds = map[spec.PlotKind]func(c *chart) error{
	spec.Line:       drawLine,
	spec.Scatter:    drawScatter,
	spec.ECDF:       drawECDF,
	spec.Histogram:  drawHistogram,
	spec.Box:        drawBox,
	spec.Violin:     drawViolin,
	spec.Heatmap:    drawHeatmap,
	spec.Stacked:    drawStacked,
	spec.Waterfall:  drawWaterfall,
	spec.TimeSeries: drawTimeSeries,
}

// New draws plot number i of a spec, from 0.
func New(data Data, i int) (*Figure, error) {
	if i < 0 || i >= len(data.Spec.Plots) {
		return nil, fmt.Errorf("draw plot %d: the spec has %d", i+1, len(data.Spec.Plots))
	}
	p := &data.Spec.Plots[i]
	draw, ok := kinds[p.Kind]
	if !ok {
		return nil, fmt.Errorf("draw plot %d: %s is no kind of plot", i+1, p.Kind)
	}
	c, err := newChart(data, p)
	if err == nil {
		err = draw(c)
	}
	if err != nil {
		return nil, fmt.Errorf("draw plot %d: %w", i+1, err)
	}
	c.warnOfLost()
	c.addReferences()
	title := c.title()
	f := &Figure{Title: title, Name: fileName(i, title), chart: c, scene: c.layOut(title)}
	f.Caption, f.Warnings = c.caption(title), c.warnings
	return f, nil
}
