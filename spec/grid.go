package spec

import (
	"fmt"
	"reflect"
	"slices"

	"runx/workloads"
)

// maxGrid bounds the number of points so that an index never overflows.
const maxGrid = 1 << 62

// buildSpace puts the points together from axes, fixed values, computed
// parameters, conditions and included points.
func (b *builder) buildSpace() {
	sp := &space{workload: b.workload.Name, fixed: map[string]any{}, gridSize: 1}
	b.typeFixed(sp)
	for _, raw := range b.axes {
		if a, ok := b.typeAxis(raw); ok {
			sp.axes = append(sp.axes, a)
		}
	}
	computed := b.compileComputed()
	b.spec.Params = b.params
	for _, p := range b.params {
		sp.names = append(sp.names, p.Name)
	}
	slices.Sort(sp.names)
	b.checkGridSize(sp)
	sp.schedule(computed, b.compileConditions())
	b.spec.space = sp
	b.checkComplete()
	b.addIncluded(sp, computed)
}

func (b *builder) typeFixed(sp *space) {
	for i := range b.params {
		p := &b.params[i]
		v, ok := b.fixed[p.Name]
		if !ok || b.isSweptOrComputed(p.Name) {
			continue
		}
		if checked, ok := b.check(p, v); ok {
			sp.fixed[p.Name] = checked
		}
	}
}

func (b *builder) isSweptOrComputed(name string) bool {
	_, swept := b.swept[name]
	_, computed := b.computed[name]
	return swept || computed
}

// typeAxis checks every value of an axis. A row that is there twice is
// dropped, so that no point is there twice.
func (b *builder) typeAxis(raw *rawAxis) (axis, bool) {
	a := axis{label: raw.label.Value}
	distinct := false
	ok := len(raw.members) > 0
	for _, member := range raw.members {
		p := b.param(member.name.Value)
		if p == nil {
			return a, false
		}
		distinct = distinct || member.distinct
		column := make([]any, len(member.values))
		for i, v := range member.values {
			checked, good := b.check(p, rawValue{v, member.position(i)})
			column[i] = checked
			if ok = ok && good; !good && len(member.at) == 1 {
				break // the others would be reported at the same place
			}
		}
		a.params = append(a.params, p.Name)
		a.columns = append(a.columns, column)
	}
	if ok && !distinct {
		b.dropRepeats(&a, raw)
	}
	return a, ok
}

func (b *builder) dropRepeats(a *axis, raw *rawAxis) {
	seen := map[string]bool{}
	kept := 0
	for i := range a.len() {
		var text []string
		for m := range a.columns {
			text = append(text, workloads.FormatValue(a.columns[m][i]))
		}
		if key := a.key(i); !seen[key] {
			seen[key] = true
			for m := range a.columns {
				a.columns[m][kept] = a.columns[m][i]
			}
			kept++
			continue
		}
		b.warnings.Add(raw.members[0].position(i), "", "axis %s has %s twice: the second one is dropped", raw.label.Value, join(text))
	}
	for m := range a.columns {
		a.columns[m] = a.columns[m][:kept]
	}
}

func (b *builder) compileConditions() []step {
	var conditions []step
	l := b.parameterLanguage()
	for _, text := range b.doc.Where {
		if x := l.compileAs(&b.problems, text, "a bool", reflect.Bool); x != nil {
			conditions = append(conditions, step{expr: x})
		}
	}
	return conditions
}

func (b *builder) checkGridSize(sp *space) {
	if len(b.doc.Sweep) == 0 && len(b.include) > 0 {
		sp.gridSize = 0
		return
	}
	size := 1.0
	for _, a := range sp.axes {
		size *= float64(a.len())
		if size > maxGrid {
			b.problems.Add(b.doc.Sweep[0].Key.Position, "", "the grid has more than 2^62 points")
			return
		}
		sp.gridSize *= int64(a.len())
	}
}

// checkComplete reports the declared parameters that no point of the grid
// would have.
func (b *builder) checkComplete() {
	if b.spec.space.gridSize == 0 {
		return // each included point is checked
	}
	for _, p := range b.workload.Params {
		if _, fixed := b.fixed[p.Name]; !fixed && !b.isSweptOrComputed(p.Name) && !b.meant[p.Name] {
			b.problems.Add(b.doc.Workload.Position, fmt.Sprintf("add %s to params or sweep: %s", p.Name, p.Doc),
				"%s needs a value for %s", b.workload.Name, p.Name)
		}
	}
}

// fixedEnv is the environment of an axis expression: the parameters that are
// neither swept nor computed, with their values.
func (b *builder) fixedEnv() map[string]any {
	env := map[string]any{}
	for _, p := range b.workload.Params {
		if b.isSweptOrComputed(p.Name) {
			continue
		}
		v, set := b.fixed[p.Name]
		if !set {
			v.value = p.Default
		}
		if checked, err := p.Check(v.value); err == nil {
			env[p.Name] = checked
		} else if set {
			env[p.Name] = p.Kind.Zero() // its value has been reported
		}
	}
	for name, v := range b.fixed {
		if _, declared := b.workload.Param(name); !declared {
			env[name] = v.value
		}
	}
	return env
}
