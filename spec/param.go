package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/conf"

	"runx/internal/document"
	"runx/workloads"
)

// reserved are the columns that every table has whatever the spec.
var reserved = []string{
	"spec", "run_id", "point_id", "round", "rep", "started_at", "status", "error", "tainted",
	"n", "n_ok", "n_failed", "n_tainted", "n_eff",
}

// readParams takes the fixed and the computed parameters.
func (b *builder) readParams() {
	for _, entry := range b.doc.Params {
		name, v := entry.Key, entry.Value
		if !b.admit(name) {
			continue
		}
		if v.expr != nil {
			b.computed[name.Value] = *v.expr
			continue
		}
		if scalar := v.node.Scalar(); scalar != nil {
			b.fixed[name.Value] = rawValue{scalar, v.node.Position()}
		} else {
			b.meant[name.Value] = true
		}
	}
}

// readSweep takes the axes, and checks that no parameter is set twice.
func (b *builder) readSweep() {
	for _, entry := range b.doc.Sweep {
		for _, name := range sweptBy(entry.Key, entry.Value.node) {
			b.sweep(entry.Key, name)
		}
	}
	for _, entry := range b.doc.Sweep {
		a := b.readAxis(entry.Key, entry.Value)
		if a == nil {
			continue
		}
		if entry.Value.isNamed() {
			b.checkLabel(a)
		}
		a.members = slices.DeleteFunc(a.members, func(m rawMember) bool {
			return b.swept[m.name.Value].Position != entry.Key.Position
		})
		b.axes = append(b.axes, a)
	}
}

// sweptBy names the parameters that an axis moves.
func sweptBy(label document.Text, axis document.Node) []document.Text {
	var names []document.Text
	if zip, ok := axis.Get("zip"); ok {
		for name := range zip.Entries() {
			names = append(names, name)
		}
		return names
	}
	if cases, ok := axis.Get("cases"); ok {
		for _, c := range cases.Items() {
			for name := range c.Entries() {
				if !slices.ContainsFunc(names, func(t document.Text) bool { return t.Value == name.Value }) {
					names = append(names, name)
				}
			}
		}
		return names
	}
	return []document.Text{label}
}

// checkLabel checks an axis that has a name of its own.
func (b *builder) checkLabel(a *rawAxis) {
	label := a.label
	if _, isParam := b.workload.Param(label.Value); isParam {
		b.problems.Add(label.Position, "give the axis a name of its own", "axis %s has the name of a parameter but moves others", label.Value)
	}
	if len(a.members) == 1 {
		only := a.members[0].name.Value
		b.warnings.Add(label.Position, "write "+only+" as an ordinary axis", "axis %s moves %s alone", label.Value, only)
	}
}

// sweep notes that an axis moves a parameter.
func (b *builder) sweep(label, name document.Text) {
	if !b.admit(name) {
		return
	}
	if other, swept := b.swept[name.Value]; swept {
		b.problems.Add(name.Position, "", "%s is swept twice: axis %s at line %d moves it too", name.Value, other.Value, other.Line)
		return
	}
	b.swept[name.Value] = label
	if fixed, ok := b.fixed[name.Value]; ok {
		b.problems.Add(name.Position, "remove one of the two", "%s is swept here and fixed at line %d", name.Value, fixed.at.Line)
		delete(b.fixed, name.Value)
	}
	if x, ok := b.computed[name.Value]; ok {
		b.problems.Add(name.Position, "remove one of the two", "%s is swept here and computed at line %d", name.Value, x.Line)
		delete(b.computed, name.Value)
	}
}

// admit tells whether the spec may set a parameter of that name.
func (b *builder) admit(name document.Text) bool {
	if _, declared := b.workload.Param(name.Value); declared {
		return true
	}
	if b.refused[name.Value] {
		return false
	}
	b.refused[name.Value] = true
	if !b.workload.FreeParams {
		b.meant[document.Nearest(name.Value, b.paramNames())] = true
		b.problems.Add(name.Position, b.unknownParamHint(name.Value), "%s has no parameter %s", b.workload.Name, name.Value)
		return false
	}
	if why := badName(name.Value); why != "" {
		b.problems.Add(name.Position, badNameHint(name.Value), "parameter %s", why)
		return false
	}
	delete(b.refused, name.Value)
	return true
}

func (b *builder) unknownParamHint(name string) string {
	names := b.paramNames()
	if hint := nearestHint(name, names); hint != "" {
		return hint
	}
	if len(names) == 0 {
		return "it has none"
	}
	return "its parameters are " + join(names)
}

// badNameHint helps to find another name.
func badNameHint(name string) string {
	if slices.Contains(reserved, name) {
		return "these are taken: " + join(reserved)
	}
	if plain := document.PlainName(name, "_"); !workloads.NamePattern.MatchString(name) && badName(plain) == "" {
		return "write " + plain
	}
	return ""
}

