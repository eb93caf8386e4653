package spec

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"runx/workloads"
)

// compileComputed compiles the computed parameters, those first that others
// use. A cycle is a problem; its members are left out.
func (b *builder) compileComputed() []step {
	order, depends := b.computedOrder()
	var steps []step
	for _, name := range order {
		l := b.parameterLanguage()
		x := l.compile(&b.problems, b.computed[name])
		if x == nil {
			b.settleKind(name, workloads.Float)
			continue
		}
		param := b.param(name)
		if !b.fitsKind(param, x) {
			b.settleKind(name, workloads.Float)
			continue
		}
		steps = append(steps, step{expr: x, target: param})
	}
	b.reportCycles(order, depends)
	return steps
}

// settleKind gives a kind to a free parameter that has none.
func (b *builder) settleKind(name string, kind workloads.Kind) {
	if p := b.param(name); p != nil && p.Kind == "" {
		p.Kind = kind
	}
}

// fitsKind checks the type of a computed parameter's expression, and gives a
// free one its kind by it.
func (b *builder) fitsKind(p *workloads.Param, x *expression) bool {
	kind, ok := kindOfType(x.typ)
	if !ok {
		b.problems.Add(x.text.Position, x.kindHint(false), "%s: the expression gives %s, want one value", p.Name, x.typeName())
		return false
	}
	if p.Kind == "" {
		p.Kind = kind
	}
	numeric := kind == workloads.Int || kind == workloads.Float
	switch p.Kind {
	case workloads.Int, workloads.Float:
		ok = numeric
	case workloads.Enum:
		ok = kind == workloads.String
	default:
		ok = kind == p.Kind
	}
	if !ok {
		b.problems.Add(x.text.Position, "", "%s: the expression gives %s, want a value of the %s parameter", p.Name, typeName(x.typ), p.Kind)
	}
	return ok
}

func kindOfType(t reflect.Type) (workloads.Kind, bool) {
	if t == nil {
		return "", false
	}
	switch t.Kind() {
	case reflect.Int:
		return workloads.Int, true
	case reflect.Float64:
		return workloads.Float, true
	case reflect.Bool:
		return workloads.Bool, true
	case reflect.String:
		return workloads.String, true
	}
	return "", false
}

// computedOrder sorts the computed parameters so that each comes after those
// that it uses. Members of cycles, and what uses them, are left out.
func (b *builder) computedOrder() (order []string, depends map[string][]string) {
	l := b.parameterLanguage()
	depends = map[string][]string{}
	for name, text := range b.computed {
		depends[name] = nil
		root, err := l.parse(text.Value)
		if err != nil {
			continue // compile reports it
		}
		variables, _ := l.names(root)
		for _, use := range usesOf(variables) {
			if _, ok := b.computed[use]; ok {
				depends[name] = append(depends[name], use)
			}
		}
	}
	done := map[string]bool{}
	names := slices.Sorted(maps.Keys(b.computed))
	for range names {
		for _, name := range names {
			ready := !slices.ContainsFunc(depends[name], func(use string) bool { return !done[use] })
			if !done[name] && ready {
				done[name] = true
				order = append(order, name)
			}
		}
	}
	return order, depends
}

// reportCycles notes each cycle once, at its alphabetically first member.
func (b *builder) reportCycles(order []string, depends map[string][]string) {
	reported := map[string]bool{}
	for _, name := range order {
		reported[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(depends)) {
		if reported[name] {
			continue
		}
		b.settleKind(name, workloads.Float)
		path := cycleFrom(name, depends)
		for _, member := range path {
			reported[member] = true
		}
		if path != nil {
			b.problems.Add(b.computed[name].Position, "", "%s depends on itself: %s", name, strings.Join(path, " -> "))
		}
	}
}

// cycleFrom finds a way from name back to name.
func cycleFrom(name string, depends map[string][]string) []string {
	seen := map[string]bool{}
	var find func(at string) []string
	find = func(at string) []string {
		for _, next := range depends[at] {
			if next == name {
				return []string{at, name}
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			if rest := find(next); rest != nil {
				return append([]string{at}, rest...)
			}
		}
		return nil
	}
	return find(name)
}

// schedule distributes conditions and computed parameters over the levels of
// the grid: each condition as early as what it reads is known, and before any
// parameter that it does not need is computed, so that where can remove points
// at which a parameter cannot be computed.
func (sp *space) schedule(computed, conditions []step) {
	known := map[string]bool{}
	for name := range sp.fixed {
		known[name] = true
	}
	sp.levels = make([][]step, len(sp.axes)+1)
	needed := neededByConditions(computed, conditions)
	for level := range sp.levels {
		if level > 0 {
			for _, name := range sp.axes[level-1].params {
				known[name] = true
			}
		}
		conditions = sp.take(level, conditions, known)
		for _, st := range computed {
			name := st.target.Name
			if needed[name] && !known[name] && allKnown(st.expr.uses, known) {
				sp.levels[level] = append(sp.levels[level], st)
				known[name] = true
				conditions = sp.take(level, conditions, known)
			}
		}
	}
	for _, st := range computed {
		if !needed[st.target.Name] {
			sp.late = append(sp.late, st)
		}
	}
}

// take moves the conditions that can be tested to a level and returns the rest.
func (sp *space) take(level int, conditions []step, known map[string]bool) []step {
	var rest []step
	for _, c := range conditions {
		if allKnown(c.expr.uses, known) {
			sp.levels[level] = append(sp.levels[level], c)
		} else {
			rest = append(rest, c)
		}
	}
	return rest
}

func allKnown(names []string, known map[string]bool) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !known[name] })
}

// neededByConditions are the computed parameters that conditions read, and
// those that these read.
func neededByConditions(computed, conditions []step) map[string]bool {
	needed := map[string]bool{}
	for _, c := range conditions {
		for _, name := range c.expr.uses {
			needed[name] = true
		}
	}
	for i := len(computed) - 1; i >= 0; i-- {
		if !needed[computed[i].target.Name] {
			continue
		}
		for _, name := range computed[i].expr.uses {
			needed[name] = true
		}
	}
	return needed
}
