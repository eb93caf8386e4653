package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"runx/workloads"
)

// starterSpec is a spec for a workload that is valid, runs in seconds and
// explains itself.
func starterSpec(w workloads.Workload, name, schema string) string {
	b := &starter{workload: w}
	b.plan()
	if schema != "" {
		b.line("# yaml-language-server: $schema=%s", schema)
	} else {
		b.line("# For completion in an editor: runx schema > schema.json, then the line")
		b.line("# yaml-language-server: $schema=schema.json")
	}
	b.line("#\n# Question.  What do you want to know? One sentence that can turn out right or wrong.")
	b.line("# Measured.  %s", w.Synopsis())
	b.line("# Learned.   What follows from the answer?")
	b.line("version: 1")
	b.line("name: %s   # out/%s.parquet will be the result", name, name)
	b.line("title: A first look at %s", w.Name)
	b.line("question: %s\n", b.question())
	b.line("workload: %s   # runx list %s tells all about it\n", w.Name, w.Name)
	b.params()
	b.sweep()
	b.measure()
	b.readings()
	return b.String()
}

// A starter writes the text of a starter spec.
type starter struct {
	strings.Builder
	workload workloads.Workload
	number   *axis // swept, if the workload has a number
	choice   *axis // swept, if it has an enum
}

// An axis is a parameter to sweep, with the values chosen for it.
type axis struct {
	param  workloads.Param
	values []any
}

func (b *starter) line(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }

// mostChoices is how many values an enum to sweep has at most: more of them are
// a catalogue, of models for example, of which some take long.
const mostChoices = 8

// plan chooses what to sweep: a number with twice its default, and the first
// enum, not too long, of which several values go with these.
func (b *starter) plan() {
	for _, p := range b.workload.Params {
		twice, ok := double(p)
		if ok && (b.number == nil || b.number.param.Unit == "" && p.Unit != "") && b.goesTogether(workloads.Values{p.Name: twice}) {
			b.number = &axis{p, []any{p.Default, twice}}
		}
	}
	if b.number == nil && b.workload.FreeParams {
		b.number = &axis{workloads.Param{Name: "size", Kind: workloads.Int, Doc: "any name that the command has in braces"}, []any{1, 2}}
	}
	for _, p := range b.workload.Params {
		if len(p.Enum) > mostChoices {
			continue
		}
		if choices := b.choices(p); len(choices) > 1 {
			b.choice = &axis{p, choices}
			return
		}
	}
}

// choices are the values of an enum that go with all else of the spec.
func (b *starter) choices(p workloads.Param) []any {
	var choices []any
	for _, value := range p.Enum {
		point := workloads.Values{p.Name: value}
		fits := b.goesTogether(point)
		if b.number != nil && fits {
			point[b.number.param.Name] = b.number.values[1]
			fits = b.goesTogether(point)
		}
		if fits {
			choices = append(choices, value)
		}
	}
	return choices
}

// goesTogether tells whether the workload takes a point that has the given
// values, and else those of the starter.
func (b *starter) goesTogether(given workloads.Values) bool {
	if b.workload.Check == nil {
		return true
	}
	point := maps.Clone(given)
	for _, p := range b.workload.Params {
		if _, ok := point[p.Name]; !ok {
			point[p.Name] = b.value(p)
		}
	}
	return b.workload.Check(point) == nil
}

// double returns twice the default of a number, if that is one of its values.
func double(p workloads.Param) (any, bool) {
	var twice any
	switch d := p.Default.(type) {
	case int:
		twice = 2 * d
	case float64:
		twice = 2 * d
	default:
		return nil, false
	}
	v, err := p.Check(twice)
	return v, err == nil && v != p.Default
}

func (b *starter) question() string {
	if b.number == nil {
		return "What does it cost?"
	}
	return fmt.Sprintf("How does latency depend on %s?", b.number.param.Name)
}

func (b *starter) swept(name string) bool {
	return slices.ContainsFunc([]*axis{b.number, b.choice}, func(a *axis) bool { return a != nil && a.param.Name == name })
}

func (b *starter) params() {
	first := true
	for _, p := range b.workload.Params {
		if b.swept(p.Name) {
			continue
		}
		if first {
			b.line("params:   # the same for every point")
			first = false
		}
		b.line("  # %s (%s)", oneLine(p.Doc), typeOf(p))
		b.line("  %s: %s", p.Name, yamlValue(b.value(p)))
	}
	if !first {
		b.line("")
	}
}

// value is the default of a parameter, or something in its range.
func (b *starter) value(p workloads.Param) any {
	if p.Default != nil {
		return p.Default
	}
	switch p.Kind {
	case workloads.Int, workloads.Float:
		one := 1.0
		if p.Min != nil {
			one = max(one, *p.Min)
		}
		if p.Max != nil {
			one = min(one, *p.Max)
		}
		if v, err := p.Check(one); err == nil {
			return v
		}
		return int(one)
	case workloads.Bool:
		return false
	case workloads.Enum:
		return p.Enum[0]
	}
	if b.workload.FreeParams {
		return "echo {" + b.number.param.Name + "}"
	}
	return p.Name
}

func (b *starter) sweep() {
	if b.number == nil && b.choice == nil {
		return
	}
	b.line("sweep:   # every combination is a point")
	for _, a := range []*axis{b.choice, b.number} {
		if a == nil {
			continue
		}
		texts := make([]string, len(a.values))
		for i, v := range a.values {
			texts[i] = yamlValue(v)
		}
		b.line("  # %s (%s)", oneLine(a.param.Doc), typeOf(a.param))
		b.line("  %s: [%s]", a.param.Name, strings.Join(texts, ", "))
	}
	b.line("# where: an expression over the parameters; points for which it is false are left out\n")
}

func (b *starter) measure() {
	b.line(`measure:
  warmup: 1                        # samples that are taken and thrown away
  samples: {min: 10, max: 50}      # or one number
  until: {metric: latency_ms, stat: p50, relative_ci: 0.05}   # stop early once the 95%% interval is this narrow
  budget: 3s                       # per point
  order: interleaved               # points take turns; or sequential, shuffled
  isolate: none                    # or point, sample: how often a fresh process
  seed: 1
`)
}

// readings are the metrics, claims and plots.
func (b *starter) readings() {
	b.line("metrics:   # expressions over parameters and metrics, computed for each sample")
	b.line("  operations_per_s: 1e3 / latency_ms\n")
	if b.number == nil {
		return
	}
	x := b.number.param.Name
	b.line("claims:   # what you expect; the data say whether they support it")
	b.line("  - name: latency grows with %s", x)
	b.line("    value: spearman(%s, latency_ms_p50)", x)
	b.line("    expect: value > 0.9\n")
	b.line("plots:")
	color := ""
	if b.choice != nil {
		color = ", color: " + b.choice.param.Name
	}
	b.line("  - {x: %s, y: latency_ms_p50%s, band: ci}", x, color)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// yamlValue writes a scalar so that it is read back as it is.
func yamlValue(v any) string {
	if f, ok := v.(float64); ok && f == float64(int64(f)) && f < 1e15 && f > -1e15 {
		return fmt.Sprintf("%.1f", f)
	}
	text, err := yaml.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%q", v)
	}
	return strings.TrimSpace(string(text))
}
