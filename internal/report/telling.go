package report

import (
	"regexp"
	"slices"
	"strings"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// A Statistic is what a summary keeps of a metric: the p50 of latency_ms.
type Statistic struct{ Metric, Stat string }

// Column is the name of the statistic's column.
func (s Statistic) Column() string { return s.Metric + "_" + s.Stat }

// Telling picks from a summary what a person wants to see, in the order in which
// it tells: what the points were measured for until it was known, what the claims
// of the spec are about, what its plots show, the middle of every other metric of
// the experiment, and the tail of the latency. What the runner adds to every
// sample is for those who name it.
func Telling(s *spec.Spec, summary *results.Table) []Statistic {
	kept := keptStatistics(summary)
	var picked []Statistic
	pick := func(x Statistic) {
		if !slices.Contains(picked, x) {
			picked = append(picked, x)
		}
	}
	for _, name := range namesOf(s) {
		if x, ok := kept.named(name); ok {
			pick(x)
		}
	}
	shown := func(metric string) bool {
		return slices.ContainsFunc(picked, func(x Statistic) bool { return x.Metric == metric })
	}
	for _, metric := range kept.metrics {
		if !ofRunner(metric) && !shown(metric) {
			pick(Statistic{metric, middleOf(kept.stats[metric])})
		}
	}
	if tail := tailOf(kept.stats[workloads.LatencyMetric]); tail != "" {
		pick(Statistic{workloads.LatencyMetric, tail})
	}
	return picked
}

// kept are the statistics of a summary.
type kept struct {
	metrics []string // in the order of the columns
	stats   map[string][]string
}

func keptStatistics(summary *results.Table) kept {
	k := kept{stats: map[string][]string{}}
	for _, c := range summary.Columns {
		x, ok := splitStatistic(c)
		if !ok {
			continue
		}
		if k.stats[x.Metric] == nil {
			k.metrics = append(k.metrics, x.Metric)
		}
		k.stats[x.Metric] = append(k.stats[x.Metric], x.Stat)
	}
	return k
}

// named finds the statistic that a claim or plot means by a name: a statistic,
// the end of its interval, or a metric of samples, for which its middle stands.
func (k kept) named(name string) (Statistic, bool) {
	name = strings.TrimSuffix(strings.TrimSuffix(name, "_lo"), "_hi")
	if stats := k.stats[name]; stats != nil {
		return Statistic{name, middleOf(stats)}, true
	}
	i := strings.LastIndexByte(name, '_')
	if i < 0 || !slices.Contains(k.stats[name[:i]], name[i+1:]) {
		return Statistic{}, false
	}
	return Statistic{name[:i], name[i+1:]}, true
}

// namesOf are the names in the claims of a spec and then in its plots, the
// texts of expressions included: pick takes its column as one.
func namesOf(s *spec.Spec) []string {
	if s == nil {
		return nil
	}
	var names []string
	if until := s.Measure.Until; until != nil {
		names = append(names, until.Metric+"_"+string(until.Stat))
	}
	name := regexp.MustCompile(`[a-z][a-z0-9_]*`)
	for i := range s.Claims {
		names = append(names, name.FindAllString(s.Claims[i].Value, -1)...)
	}
	for i := range s.Plots {
		p := &s.Plots[i]
		names = append(append(names, p.Y...), p.Color, p.X)
	}
	return names
}

// splitStatistic takes the name of a statistic's column apart; the ends of
// intervals are not statistics.
func splitStatistic(c results.Column) (Statistic, bool) {
	if c.Kind != results.StatisticColumn {
		return Statistic{}, false
	}
	i := strings.LastIndexByte(c.Name, '_')
	if i < 0 {
		return Statistic{}, false
	}
	x := Statistic{c.Name[:i], c.Name[i+1:]}
	return x, x.Stat != "lo" && x.Stat != "hi"
}

func ofRunner(metric string) bool {
	return metric != workloads.LatencyMetric && slices.ContainsFunc(workloads.RunnerMetrics(),
		func(m workloads.Metric) bool { return m.Name == metric })
}

// middleOf is the statistic that stands for a metric: the median, else the
// mean, else the first that is kept.
func middleOf(stats []string) string {
	for _, s := range []string{"p50", string(spec.Mean)} {
		if slices.Contains(stats, s) {
			return s
		}
	}
	return stats[0]
}

// tailOf is the farthest quantile above the median, "" if there is none.
func tailOf(stats []string) string {
	var tail string
	farthest := 0.5
	for _, s := range stats {
		if q, ok := spec.Stat(s).Quantile(); ok && q > farthest {
			tail, farthest = s, q
		}
	}
	return tail
}
