package spec

import (
	"slices"

	"runx/internal/document"
	"runx/workloads"
)

// PlotKind is the form of a plot.
type PlotKind string

// The kinds of plots.
const (
	Line       PlotKind = "line"
	Scatter    PlotKind = "scatter"
	ECDF       PlotKind = "ecdf"
	Histogram  PlotKind = "histogram"
	Box        PlotKind = "box"
	Violin     PlotKind = "violin"
	Heatmap    PlotKind = "heatmap"
	Stacked    PlotKind = "stacked"
	Waterfall  PlotKind = "waterfall"
	TimeSeries PlotKind = "timeseries"
)

// A Plot is one picture of a run.
type Plot struct {
	Kind  PlotKind
	Title string
	// X and Y name columns: of the samples where Samples is true, else of the
	// summary. A line, a stacked plot and a waterfall may have several Y.
	X       string
	Y       []string
	Samples bool
	// Color names the parameter that tells series apart; in a heat map the
	// column that is shown as colour. Facet names the parameter that gives each
	// of its values a panel. "" is none.
	Color string
	Facet string
	// Where are conditions over one row. A row is drawn if all hold.
	Where []string
	// LogX and LogY make an axis logarithmic.
	LogX, LogY bool
	// Fit is the curve fitted through each series: "linear", "power",
	// "exponential" or "".
	Fit string
	// Band says what is drawn around Y: "ci", the interval of a quantile, or "".
	Band string
	// Contour is the value of Color at which a heat map shows a line; nil is
	// none.
	Contour *float64
	// Bins of a histogram; 0 lets the data decide.
	Bins int
	// References are lines to compare with.
	References []Reference

	filter Filter
}

// Filter is Where, compiled; each caller gets one of its own.
func (p *Plot) Filter() *Filter { return &Filter{conditions: p.filter.conditions} }

// A Reference is a straight line across a plot, at an x or at a y.
type Reference struct {
	X, Y  *float64 // exactly one is set
	Label string
}

// plotRules say what a kind of plot shows.
var plotRules = map[PlotKind]struct {
	x, y    columnRule
	many    bool // several y
	fit     bool // fit and band make sense
	color   columnRule
	samples bool // always of samples
}{
	Line:       {x: anyNumber, y: anyNumber, many: true, fit: true, color: aParam},
	Scatter:    {x: anyNumber, y: anyNumber, fit: true, color: aParam},
	ECDF:       {x: anyNumber, y: none, color: aParam, samples: true},
	Histogram:  {x: anyNumber, y: none, color: aParam, samples: true},
	Box:        {x: aParam, y: anyNumber, color: aParam, samples: true},
	Violin:     {x: aParam, y: anyNumber, color: aParam, samples: true},
	Heatmap:    {x: aParam, y: aParam, color: anyNumber},
	Stacked:    {x: aParam, y: anyNumber, many: true, color: none},
	Waterfall:  {x: none, y: anyNumber, many: true, color: none},
	TimeSeries: {x: aTime, y: anyNumber, color: aParam, samples: true},
}

// A columnRule says which columns may stand somewhere.
type columnRule int

const (
	none      columnRule = iota
	anyNumber            // a parameter that is a number, a metric or a statistic
	aParam
	aTime // rep, round or started_at
)

// timeColumns order the samples of a point.
var timeColumns = []string{"rep", "round", "started_at"}

// buildPlots checks the plots against the columns of the tables.
func (b *builder) buildPlots() {
	for i := range b.doc.Plots {
		d := &b.doc.Plots[i]
		if _, ok := plotRules[d.Kind]; ok { // the decoder has reported others
			b.buildPlot(d)
		}
	}
}

func (b *builder) buildPlot(d *plotDoc) {
	rules := plotRules[d.Kind]
	if d.Kind == TimeSeries && d.X.Value == "" {
		d.X = document.Text{Value: "rep", Position: d.Position}
	}
	p := Plot{
		Kind: d.Kind, Title: d.Title, X: d.X.Value, Y: d.Y.values(), Color: d.Color.Value, Facet: d.Facet.Value,
		Where: d.Where.values(), Fit: d.Fit.Value, Band: d.Band.Value, Contour: d.Contour, Bins: d.Bins,
	}
	p.Samples = rules.samples || b.showsSamples(d)
	c := plotChecker{builder: b, kind: d.Kind, at: d.Position, table: b.table(p.Samples)}
	c.column("x", d.X, rules.x)
	c.columnsOf(d.Y, rules.y, rules.many)
	if d.Color.Value != "" || d.Kind == Heatmap {
		c.column("color", d.Color, rules.color)
	}
	if d.Facet.Value != "" {
		c.column("facet", d.Facet, aParam)
	}
	p.filter = b.checkConditions("plot", d.Where, c.table)
	c.checkCurves(d, rules.fit)
	for _, axis := range d.Log {
		p.LogX = p.LogX || axis.Value == "x"
		p.LogY = p.LogY || axis.Value == "y"
	}
	p.References = c.references(d.Reference)
	b.spec.Plots = append(b.spec.Plots, p)
}

