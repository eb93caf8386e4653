package spec

import "runx/workloads"

// A Metric is a number computed from the parameters and the other metrics of a
// sample.
type Metric struct {
	Name string
	Expr string
	// Uses are the parameters and metrics that the expression names, sorted.
	Uses []string
}

// Eval computes the metric. env holds the parameters and metrics by name; the
// caller may reuse it. The result may be infinite or NaN, which is stored as
// NULL.
func (m *Metric) Eval(env map[string]any) (float64, error) { return 0, nil }

// SampleMetrics are the metrics of a row of samples in column order:
// latency_ms, the workload's, the extracted ones, those of Metrics, and the
// rest of [workloads.RunnerMetrics].
func (s *Spec) SampleMetrics() []workloads.Metric { return nil }
