package runner

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"

	"runx/internal/results"
	"runx/spec"
)

// warnings says what one should know before believing the numbers, the most
// doubtful first.
func (e *engine) warnings() []results.Warning {
	var all []results.Warning
	for _, w := range []results.Warning{
		e.failureWarning(), e.timeoutWarning(), e.slowOpenWarning(), e.budgetWarning(), e.limitWarning(), e.memoryWarning(), e.clockWarning(),
		e.widthWarning(),
		e.warmupWarning(), e.correlationWarning(), e.taintWarning(), e.loadWarning(), e.evictionWarning(),
	} {
		if w.Message != "" {
			all = append(all, w)
		}
	}
	return all
}

func (e *engine) failureWarning() results.Warning {
	t := &e.seen.incomplete
	if t.points == 0 {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("%s went on with samples missing %s", count(t.points, "point"), t.where()),
		Cure:    "the column error of samples.parquet says why",
	}
}

func (e *engine) timeoutWarning() results.Warning {
	if !e.seen.inProcess || e.seen.overran == 0 {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("%s went on after the timeout, which cannot end a sample in this process", count(e.seen.overran, "sample")),
		Cure:    "isolate: point measures in a process that can be ended",
	}
}

func (e *engine) slowOpenWarning() results.Warning {
	t := &e.seen.slowOpens
	if t.points == 0 {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("%s took longer to open than measure.budget allows, which cannot be ended in this process %s", count(t.points, "point"), t.where()),
		Cure:    "isolate: point opens it in a process that can be ended",
	}
}

func (e *engine) budgetWarning() results.Warning {
	t := &e.seen.budget
	if t.points == 0 {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("%s spent the budget of %v before %s %s", count(t.points, "point"), e.spec.Measure.Budget, e.goal(), t.where()),
		Cure:    "raise measure.budget" + e.orRelax(),
	}
}

func (e *engine) limitWarning() results.Warning {
	t := &e.seen.limit
	if t.points == 0 {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("%s took all %s before %s %s", count(t.points, "point"),
			count(e.spec.Measure.Samples.Max, e.unit()), e.goal(), t.where()),
		Cure: "raise measure.samples" + e.orRelax(),
	}
}

// goal is what a point was to reach.
func (e *engine) goal() string {
	if u := e.spec.Measure.Until; u != nil {
		return fmt.Sprintf("%s %s was known to ±%s%%", u.Metric, u.Stat, strconv.FormatFloat(100*u.RelativeCI, 'g', 3, 64))
	}
	return "reaching " + count(e.spec.Measure.Samples.Max, e.unit())
}

func (e *engine) orRelax() string {
	if e.spec.Measure.Until != nil {
		return ", or relax measure.until.relative_ci"
	}
	return ""
}

func (e *engine) memoryWarning() results.Warning {
	if !e.seen.inProcess || len(e.points) < 2 || !mentions(e.spec, peakRSSMetric) {
		return results.Warning{}
	}
	return results.Warning{
		Message: peakRSSMetric + " is that of one process for all points: a point inherits the peak of those before it",
		Cure:    "isolate: point",
	}
}

// mentions tells whether the spec asks something of a column of the metric.
func mentions(s *spec.Spec, metric string) bool {
	var text []string
	for _, c := range s.Claims {
		text = append(append(text, c.Value, c.Expect), c.Where...)
	}
	for _, p := range s.Plots {
		text = append(append(text, p.X, p.Color), p.Y...)
	}
	for _, m := range s.Metrics {
		text = append(text, m.Expr)
	}
	if s.Measure.Until != nil {
		text = append(text, s.Measure.Until.Metric)
	}
	return strings.Contains(strings.Join(text, "\n"), metric)
}

func (e *engine) clockWarning() results.Warning {
	if e.seen.short*2 <= e.seen.rows {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("%s timed less than 1 µs: reading the clock is a good part of that", percent(e.seen.short, e.seen.rows, "sample")),
		Cure:    "give the workload more to do; one that calls Measure instead of MeasureOnce is repeated until the clock can tell",
	}
}

func (e *engine) widthWarning() results.Warning {
	t := &e.seen.wide
	if t.points == 0 {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("the median latency is known to ±%.0f%% or worse at %s %s", 100*wideSpread, count(t.points, "point"), t.where()),
		Cure:    "raise measure.samples, or let measure.until decide how many are enough",
	}
}

func (e *engine) warmupWarning() results.Warning {
	t := &e.seen.slow
	if t.points == 0 || t.points*4 < e.seen.judged {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("the first %s was the slowest by far at %s %s", e.unit(), count(t.points, "point"), t.where()),
		Cure:    fmt.Sprintf("raise measure.warmup (now %d)", e.spec.Measure.Warmup),
	}
}

func (e *engine) correlationWarning() results.Warning {
	t := &e.seen.correlated
	if t.points == 0 {
		return results.Warning{}
	}
	cure := "raise measure.samples: more of them over a longer time"
	if len(e.points) > 1 && e.spec.Measure.Order != spec.Interleaved {
		cure = "order: interleaved, which takes them further apart"
	}
	return results.Warning{
		Message: fmt.Sprintf("%ss follow the ones before them at %s %s", e.unit(), count(t.points, "point"), t.where()),
		Cure:    cure + "; the intervals take them to be independent and are too narrow here",
	}
}

func (e *engine) taintWarning() results.Warning {
	if float64(e.out.Tainted) <= manyTainted*float64(e.out.Samples) {
		return results.Warning{}
	}
	return results.Warning{
		Message: percent(e.out.Tainted, e.out.Samples, "sample") + " met interference: other guests or a quota took the cores meanwhile (column tainted)",
		Cure:    "measure when the machine is quiet, or on one that is yours",
	}
}

func (e *engine) loadWarning() results.Warning {
	if !(e.seen.load > busyLoad) {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("the load average at the start was %.2f on %s", e.seen.load*float64(runtime.NumCPU()), count(runtime.NumCPU(), "core")),
		Cure:    "end what else is running; compare only what was measured in the same interleaved run",
	}
}

func (e *engine) evictionWarning() results.Warning {
	if e.seen.evictions < len(e.points) {
		return results.Warning{}
	}
	return results.Warning{
		Message: fmt.Sprintf("there is no room to keep %s open: instances were closed and opened again %s", count(len(e.points), "point"), count(e.seen.evictions, "time")),
		Cure:    "order: shuffled takes each point to its end",
	}
}

func count[N int | int64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func percent(part, whole int64, noun string) string {
	return fmt.Sprintf("%.0f%% of %s", 100*float64(part)/float64(whole), count(whole, noun))
}

// loadAverage is the mean number of runnable tasks of the last minute; NaN
// where the system does not tell.
func loadAverage() float64 {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return math.NaN()
	}
	first, _, _ := strings.Cut(string(data), " ")
	v, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}
