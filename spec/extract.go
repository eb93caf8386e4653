package spec

import (
	"regexp"
	"slices"

	"runx/internal/document"
	"runx/workloads"
)

// jsonPath is the form of a path into JSON: names and indices joined by dots.
var jsonPath = regexp.MustCompile(`^[^.\s]+(\.[^.\s]+)*$`)

// readExtracts checks the metrics that the spec finds in the output of the
// workload.
func (b *builder) readExtracts() {
	if len(b.doc.Extract) > 0 && !b.workload.Extracts {
		b.problems.Add(b.doc.Extract[0].Key.Position, "", "%s prints nothing to extract from", b.workload.Name)
		return
	}
	for _, entry := range b.doc.Extract {
		e := workloads.Extract{Metric: entry.Key.Value, Regex: entry.Value.Regex.Value, JSON: entry.Value.JSON.Value}
		b.checkExtract(entry.Key, &entry.Value)
		if b.admitMetric(entry.Key) {
			b.extracts = append(b.extracts, e)
		}
	}
	b.spec.Extracts = b.extracts
}

func (b *builder) checkExtract(name document.Text, e *extractDoc) {
	if (e.Regex.Value == "") == (e.JSON.Value == "") {
		b.problems.Add(name.Position, "", "%s: want exactly one of regex and json", name.Value)
		return
	}
	if e.JSON.Value != "" && !jsonPath.MatchString(e.JSON.Value) {
		b.problems.Add(e.JSON.Position, "such as timings.prompt_ms or results.0.value", "%s: %q is not a path of names joined by dots", name.Value, e.JSON.Value)
	}
	if e.Regex.Value == "" {
		return
	}
	re, err := regexp.Compile(e.Regex.Value)
	switch {
	case err != nil:
		b.problems.Add(e.Regex.Position, "", "%s: %s", name.Value, err)
	case re.NumSubexp() == 0:
		b.problems.Add(e.Regex.Position, "put parentheses around the number", "%s: the regular expression has no group", name.Value)
	}
}

// admitMetric tells whether the spec may define a metric of that name.
func (b *builder) admitMetric(name document.Text) bool {
	if why := badName(name.Value); why != "" {
		b.problems.Add(name.Position, badNameHint(name.Value), "metric %s", why)
		return false
	}
	if b.param(name.Value) != nil {
		b.problems.Add(name.Position, "give it another name", "metric %s has the name of a parameter", name.Value)
		return false
	}
	known := workloads.SampleMetrics(*b.workload, b.extracts)
	if slices.ContainsFunc(known, func(m workloads.Metric) bool { return m.Name == name.Value }) {
		b.problems.Add(name.Position, "give it another name", "metric %s is there already: %s measures it", name.Value, b.workload.Name)
		return false
	}
	b.lintUnit(name)
	return true
}