// showsSamples tells whether a plot that may show either table names a metric
// of the samples.
func (b *builder) showsSamples(d *plotDoc) bool {
	if d.Kind != Scatter && d.Kind != Line {
		return false
	}
	metrics := b.spec.SampleMetrics()
	return slices.ContainsFunc(d.Y, func(y document.Text) bool {
		return slices.ContainsFunc(metrics, func(m workloads.Metric) bool { return m.Name == y.Value })
	})
}

// A plotChecker checks the columns of one plot.
type plotChecker struct {
	*builder
	table
	kind PlotKind
	at   document.Position
}

func (c *plotChecker) columnsOf(y textList, rule columnRule, many bool) {
	if len(y) == 0 {
		c.column("y", document.Text{}, rule)
		return
	}
	for i, name := range y {
		if i > 0 && !many {
			c.problems.Add(name.Position, "", "plot: %s shows one y", c.kind)
			return
		}
		c.column("y", name, rule)
	}
}

// column checks the column that stands under a key of the plot.
func (c *plotChecker) column(key string, name document.Text, rule columnRule) {
	switch {
	case rule == none && name.Value != "":
		c.problems.Add(name.Position, "", "plot: %s takes no %s", c.kind, key)
		return
	case rule == none:
		return
	case name.Value == "":
		c.problems.Add(c.at, "", "plot: %s needs %s", c.kind, key)
		return
	case rule == aTime:
		if !slices.Contains(timeColumns, name.Value) {
			c.problems.Add(name.Position, nearestHint(name.Value, timeColumns), "plot: x of %s is one of %s", c.kind, join(timeColumns))
		}
		return
	case rule == aParam:
		c.checkParam("plot", name)
		return
	}
	c.number(name)
}

func (c *plotChecker) number(name document.Text) {
	column, ok := findColumn(c.columns, name.Value)
	switch {
	case !ok && c.samples:
		c.problems.Add(name.Position, c.sampleHint(name.Value, columnNames(c.columns)), "plot: %s shows samples, which have no column %s", c.kind, name.Value)
	case !ok:
		c.addUnknownColumn(name.Position, "plot", name.Value, columnNames(c.columns))
	case column.kind != workloads.Int && column.kind != workloads.Float:
		c.problems.Add(name.Position, "", "plot: %s is not a number", name.Value)
	case !c.samples:
		c.lintColumn(name.Position, "plot", name.Value)
	}
}

// checkCurves checks fit, band, contour and bins.
func (c *plotChecker) checkCurves(d *plotDoc, allowed bool) {
	if d.Fit.Value != "" && !allowed {
		c.problems.Add(d.Fit.Position, "", "plot: %s takes no fit", c.kind)
	}
	if d.Contour != nil && d.Kind != Heatmap {
		c.problems.Add(d.Position, "", "plot: only heatmap has a contour")
	}
	if d.Bins != 0 && d.Kind != Histogram {
		c.problems.Add(d.Position, "", "plot: only histogram has bins")
	}
	if d.Band.Value == "" {
		return
	}
	for _, y := range d.Y {
		if column, ok := findColumn(c.columns, y.Value); ok && !column.interval {
			c.problems.Add(d.Band.Position, "a quantile such as p50 has an interval", "plot: %s has no interval for a band", y.Value)
		}
	}
	if !allowed {
		c.problems.Add(d.Band.Position, "", "plot: %s takes no band", c.kind)
	}
}

func (c *plotChecker) references(docs []referenceDoc) []Reference {
	var all []Reference
	for _, r := range docs {
		if (r.X == nil) == (r.Y == nil) {
			c.problems.Add(r.Position, "", "plot: a reference line is at one x or at one y")
		}
		all = append(all, Reference{X: r.X, Y: r.Y, Label: r.Label})
	}
	return all
}