// badName says why a spec may not give this name to a parameter or metric of
// its own.
func badName(name string) string {
	switch {
	case !workloads.NamePattern.MatchString(name):
		return fmt.Sprintf("%q does not match %s", name, workloads.NamePattern)
	case slices.Contains(reserved, name):
		return name + " has the name of a column that every table has"
	case isFunction(name):
		return name + " has the name of a function"
	case isKeyword(name):
		return name + " is a word of the expression language"
	}
	return ""
}

func isFunction(name string) bool {
	for _, f := range mathFunctions() {
		if f.name == name {
			return true
		}
	}
	_, builtin := conf.CreateNew().Builtins[name]
	return builtin
}

func isKeyword(name string) bool {
	return slices.Contains([]string{
		"and", "or", "not", "in", "matches", "contains", "let", "if", "else", "true", "false", "nil", "value",
	}, name)
}

// typeParams gives every parameter its kind and its column: the declared ones
// first, then the free ones typed by their values.
func (b *builder) typeParams() {
	b.params = slices.Clone(b.workload.Params)
	for _, name := range b.freeNames() {
		kind, ok := b.kindOf(name)
		if _, isComputed := b.computed[name.Value]; ok || isComputed {
			b.params = append(b.params, workloads.Param{Name: name.Value, Kind: kind, Doc: "set by the spec"})
		}
	}
	for i := range b.params {
		p := &b.params[i]
		if _, set := b.fixed[p.Name]; !set && p.Default != nil {
			b.fixed[p.Name] = rawValue{value: p.Default}
		}
	}
}

// freeNames are the parameters that the workload does not declare, in the
// order of the spec.
func (b *builder) freeNames() []document.Text {
	var names []document.Text
	seen := map[string]bool{}
	add := func(name document.Text) {
		_, declared := b.workload.Param(name.Value)
		if declared || seen[name.Value] || !b.workload.FreeParams || badName(name.Value) != "" {
			return
		}
		seen[name.Value] = true
		names = append(names, name)
	}
	for _, entry := range b.doc.Params {
		add(entry.Key)
	}
	for _, a := range b.axes {
		for _, m := range a.members {
			add(m.name)
		}
	}
	for _, point := range b.include {
		for _, name := range point.names {
			add(name)
		}
	}
	return names
}

// kindOf finds the kind of a free parameter from all values that the spec
// gives it. A computed one may have none: it gets its kind from its
// expression.
func (b *builder) kindOf(name document.Text) (workloads.Kind, bool) {
	kinds := map[workloads.Kind]bool{}
	add := func(v any) {
		switch v.(type) {
		case int:
			kinds[workloads.Int] = true
		case float64:
			kinds[workloads.Float] = true
		case string:
			kinds[workloads.String] = true
		case bool:
			kinds[workloads.Bool] = true
		}
	}
	if v, ok := b.fixed[name.Value]; ok {
		add(v.value)
	}
	for _, a := range b.axes {
		if m := a.member(name.Value); m != nil {
			for _, v := range m.values {
				add(v)
			}
		}
	}
	for _, point := range b.include {
		add(point.values[name.Value].value)
	}
	if kinds[workloads.Float] {
		delete(kinds, workloads.Int)
	}
	if len(kinds) > 1 {
		b.problems.Add(name.Position, "a parameter has one type: quote what is meant as text",
			"%s has values of several types: %s", name.Value, join(sortedKinds(kinds)))
		return "", false
	}
	for kind := range kinds {
		return kind, true
	}
	return "", false
}

func sortedKinds(kinds map[workloads.Kind]bool) []string {
	var names []string
	for k := range kinds {
		names = append(names, string(k))
	}
	slices.Sort(names)
	return names
}

// check types one value of a parameter, and notes what is wrong with it.
func (b *builder) check(p *workloads.Param, v rawValue) (any, bool) {
	if v.value == nil {
		return nil, false
	}
	checked, err := p.Check(v.value)
	if err != nil {
		b.problems.Add(v.at, checkHint(p, v.value), "%s: %s", p.Name, err)
		return nil, false
	}
	return normal(checked), true
}

func checkHint(p *workloads.Param, v any) string {
	text, isText := v.(string)
	switch {
	case p.Kind == workloads.Enum && isText:
		return nearestHint(text, p.Enum)
	case p.Kind == workloads.Enum || p.Kind == workloads.String:
		return fmt.Sprintf("quote it: %q", workloads.FormatValue(v))
	case p.Kind == workloads.Bool:
		return "write true or false"
	}
	return ""
}

func join(names []string) string { return strings.Join(names, ", ") }
