package spec

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/vm"

	"runx/internal/document"
	"runx/workloads"
)

// maxAxisValues bounds the one part of a grid that is held in memory.
const maxAxisValues = 1 << 20

// axisForms are the keys of an axis that is not a list.
var axisForms = []string{"range", "linspace", "geomspace", "pow2", "expr", "zip", "cases"}

// axisDoc is one axis as written: a list, or a map with one key.
type axisDoc struct {
	document.Position
	node document.Node
	form string // "list" or one of axisForms; "" where the decoder refused it
	arg  document.Node
}

// isNamed tells whether the axis has a name of its own, because it moves
// several parameters.
func (a *axisDoc) isNamed() bool { return a.form == "zip" || a.form == "cases" }

// DecodeNode implements [document.Decoder].
func (a *axisDoc) DecodeNode(n document.Node, p *document.Problems) {
	a.Position, a.node = n.Position(), n
	switch n.Kind() {
	case document.Invalid:
	case document.List:
		a.form, a.arg = "list", n
	case document.Mapping:
		a.decodeForm(n, p)
	default:
		n.Problem(p, fmt.Sprintf("[%s] sweeps this one value; a fixed value belongs in params", n.Text().Value),
			"expected a list or one of %s, found one value", join(axisForms))
	}
}

func (a *axisDoc) decodeForm(n document.Node, p *document.Problems) {
	known := 0
	for key, arg := range n.Entries() {
		if !slices.Contains(axisForms, key.Value) {
			p.Add(key.Position, nearestHint(key.Value, axisForms), "%s: unknown form %q of an axis, expected %s", n.Path(), key.Value, join(axisForms))
			continue
		}
		known++
		a.form, a.arg = key.Value, arg
	}
	if known != 1 && n.Len() != 1 {
		n.Problem(p, "", "expected exactly one of %s, found %d keys", join(axisForms), n.Len())
		a.form = ""
	}
}

// A rawValue is a value before its parameter's type is applied.
type rawValue struct {
	value any
	at    document.Position
}

// A rawAxis is an axis before its parameters are typed. Each member has as
// many values as the others.
type rawAxis struct {
	label   document.Text
	members []rawMember
}

type rawMember struct {
	name document.Text
	rawValues
}

// rawValues are the values of one parameter along an axis. One that could not be
// read, which has been reported, is nil: those beside it are judged nevertheless.
type rawValues struct {
	values   []any
	at       []document.Position // one per value, or one for all
	distinct bool                // no value can be there twice
}

func (v *rawValues) position(i int) document.Position { return v.at[min(i, len(v.at)-1)] }

func (v *rawValues) add(n document.Node) {
	v.values = append(v.values, n.Scalar())
	v.at = append(v.at, n.Position())
}

// An axis is a list of rows, each a value per parameter that the axis moves.
type axis struct {
	label   string
	params  []string
	columns [][]any // one per parameter
}

func (a *axis) len() int { return len(a.columns[0]) }

// readAxis expands an axis. It is nil where the axis is wrong, and the problem
// is noted.
func (b *builder) readAxis(label document.Text, doc axisDoc) *rawAxis {
	switch doc.form {
	case "":
		return nil
	case "zip":
		return b.readZip(label, doc)
	case "cases":
		return b.readCases(label, doc)
	}
	values, ok := b.expand(label.Value, doc)
	if !ok {
		return nil
	}
	return &rawAxis{label: label, members: []rawMember{{label, values}}}
}

