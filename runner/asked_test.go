package runner

import (
	"testing"

	"runx/spec"
	"runx/workloads"
)

func TestAsked(t *testing.T) {
	t.Parallel()
	const metrics = "metrics: {runs_per_s: 1e3 / latency_ms, twice_per_s: 2 * runs_per_s, pids_count: pid}"
	for _, c := range []struct {
		name string
		line string
		want [2]bool // of x=1 and x=2
	}{
		{"nothing is asked", "question: why", [2]bool{true, true}},
		{"until", "measure: {until: {metric: twice_per_s, stat: p50, relative_ci: 0.1}}\nclaims: [{name: c, value: max(pid_mean), expect: value > 0}]", [2]bool{true, true}},
		{"until of something else", "measure: {until: {metric: pid, stat: p50, relative_ci: 0.1}}\nclaims: [{name: c, value: max(pid_mean), expect: value > 0}]", [2]bool{}},
		{"a claim everywhere", "claims: [{name: c, value: max(latency_ms_p50), expect: value > 0}]", [2]bool{true, true}},
		{"a claim on some", "claims: [{name: c, where: x == 2, value: max(latency_ms_p50), expect: value > 0}]", [2]bool{false, true}},
		{"a claim on rows", "claims: [{name: c, where: [x == 2, pid_mean > 0], value: max(latency_ms_p50), expect: value > 0}]", [2]bool{false, true}},
		{"a metric of it", "plots: [{x: x, y: twice_per_s_p50, where: 'x < 2 && how == \"well\"'}]", [2]bool{true, false}},
		{"one of something else", "plots: [{x: x, y: pids_count_mean}]", [2]bool{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, &laboratory{}, "sweep: {x: [1, 2]}", metrics, c.line)
			a := newAsked(s)
			for i, x := range []int{1, 2} {
				at := spec.Point{Params: workloads.Values{"x": x, "how": "well"}}
				if got := a.of(at); got != c.want[i] {
					t.Errorf("x=%d: %t, want %t", x, got, c.want[i])
				}
			}
		})
	}
}
