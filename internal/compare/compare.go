package compare

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"runx/internal/document"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

// Options are how to compare; the zero value is how one usually wants it.
type Options struct {
	// Metrics are the names of those to compare; none stands for the latency and
	// all metrics of the workload and the spec of which less or more is better.
	Metrics []string
	// Except are parameters in which the points of a pair may differ.
	Except []string
	// Margin is the relative change that is as good as none: 0 is [DefaultMargin].
	Margin float64
	// Confidence is that of the intervals: 0 is [DefaultConfidence].
	Confidence float64
}

// What an option that is not set stands for.
const (
	DefaultMargin     = 0.01
	DefaultConfidence = 0.95
)

// Runs compares two runs point by point.
func Runs(ctx context.Context, base, next *results.Reading, o Options) (*Comparison, error) {
	metrics, err := chooseMetrics(o.Metrics, base, next)
	if err != nil {
		return nil, err
	}
	a, err := readSide(base, names(metrics))
	if err != nil {
		return nil, err
	}
	b, err := readSide(next, names(metrics))
	if err != nil {
		return nil, err
	}
	if err := checkParameters(o.Except, a, b); err != nil {
		return nil, err
	}
	c := o.comparison(a, b)
	if c.Differences, err = differences(a, b, o.Except); err != nil {
		return nil, err
	}
	c.Except, c.Warnings = o.Except, doubts(a, b)
	if len(o.Metrics) == 0 {
		c.Warnings = append(c.Warnings, missing(metrics, a, b)...)
	}
	return c, o.judge(ctx, metrics, []*Comparison{c}, []*side{a}, []*side{b}, o.Except)
}

// Within compares the points of one run that differ in the parameter by alone,
// or in several that move together: "isl,osl". Those of the first value are the
// base of all others. There is one comparison for each other value, in the order
// of the run; the corrections are over all of them together.
func Within(ctx context.Context, run *results.Reading, by string, o Options) ([]*Comparison, error) {
	metrics, err := chooseMetrics(o.Metrics, run, run)
	if err != nil {
		return nil, err
	}
	whole, err := readSide(run, names(metrics))
	if err != nil {
		return nil, err
	}
	apart := strings.Split(by, ",")
	if err := checkParameters(apart, whole); err != nil {
		return nil, err
	}
	sides := whole.split(apart)
	if len(sides) < 2 {
		return nil, &Error{
			What: fmt.Sprintf("%s has one value in run %s", by, run.Info.ID),
			Cure: "these have more: " + cmp.Or(strings.Join(variedIn(whole, whole, whole.params), ", "), "none"),
		}
	}
	var all []*Comparison
	var bases []*side
	for _, next := range sides[1:] {
		c := o.comparison(sides[0], next)
		c.By, c.Warnings = by, whole.doubts()
		all, bases = append(all, c), append(bases, sides[0])
	}
	return all, o.judge(ctx, metrics, all, bases, sides[1:], slices.Concat(apart, o.Except))
}

// split gives each value of the parameters a side of its own, in the order of
// the points.
func (s *side) split(by []string) []*side {
	var sides []*side
	for _, p := range s.points {
		name := s.text(p, by)
		i := slices.IndexFunc(sides, func(part *side) bool { return part.name == name })
		if i < 0 {
			i = len(sides)
			sides = append(sides, &side{name: name, reading: s.reading, params: s.params, metrics: s.metrics})
		}
		sides[i].points = append(sides[i].points, p)
	}
	return sides
}

func (o Options) comparison(base, next *side) *Comparison {
	return &Comparison{
		Base: base.name, Next: next.name, BaseRun: base.reading.Info, NextRun: next.reading.Info,
		Margin: o.margin(), Confidence: o.confidence(),
	}
}

func (o Options) margin() float64     { return cmp.Or(o.Margin, DefaultMargin) }
func (o Options) confidence() float64 { return cmp.Or(o.Confidence, DefaultConfidence) }

// judge fills comparisons, whose sides are given, with the metrics; all of them
// together share the probability of a false alarm.
func (o Options) judge(ctx context.Context, metrics []results.Column, all []*Comparison, bases, nexts []*side, except []string) error {
	var contests []*contest
	perMetric := make([][][]*contest, len(all))
	kept := o.measured(metrics, bases, nexts)
	for i, c := range all {
		m, err := matchPoints(bases[i], nexts[i], except)
		if err != nil {
			return err
		}
		c.Params, c.OnlyBase, c.OnlyNext = m.params, m.onlyBase, m.onlyNext
		for _, k := range kept {
			if err := ctx.Err(); err != nil {
				return err
			}
			var of []*contest
			for _, pair := range m.pairs {
				of = append(of, newContest(pair, k))
			}
			setWorths(of)
			perMetric[i] = append(perMetric[i], of)
			contests = append(contests, of...)
		}
	}
	for n := range kept {
		var of []*contest
		for i := range all {
			of = append(of, perMetric[i][n]...)
		}
		doubtExact(of)
	}
	level := 1 - o.confidence()
	each := level / float64(max(leftToChance(contests), 1))
	for _, c := range contests {
		c.estimate(each)
	}
	holm(contests)
	whole := level / float64(max(len(all)*len(kept), 1))
	for i, c := range all {
		for n, k := range kept {
			c.Metrics = append(c.Metrics, o.conclude(metrics[k], perMetric[i][n], level, each, whole))
		}
	}
	return nil
}

