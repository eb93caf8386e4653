package spec

import (
	"fmt"
	"math"
	"reflect"

	"github.com/expr-lang/expr/vm"

	"runx/workloads"
)

// A Metric is a number computed from the parameters and the other metrics of a
// sample.
type Metric struct {
	Name string
	Expr string
	// Uses are the parameters and metrics that the expression names, sorted.
	Uses []string

	compiled *expression
	machine  *vm.VM
}

// Eval computes the metric. env holds the parameters and metrics by name; the
// caller may reuse it. Where a metric that it uses is missing (NaN) the result
// is NaN. A result that is not finite is stored as NULL. It is for one
// goroutine at a time.
func (m *Metric) Eval(env map[string]any) (float64, error) {
	for _, name := range m.Uses {
		if f, ok := env[name].(float64); ok && math.IsNaN(f) {
			return f, nil
		}
	}
	v, err := m.compiled.run(m.machine, env)
	if err != nil {
		return math.NaN(), fmt.Errorf("metric %s: %w", m.Name, err)
	}
	switch x := v.(type) {
	case float64:
		return x, nil
	case int:
		return float64(x), nil
	}
	return math.NaN(), fmt.Errorf("metric %s: %v is not a number", m.Name, v)
}

// SampleMetrics are the metrics of a row of samples in column order:
// latency_ms, the workload's, the extracted ones, those of Metrics, and the
// rest of [workloads.RunnerMetrics].
func (s *Spec) SampleMetrics() []workloads.Metric {
	raw := workloads.SampleMetrics(s.Workload, s.Extracts)
	first := 1 + len(s.Workload.Metrics) + len(s.Extracts)
	all := append([]workloads.Metric{}, raw[:first]...)
	for _, m := range s.Metrics {
		all = append(all, workloads.Metric{Name: m.Name, Doc: m.Expr})
	}
	return append(all, raw[first:]...)
}

// explainLater is the cure where a metric uses one that comes later, or itself.
func (b *builder) explainLater(metric string) func(name string) string {
	return func(name string) string {
		if name == metric {
			return "a metric cannot use itself"
		}
		if _, there := b.doc.Metrics.Get(name); there {
			return fmt.Sprintf("metrics are computed in their order: write %s above %s", name, metric)
		}
		return ""
	}
}

// buildMetrics compiles the metrics in order: one may use those before it.
func (b *builder) buildMetrics() {
	env := b.env()
	for _, m := range workloads.SampleMetrics(*b.workload, b.extracts) {
		env[m.Name] = 0.0
	}
	for _, entry := range b.doc.Metrics {
		name := entry.Key
		if !b.admitMetric(name) {
			continue
		}
		l := language{env: env, functions: mathFunctions(), options: checkedArithmetic(), unread: b.unread(), explain: b.explainLater(name.Value)}
		x := l.compileAs(&b.problems, entry.Value, "a number", reflect.Int, reflect.Float64)
		env[name.Value] = 0.0
		m := Metric{Name: name.Value, Expr: entry.Value.Value, compiled: x, machine: new(vm.VM)}
		if x != nil {
			m.Uses = x.uses
		}
		b.spec.Metrics = append(b.spec.Metrics, m)
	}
}
