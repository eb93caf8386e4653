package spec

import (
	"time"

	"runx/internal/document"
)

// The structs of this file are the language: the decoder and the schema both
// follow their tags.

type specDoc struct {
	document.Position
	Version  document.Located[int]       `yaml:"version" required:"true" doc:"Version of the spec language."`
	Name     document.Text               `yaml:"name" required:"true" pattern:"^[a-z][a-z0-9_-]{0,62}$" doc:"Name of the experiment: the folder of its results, and a column of every table." example:"week07"`
	Title    string                      `yaml:"title" doc:"One line for headings."`
	Question string                      `yaml:"question" doc:"The question that the experiment answers."`
	Tags     []string                    `yaml:"tags" pattern:"^[a-z0-9][a-z0-9_-]*$" doc:"Words to find the experiment by." example:"[attention, scaling]"`
	Extends  document.Text               `yaml:"extends" doc:"A spec that this one completes, relative to this file: maps are merged, lists and single values replaced. A parameter that this file fixes or sweeps is no longer swept or fixed as the other one says." example:"base.yaml"`
	Workload document.Text               `yaml:"workload" required:"true" doc:"What is measured; runx list names the workloads."`
	Worker   []document.Text             `yaml:"worker" doc:"The command of a program that speaks the worker protocol and hosts the workload." example:"[python3, plugins/mine.py]"`
	Params   document.Map[paramDoc]      `yaml:"params" doc:"Parameters that are the same at every point, or computed from the others."`
	Sweep    document.Map[axisDoc]       `yaml:"sweep" doc:"Axes: the grid is their product, the first axis slowest."`
	Include  []document.Map[paramDoc]    `yaml:"include" doc:"Points beside the grid. Each sets every swept parameter; where does not remove it. Without sweep they are the only points." example:"[{seq_len: 8192}]"`
	Where    textList                    `yaml:"where" doc:"Conditions over the parameters: a point of the grid stays if all hold." example:"batch * seq_len <= 8192"`
	Extract  document.Map[extractDoc]    `yaml:"extract" doc:"Metrics to find in what the workload prints."`
	Measure  measureDoc                  `yaml:"measure" doc:"How each point is sampled."`
	Metrics  document.Map[document.Text] `yaml:"metrics" doc:"Metrics computed per sample, over the parameters and the other metrics. A name that has a unit ends in it: _ns _us _ms _s _bytes _per_s _ratio _count _flops." example:"{tokens_per_s: batch * seq_len / (latency_ms / 1e3)}"`
	Summary  document.Map[[]statText]    `yaml:"summary" doc:"Statistics kept per metric. Where a metric is not named: mean, std, min, p50, p95, p99, max, without the quantiles that the number of samples cannot support." example:"{latency_ms: [mean, p50, p95]}"`
	Claims   []claimDoc                  `yaml:"claims" doc:"Statements that the results support, refute or leave open."`
	Plots    []plotDoc                   `yaml:"plots" doc:"Pictures of the results."`
	Quick    bool                        `yaml:"quick" default:"false" doc:"The spec is the smoke test of another one, as --quick makes it: too few samples are no problem."`
}

type measureDoc struct {
	document.Position
	Warmup  int                             `yaml:"warmup" default:"1" min:"0" max:"1000000" doc:"Samples taken and thrown away before the first of each point."`
	Samples samplesDoc                      `yaml:"samples" default:"30" doc:"Samples per point: a number, or {min, max} where until or budget decides."`
	Until   *untilDoc                       `yaml:"until" doc:"A point ends early when its estimate is this good."`
	Budget  document.Located[time.Duration] `yaml:"budget" default:"0s" min:"0s" doc:"Most time spent on one point; 0s is no bound." example:"20s"`
	Timeout document.Located[time.Duration] `yaml:"timeout" default:"0s" min:"0s" doc:"Most time that one sample may take before it counts as failed; 0s is no bound." example:"1m"`
	Order   Order                           `yaml:"order" default:"interleaved" enum:"interleaved,sequential,shuffled" doc:"interleaved: rounds, each visits in random order every point that needs samples; sequential: each point to its end; shuffled: the same in random order."`
	Isolate Isolation                       `yaml:"isolate" default:"none" enum:"none,point,sample" doc:"How often a fresh process performs the samples."`
	Seed    int64                           `yaml:"seed" default:"1" min:"0" doc:"Source of all randomness."`
	Retries int                             `yaml:"retries" default:"0" min:"0" max:"1000" doc:"How often a failed sample is tried again; every attempt is a row."`
	OnError OnError                         `yaml:"on_error" default:"skip" enum:"skip,continue,stop" doc:"When a sample has failed: skip the rest of the point, continue with its next sample, or stop the run."`
}