// measured are the places of the metrics to compare. Those that no side has a
// value of are passed over, such as what the workload could not see of a program,
// unless they were asked for.
func (o Options) measured(metrics []results.Column, bases, nexts []*side) []int {
	var kept []int
	for k := range metrics {
		there := func(s *side) bool { return s.measured(k) }
		if len(o.Metrics) > 0 || slices.ContainsFunc(bases, there) || slices.ContainsFunc(nexts, there) {
			kept = append(kept, k)
		}
	}
	return kept
}

// setWorths says what the repetitions are worth, with what all points show
// together.
func setWorths(of []*contest) {
	var all []*series
	for _, c := range of {
		all = append(all, c.base, c.next)
	}
	common := commonFollowing(all)
	for _, s := range all {
		s.setWorth(common)
	}
}

// doubtExact leaves to chance the points that differ in a metric that varies at
// others: a few repetitions that are equal by a coarse clock are no facts.
func doubtExact(of []*contest) {
	varies := slices.ContainsFunc(of, func(c *contest) bool { return c.judgeable() && !c.alike })
	for _, c := range of {
		c.exact = c.exact && (!varies || c.base.values[0] == c.next.values[0])
	}
}

// leftToChance counts the contests that may raise a false alarm.
func leftToChance(all []*contest) int {
	n := 0
	for _, c := range all {
		if c.judgeable() && !c.exact {
			n++
		}
	}
	return n
}

// conclude gives the verdicts on one metric. level is that of all contests
// together, each that of one interval, whole that of an overall one.
func (o Options) conclude(column results.Column, of []*contest, level, each, whole float64) MetricComparison {
	m := MetricComparison{Metric: column.Name, Unit: column.Unit, Better: column.Better}
	for _, c := range of {
		c.decide(column.Better, o.margin(), level)
		c.pair.Warnings = c.doubts(each)
		m.Pairs = append(m.Pairs, c.pair)
	}
	m.Warnings = grouped(of)
	m.overall(of, whole, o.margin(), column.Better)
	return m
}

// chooseMetrics are the columns of the metrics to compare. One that only one
// side has is not among those taken by default.
func chooseMetrics(wanted []string, base, next *results.Reading) ([]results.Column, error) {
	have := metricColumns(base)
	other := metricColumns(next)
	if len(wanted) == 0 {
		return slices.DeleteFunc(have, func(c results.Column) bool {
			return c.Better == workloads.Neither || ofRunner(c.Name) || !hasMetric(other, c.Name)
		}), nil
	}
	var chosen []results.Column
	for _, name := range wanted {
		i := slices.IndexFunc(have, func(c results.Column) bool { return c.Name == name })
		if i < 0 || !hasMetric(other, name) {
			return nil, unknownMetric(name, have, base, next)
		}
		if !hasMetric(chosen, name) {
			chosen = append(chosen, have[i])
		}
	}
	return chosen, nil
}

func unknownMetric(name string, have []results.Column, base, next *results.Reading) error {
	lacks := base
	if hasMetric(have, name) {
		lacks = next
	}
	e := &Error{
		What: fmt.Sprintf("run %s has no metric %q", lacks.Info.ID, name),
		Cure: "it has " + strings.Join(names(metricColumns(lacks)), ", "),
	}
	if near := document.Nearest(name, names(metricColumns(lacks))); near != "" {
		e.Cure = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

func metricColumns(r *results.Reading) []results.Column {
	return slices.DeleteFunc(results.SampleColumns(r.Spec), func(c results.Column) bool { return c.Kind != results.MetricColumn })
}

func hasMetric(columns []results.Column, name string) bool {
	return slices.ContainsFunc(columns, func(c results.Column) bool { return c.Name == name })
}

// ofRunner tells the metrics of the runner but for the latency: what the runner
// adds to every sample is for those who ask for it.
func ofRunner(metric string) bool {
	return metric != workloads.LatencyMetric && slices.ContainsFunc(workloads.RunnerMetrics(),
		func(m workloads.Metric) bool { return m.Name == metric })
}

func names(columns []results.Column) []string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.Name
	}
	return all
}

// missing names the metrics with a direction that only one run has.
func missing(compared []results.Column, base, next *side) []stats.Warning {
	var warnings []stats.Warning
	for _, s := range [][2]*side{{base, next}, {next, base}} {
		for _, c := range metricColumns(s[0].reading) {
			if c.Better != workloads.Neither && !hasMetric(compared, c.Name) && !hasMetric(metricColumns(s[1].reading), c.Name) {
				warnings = append(warnings, stats.Warning{What: fmt.Sprintf("%s is a metric of run %s alone: it is not compared", c.Name, s[0].name)})
			}
		}
	}
	return warnings
}

// checkParameters refuses names that no side has.
func checkParameters(wanted []string, sides ...*side) error {
	for _, name := range wanted {
		for _, s := range sides {
			if slices.Contains(s.params, name) {
				continue
			}
			e := &Error{What: fmt.Sprintf("run %s has no parameter %q", s.name, name), Cure: "it has " + strings.Join(s.params, ", ")}
			if near := document.Nearest(name, s.params); near != "" {
				e.Cure = fmt.Sprintf("did you mean %q?", near)
			}
			return e
		}
	}
	return nil
}