func (b *builder) readZip(label document.Text, doc axisDoc) *rawAxis {
	if doc.arg.Kind() != document.Mapping || doc.arg.Len() == 0 {
		doc.arg.Expected("a map of parameters to lists of equal length", &b.problems)
		return nil
	}
	a := &rawAxis{label: label}
	ok := true
	for name, node := range doc.arg.Entries() {
		var member axisDoc
		member.DecodeNode(node, &b.problems)
		if member.isNamed() {
			b.problems.Add(member.Position, "", "axis %s: %s cannot stand inside zip", label.Value, member.form)
			member.form = ""
		}
		values, expanded := b.expand(name.Value, member)
		ok = ok && expanded
		a.members = append(a.members, rawMember{name, values})
	}
	if !ok {
		return nil
	}
	first := a.members[0]
	for _, m := range a.members[1:] {
		if len(m.values) != len(first.values) {
			b.problems.Add(m.name.Position, "", "axis %s zips unequal lengths: %s has %d values, %s has %d",
				label.Value, first.name.Value, len(first.values), m.name.Value, len(m.values))
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return a
}

func (b *builder) readCases(label document.Text, doc axisDoc) *rawAxis {
	if doc.arg.Kind() != document.List || doc.arg.Len() == 0 {
		doc.arg.Expected("a list of maps that set the same parameters", &b.problems)
		return nil
	}
	a := &rawAxis{label: label}
	ok := true
	for i, c := range doc.arg.Items() {
		if c.Kind() != document.Mapping {
			c.Expected("a map of parameters to values", &b.problems)
			ok = false
			continue
		}
		ok = b.addCase(a, i, c) && ok
	}
	if !ok || len(a.members) == 0 {
		return nil
	}
	return a
}

// addCase adds one case, the i-th, to an axis: the first one says which
// parameters the axis moves.
func (b *builder) addCase(a *rawAxis, i int, c document.Node) bool {
	ok := true
	for name, node := range c.Entries() {
		if node.Scalar() == nil {
			node.Expected("one value", &b.problems)
		}
		m := a.member(name.Value)
		if m == nil && i == 0 {
			a.members = append(a.members, rawMember{name: name})
			m = &a.members[len(a.members)-1]
		}
		if m == nil {
			b.problems.Add(name.Position, "", "axis %s: only this case sets %s, all must set the same parameters", a.label.Value, name.Value)
			ok = false
			continue
		}
		m.add(node)
	}
	for _, m := range a.members {
		if _, set := c.Get(m.name.Value); !set {
			b.problems.Add(c.Position(), "", "axis %s: this case does not set %s, all must set the same parameters", a.label.Value, m.name.Value)
			ok = false
		}
	}
	return ok
}

func (a *rawAxis) member(name string) *rawMember {
	for i := range a.members {
		if a.members[i].name.Value == name {
			return &a.members[i]
		}
	}
	return nil
}

// expand gives the values of one parameter's axis.
func (b *builder) expand(name string, doc axisDoc) (v rawValues, ok bool) {
	switch doc.form {
	case "":
		return v, false
	case "list":
		v, ok = b.listed(doc.arg), true
	case "expr":
		v, ok = b.evaluated(doc.arg)
	default:
		param, _ := b.workload.Param(name)
		v.values, ok = spaced(&b.problems, doc, param.Kind == workloads.Int)
		v.at, v.distinct = []document.Position{doc.arg.Position()}, true
	}
	if ok && len(v.values) == 0 {
		b.problems.Add(doc.Position, "", "axis %s is empty, which leaves no point", name)
		return v, false
	}
	return v, ok
}

// listed gives the values of a list.
func (b *builder) listed(list document.Node) (v rawValues) {
	for _, item := range list.Items() {
		if item.Scalar() == nil {
			item.Expected("one value", &b.problems)
		}
		v.add(item)
	}
	return v
}

// evaluated gives the values of an expression, an array. It may use the
// parameters that are fixed.
func (b *builder) evaluated(n document.Node) (v rawValues, ok bool) {
	if n.Kind() != document.String {
		n.Expected("an expression that gives an array", &b.problems)
		return v, false
	}
	l := language{env: b.fixedEnv(), functions: mathFunctions(), steps: maxAxisSteps, explain: b.explainMetric}
	x := l.compileAs(&b.problems, n.Text(), "an array", reflect.Slice, reflect.Array)
	if x == nil {
		return v, false
	}
	result, err := x.run(new(vm.VM), l.env)
	if err != nil {
		b.problems.Add(n.Position(), "", "the axis cannot be evaluated: %s", err)
		return v, false
	}
	array := reflect.ValueOf(result)
	if array.Len() > maxAxisValues {
		tooLong(&b.problems, n.Position(), "the expression", float64(array.Len()))
		return v, false
	}
	v.at = []document.Position{n.Position()}
	for i := range array.Len() {
		v.values = append(v.values, array.Index(i).Interface())
	}
	return v, true
}