type untilDoc struct {
	document.Position
	Metric     document.Text             `yaml:"metric" required:"true" doc:"The metric whose estimate decides." example:"latency_ms"`
	Stat       untilText                 `yaml:"stat" default:"p50" doc:"mean, or a quantile such as p50 or p99."`
	RelativeCI document.Located[float64] `yaml:"relative_ci" required:"true" min:"0.0001" max:"1" doc:"The 95% interval may reach this far to either side, as a share of the estimate." example:"0.02"`
}

type extractDoc struct {
	document.Position
	Regex document.Text `yaml:"regex" doc:"A regular expression; its first group is the number." example:"'([0-9.]+) t/s'"`
	JSON  document.Text `yaml:"json" doc:"A path into JSON output: names and indices joined by dots." example:"timings.prompt_ms"`
}

// A claimTable names the table that a claim is about.
type claimTable string

const overSamples claimTable = "samples"

type claimDoc struct {
	document.Position
	Name    document.Text   `yaml:"name" required:"true" doc:"What is claimed, in words."`
	Over    claimTable      `yaml:"over" default:"summary" enum:"summary,samples" doc:"summary: one row per point; samples: one row per sample that is ok, with its metrics under their plain names."`
	Where   textList        `yaml:"where" doc:"Conditions over parameters and columns: a row counts if all hold." example:"algorithm == \"naive\""`
	ForEach []document.Text `yaml:"for_each" doc:"Parameters: each combination of their values is judged apart." example:"[algorithm]"`
	Value   document.Text   `yaml:"value" required:"true" doc:"A number or a bool computed from columns: every name is the column of the rows that count." example:"exponent(seq_len, latency_ms_p50)"`
	Expect  document.Text   `yaml:"expect" required:"true" doc:"A condition over value." example:"value > 1.7 && value < 2.3"`
}

type plotDoc struct {
	document.Position
	Kind      PlotKind        `yaml:"kind" default:"line" enum:"line,scatter,ecdf,histogram,box,violin,heatmap,stacked,waterfall,timeseries" doc:"line, scatter, heatmap, stacked and waterfall show the summary; ecdf, histogram, box, violin and timeseries the samples; a scatter of two sample metrics shows samples too."`
	Title     string          `yaml:"title" doc:"Heading of the picture."`
	X         document.Text   `yaml:"x" doc:"Column along x: a parameter or a summary column; of ecdf and histogram the sample metric; of timeseries rep (default), round or started_at."`
	Y         textList        `yaml:"y" doc:"Column along y, or several. Of a heatmap the second parameter."`
	Color     document.Text   `yaml:"color" doc:"The parameter that tells series apart; of a heatmap the summary column shown as colour."`
	Facet     document.Text   `yaml:"facet" doc:"The parameter that gives each of its values a panel of its own."`
	Where     textList        `yaml:"where" doc:"Conditions over the columns: a row is drawn if all hold."`
	Log       []document.Text `yaml:"log" enum:"x,y" doc:"Axes that are logarithmic." example:"[x, y]"`
	Fit       document.Text   `yaml:"fit" enum:"linear,power,exponential" doc:"A fitted curve through each series of a line or scatter."`
	Band      document.Text   `yaml:"band" enum:"ci" doc:"The interval around a quantile."`
	Contour   *float64        `yaml:"contour" doc:"Of a heatmap: a line where the colour column crosses this value."`
	Bins      int             `yaml:"bins" default:"0" min:"0" max:"10000" doc:"Bins of a histogram; 0 lets the data decide."`
	Reference []referenceDoc  `yaml:"reference" doc:"Lines to compare with." example:"[{y: 50, label: SLO}]"`
}

type referenceDoc struct {
	document.Position
	X     *float64 `yaml:"x" doc:"A vertical line at this value."`
	Y     *float64 `yaml:"y" doc:"A horizontal line at this value."`
	Label string   `yaml:"label" doc:"What the line means."`
}
