package results

import (
	"fmt"
	"math"
	"slices"

	"runx/spec"
)

// expressions compute the metrics of a row that no workload measures.
type expressions struct {
	metrics []spec.Metric
	raw     []namedValue // raw metrics that an expression uses
	params  []*paramStore
	env     map[string]any
	slot    int32 // whose parameters env holds
	values  []float64
	failed  []failure // by metric
	rows    int64     // that were to be computed
}

type namedValue struct {
	name string
	at   int // in Sample.Values
}

// failure counts the rows in which a metric could not be computed: an error, or
// no finite number.
type failure struct {
	rows  int64
	first error
}

func newExpressions(s *spec.Spec, raw []string, points *pointStore) *expressions {
	e := &expressions{
		metrics: s.Metrics,
		env:     map[string]any{},
		slot:    -1,
		values:  make([]float64, len(s.Metrics)),
		failed:  make([]failure, len(s.Metrics)),
	}
	used := func(name string) bool {
		return slices.ContainsFunc(s.Metrics, func(m spec.Metric) bool { return slices.Contains(m.Uses, name) })
	}
	for i, name := range raw {
		if used(name) {
			e.raw = append(e.raw, namedValue{name, i})
		}
	}
	for i := range points.params {
		if used(points.params[i].name) {
			e.params = append(e.params, &points.params[i])
		}
	}
	return e
}

// eval returns the metrics of a sample in the order of the spec. What cannot
// be computed is NaN: every metric of a sample that is not ok, and one that
// uses a metric which was not measured.
func (e *expressions) eval(sample *Sample, slot int32) []float64 {
	if len(e.metrics) == 0 {
		return nil
	}
	for i := range e.values {
		e.values[i] = math.NaN()
	}
	if sample.Status != OK {
		return e.values
	}
	e.rows++
	if slot != e.slot {
		e.slot = slot
		for _, p := range e.params {
			e.env[p.name] = p.value(slot)
		}
	}
	for _, r := range e.raw {
		e.env[r.name] = sample.Values[r.at]
	}
	for i := range e.metrics {
		m := &e.metrics[i]
		e.values[i] = e.evalOne(i, m)
		e.env[m.Name] = e.values[i]
	}
	return e.values
}

func (e *expressions) evalOne(i int, m *spec.Metric) float64 {
	v, err := m.Eval(e.env)
	switch finite := !math.IsNaN(v) && !math.IsInf(v, 0); {
	case err == nil && finite:
		return v
	case err == nil && e.lacks(m):
		return math.NaN() // what was not measured has no consequences, and none to warn of
	}
	if f := &e.failed[i]; f.rows == 0 {
		if f.first = err; err == nil {
			f.first = fmt.Errorf("the result is %v", v)
		}
	}
	e.failed[i].rows++
	return math.NaN()
}

// lacks tells whether a metric uses one that has no value in this sample.
func (e *expressions) lacks(m *spec.Metric) bool {
	return slices.ContainsFunc(m.Uses, func(name string) bool {
		v, ok := e.env[name].(float64)
		return ok && math.IsNaN(v)
	})
}

// warnings tell which metrics could not be computed, or are no finite numbers.
func (e *expressions) warnings() []Warning {
	var all []Warning
	for i, f := range e.failed {
		if f.rows > 0 {
			all = append(all, Warning{
				Message: fmt.Sprintf("metric %s could not be computed for %d of %d samples and is NULL there: %v", e.metrics[i].Name, f.rows, e.rows, f.first),
				Cure:    "change its expression in a new run",
			})
		}
	}
	return all
}
