package spec

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
	TimeSeries PlotKind = "timeseries"
)

// A Plot is one picture of a run.
type Plot struct {
	Kind  PlotKind
	Title string
	// X and Y name columns. Y has several only where Kind is Stacked or Line.
	X string
	Y []string
	// Color and Facet name parameters that tell series and panels apart; in a
	// heat map Color names the column that is shown as colour. "" is none.
	Color string
	Facet string
	// Where selects rows; all of them must hold.
	Where []string
	// LogX and LogY make an axis logarithmic.
	LogX, LogY bool
	// Fit draws a fitted curve: "linear", "power", "exponential" or "".
	Fit string
	// Band draws the interval of Y: "ci" or "".
	Band string
	// Samples says that the columns are those of samples, not of the summary.
	Samples bool
}
