package runner

import (
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"runx/spec"
	"runx/workloads"
)

// asked tells of which points a spec wants to know the latency: how sure that of
// another is matters to nobody.
type asked struct {
	everywhere bool
	// wheres are the conditions of each claim and plot that names the latency.
	wheres [][]*vm.Program
}

// newAsked reads what the spec asks. One that neither claims nor draws anything
// asks for the latency of all its points, and so does measure.until.
func newAsked(s *spec.Spec) asked {
	names := madeOf(s, workloads.LatencyMetric)
	a := asked{everywhere: len(s.Claims)+len(s.Plots) == 0 || s.Measure.Until != nil && names[s.Measure.Until.Metric]}
	ask := func(where []string, texts ...string) {
		for name := range names {
			if strings.Contains(strings.Join(texts, "\n"), name) {
				a.wheres = append(a.wheres, conditions(s, where))
				return
			}
		}
	}
	for _, c := range s.Claims {
		ask(c.Where, append(c.Where, c.Value, c.Expect)...)
	}
	for _, p := range s.Plots {
		ask(p.Where, append(p.Y, p.X, p.Color)...)
	}
	return a
}

// madeOf are the metric and those that are computed from it.
func madeOf(s *spec.Spec, metric string) map[string]bool {
	names := map[string]bool{metric: true}
	for _, m := range s.Metrics { // each uses only earlier ones
		for _, used := range m.Uses {
			if names[used] {
				names[m.Name] = true
			}
		}
	}
	return names
}

// conditions compiles those that depend on the parameters alone; what a row has
// to show besides is not known of a point.
func conditions(s *spec.Spec, where []string) []*vm.Program {
	env := map[string]any{}
	for _, p := range s.Params {
		env[p.Name] = p.Kind.Zero()
	}
	var all []*vm.Program
	for _, text := range where {
		if program, err := expr.Compile(text, expr.Env(env), expr.AsBool()); err == nil {
			all = append(all, program)
		}
	}
	return all
}

// of reports whether the latency of a point is asked for.
func (a *asked) of(at spec.Point) bool {
	if a.everywhere {
		return true
	}
	for _, where := range a.wheres {
		if holds(where, at) {
			return true
		}
	}
	return false
}

// holds is true where no condition says otherwise.
func holds(where []*vm.Program, at spec.Point) bool {
	for _, program := range where {
		if v, err := expr.Run(program, map[string]any(at.Params)); err == nil && v == false {
			return false
		}
	}
	return true
}
