package workloadtest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"runx/workloads"
)

const longestSynopsis = 120

func (s *Suite) checkDescription(t *testing.T) {
	w := s.Workload
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
	if synopsis := w.Synopsis(); len(synopsis) > longestSynopsis || !strings.HasSuffix(synopsis, ".") {
		t.Errorf("the doc must begin with a sentence of at most %d characters, not %q", longestSynopsis, synopsis)
	}
	for _, m := range w.Metrics {
		if workloads.UnitOf(m.Name) == "" && !slices.Contains(s.Dimensionless, m.Name) {
			t.Errorf("the name of the metric %q does not end in its unit", m.Name)
		}
	}
	for _, p := range w.Params {
		if _, given := s.Params[p.Name]; p.Default == nil && !given {
			t.Errorf("the suite needs a value of %q, which has no default", p.Name)
		}
	}
	for _, name := range s.Untried {
		if !s.isEnum(name) {
			t.Errorf("the suite leaves %q untried, which is no enum of the workload", name)
		}
	}
	for _, name := range slices.Concat(s.Seeded, s.Optional, s.Dimensionless) {
		if !s.isMetric(name) {
			t.Errorf("the suite names the metric %q, which the workload does not have", name)
		}
	}
}

func (s *Suite) isEnum(name string) bool {
	p, _ := s.Workload.Param(name)
	return p.Kind == workloads.Enum
}

func (s *Suite) isMetric(name string) bool {
	for _, m := range workloads.SampleMetrics(s.Workload, s.Extracts) {
		if m.Name == name {
			return true
		}
	}
	return false
}

func (s *Suite) checkRefusal(t *testing.T) {
	for _, p := range s.Workload.Params {
		bad := []any{nil, []int{1}, math.NaN(), math.Inf(1)}
		switch p.Kind {
		case workloads.Enum:
			bad = append(bad, "no such value", 1)
		case workloads.Int:
			bad = append(bad, 0.5, "1", true)
		case workloads.Float, workloads.Bool:
			bad = append(bad, "1")
		}
		if p.Min != nil {
			bad = append(bad, beyond(p.Kind, *p.Min, -1))
		}
		if p.Max != nil {
			bad = append(bad, beyond(p.Kind, *p.Max, 1))
		}
		for _, v := range bad {
			if got, err := p.Check(v); err == nil {
				t.Errorf("parameter %q takes %v as %v", p.Name, v, got)
			}
		}
	}
}

// beyond is the nearest value of the kind on the wrong side of a bound.
func beyond(k workloads.Kind, bound, direction float64) any {
	if k == workloads.Int {
		return int(bound + direction)
	}
	return math.Nextafter(bound, math.Inf(int(direction)))
}
