package spec

import (
	"fmt"
	"slices"
	"strings"

	"runx/internal/document"
	"runx/internal/stats"
)

// confidence is that of every interval in the tables.
const confidence = 0.95

// defaultStats are kept of a metric that summary does not name.
var defaultStats = []Stat{Mean, Std, Min, "p50", "p95", "p99", Max}

// plainStats are the statistics that are not quantiles, for hints.
var plainStats = []string{string(Mean), string(Std), string(CV), string(Min), string(Max), string(Sum), string(Skewness)}

// buildSummary decides which statistics are kept of every metric.
func (b *builder) buildSummary() {
	asked := map[string][]Stat{}
	for _, entry := range b.doc.Summary {
		if b.knownMetric(entry.Key) {
			asked[entry.Key.Value] = b.readStats(entry.Key, entry.Value)
		}
	}
	samples := b.spec.Measure.Samples.Max
	for _, m := range b.spec.SampleMetrics() {
		kept, ok := asked[m.Name]
		if !ok {
			kept = slices.DeleteFunc(slices.Clone(defaultStats), func(s Stat) bool { return samples > 0 && !s.Supported(samples) })
		}
		b.spec.Summary = append(b.spec.Summary, MetricSummary{Metric: m.Name, Stats: kept})
	}
}

func (b *builder) readStats(metric document.Text, texts []statText) []Stat {
	var kept []Stat
	switch {
	case texts == nil: // it could not be read, which has been reported
		b.unkept[metric.Value] = true
	case len(texts) == 0:
		b.problems.Add(metric.Position, "", "summary of %s is empty: name a statistic", metric.Value)
	}
	for _, text := range texts {
		s := Stat(text.Value)
		switch {
		case !text.IsValid():
			b.unkept[metric.Value] = true
			continue
		case !s.valid():
			b.problems.Add(text.Position, statHint(text.Value), "unknown statistic %s", text.Value)
			continue
		case slices.Contains(kept, s):
			b.problems.Add(text.Position, "", "%s is there twice", s)
			continue
		}
		b.lintQuantile(text.Position, "summary", metric.Value, s)
		kept = append(kept, s)
	}
	return kept
}

func (s Stat) valid() bool {
	_, isQuantile := s.Quantile()
	return isQuantile || slices.Contains(plainStats, string(s))
}

// otherStats are names that other tools give to a statistic.
var otherStats = map[string]Stat{
	"average": Mean, "avg": Mean, "median": "p50", "p100": Max, "p0": Min, "stddev": Std, "stdev": Std, "sd": Std, "minimum": Min, "maximum": Max, "skew": Skewness,
}

func statHint(name string) string {
	if s, ok := otherStats[name]; ok {
		return "did you mean " + string(s) + "?"
	}
	if short := Stat(strings.TrimRight(name, "0")); short.valid() { // p990
		return "did you mean " + string(short) + "?"
	}
	if hint := nearestHint(name, plainStats); hint != "" {
		return hint
	}
	return "there are " + join(plainStats) + " and quantiles such as p50, p99, p999"
}

// lintQuantile reports a quantile that the number of samples makes nothing but
// the extreme of the sample, and warns of one that gets no interval: each once,
// where it is first asked for. It tells whether the samples support it.
func (b *builder) lintQuantile(at document.Position, what, metric string, s Stat) bool {
	q, ok := s.Quantile()
	samples := b.spec.Measure.Samples.Max
	// A number of samples that is 0 could not be read, which has been reported.
	if !ok || b.workload.ManyRows || b.doc.Quick || samples == 0 {
		return true
	}
	column := metric + "_" + string(s)
	if b.linted[column] {
		return s.Supported(samples)
	}
	b.linted[column] = true
	if need := minSamples(q); samples < need {
		extreme := Max
		if q < 0.5 {
			extreme = Min
		}
		b.problems.Add(at, fmt.Sprintf("set measure.samples to at least %d, or use %s", need, extreme),
			"%s: %s of %s from %d samples is nothing but their %s", what, s, metric, samples, extreme)
		return false
	}
	if need := stats.MinSamplesForQuantile(q, confidence); samples < need {
		b.warnings.Add(at, fmt.Sprintf("set measure.samples to at least %d", need),
			"%s: %d samples are too few for an interval of %s of %s", what, samples, s, metric)
	}
	return true
}

// knownMetric checks that a name is that of a metric of the samples.
func (b *builder) knownMetric(name document.Text) bool {
	var names []string
	for _, m := range b.spec.SampleMetrics() {
		if m.Name == name.Value {
			return true
		}
		names = append(names, m.Name)
	}
	hint := nearestHint(name.Value, names)
	if hint == "" {
		hint = "its metrics are " + join(names)
	}
	b.problems.Add(name.Position, hint, "%s has no metric %s", b.workload.Name, name.Value)
	return false
}

// warnQuick says once what the lint of quantiles would say of each.
func (b *builder) warnQuick() {
	if b.doc.Quick {
		b.warnings.Add(document.Position{File: b.doc.File}, "run without --quick for results",
			"a smoke test: %d samples a point are too few for quantiles and intervals", b.spec.Measure.Samples.Max)
	}
}
