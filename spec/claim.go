package spec

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"runx/internal/document"
	"runx/workloads"
)

// A Claim is a statement about the rows of a run. Its expressions are checked;
// what evaluates them takes its [Claim.Filter] and its [Claim.Program].
type Claim struct {
	Name string
	// Samples is true where the rows are those of the samples that are ok, and
	// false where they are those of the summary.
	Samples bool
	// Where are conditions over one row: parameters and columns. A row counts
	// if all hold.
	Where []string
	// ForEach names the parameters whose every combination is judged apart.
	ForEach []string
	// Value is a number or a bool over columns: a [Column] per number, a
	// []string or []bool per parameter of that kind.
	Value string
	// Expect is a condition over value.
	Expect string

	filter  Filter
	columns []tableColumn
}

// Filter is Where, compiled; each caller gets one of its own.
func (c *Claim) Filter() *Filter { return &Filter{conditions: c.filter.conditions} }

// buildClaims checks the claims against the columns of their tables.
func (b *builder) buildClaims() {
	seen := map[string]bool{}
	for i := range b.doc.Claims {
		d := &b.doc.Claims[i]
		if seen[d.Name.Value] && d.Name.Value != "" {
			b.problems.Add(d.Name.Position, "", "two claims are called %q", d.Name.Value)
		}
		seen[d.Name.Value] = true
		c := Claim{Name: d.Name.Value, Samples: d.Over == overSamples, Where: d.Where.values(), Value: d.Value.Value, Expect: d.Expect.Value}
		t := b.table(c.Samples)
		c.columns = t.columns
		c.filter = b.checkConditions("claim", d.Where, t)
		for _, name := range d.ForEach {
			b.checkParam("for_each", name)
			c.ForEach = append(c.ForEach, name.Value)
		}
		b.checkValue(d, t)
		b.spec.Claims = append(b.spec.Claims, c)
	}
}

// checkConditions compiles conditions over one row of a table.
func (b *builder) checkConditions(what string, conditions []document.Text, t table) Filter {
	var f Filter
	l := language{env: rowEnv(t.columns), functions: mathFunctions()}
	for _, text := range conditions {
		if text.Value == "" || !b.columnsKnown(&l, what, text, t) {
			continue
		}
		if x := l.compileAs(&b.problems, text, "a bool", reflect.Bool); x != nil {
			f.conditions = append(f.conditions, x)
		}
	}
	return f
}

// checkValue compiles the value of a claim, and what it expects of it.
func (b *builder) checkValue(d *claimDoc, t table) {
	if d.Value.Value == "" {
		return // the decoder has reported it
	}
	value := any(0.0)
	l := language{env: claimEnv(t.columns, d.Value.Value), functions: mathFunctions(), options: columnFunctions(nil, nil)}
	if b.columnsKnown(&l, "claim", d.Value, t) {
		x := l.compileAs(&b.problems, d.Value, "one number or one bool", reflect.Int, reflect.Float64, reflect.Bool)
		if x != nil {
			value = reflect.Zero(x.typ).Interface()
			b.checkPicks(x, t)
		}
	}
	if d.Expect.Value == "" {
		return
	}
	e := language{env: map[string]any{"value": value}, functions: mathFunctions()}
	e.compileAs(&b.problems, d.Expect, "a bool", reflect.Bool)
}

// columnsKnown checks the names in an expression over a table, so that an
// unknown one gets the hint that helps: a statistic to keep.
func (b *builder) columnsKnown(l *language, what string, text document.Text, t table) bool {
	root, err := l.parse(text.Value)
	if err != nil {
		return true // compile reports it
	}
	at := func(id *ast.IdentifierNode) document.Position {
		return text.At(byteOffset(text.Value, id.Location().From))
	}
	variables, unknown := l.names(root)
	for _, id := range variables {
		if !t.samples {
			b.lintColumn(at(id), what, id.Value)
		}
	}
	for _, id := range unknown {
		if l.disabled(id.Value) {
			return true
		}
		if t.samples {
			b.problems.Add(at(id), b.sampleHint(id.Value, l.candidates()), "%s: unknown name %s", what, id.Value)
		} else {
			b.addUnknownColumn(at(id), what, id.Value, l.candidates())
		}
	}
	return len(unknown) == 0
}

// checkPicks checks the arguments of pick where they are written out.
func (b *builder) checkPicks(x *expression, t table) {
	var calls pickCalls
	ast.Walk(&x.root, &calls)
	for _, call := range calls {
		if t.samples {
			b.problems.Add(x.at(call), "leave over: samples away, and pick a statistic of the summary",
				"pick: it takes the one row of a point, and a point has many samples")
			continue
		}
		if name, ok := call.Arguments[0].(*ast.StringNode); ok {
			b.checkPicked(x.at(name), name.Value, t.columns)
		}
		if len(call.Arguments) < 2 {
			continue
		}
		m, ok := call.Arguments[1].(*ast.MapNode)
		if !ok {
			continue
		}
		for _, node := range m.Pairs {
			b.checkPickedParam(x, node.(*ast.PairNode))
		}
	}
}

func (b *builder) checkPicked(at document.Position, name string, columns []tableColumn) {
	column, ok := findColumn(columns, name)
	switch {
	case !ok:
		b.addUnknownColumn(at, "pick", name, columnNames(columns))
	case column.kind != workloads.Float && column.kind != workloads.Int:
		b.problems.Add(at, "", "pick: column %s is not a number", name)
	default:
		b.lintColumn(at, "pick", name)
	}
}

// checkPickedParam checks one entry of pick's map.
func (b *builder) checkPickedParam(x *expression, pair *ast.PairNode) {
	key, ok := pair.Key.(*ast.StringNode)
	if !ok {
		return
	}
	p := b.param(key.Value)
	if p == nil {
		b.problems.Add(x.at(key), nearestHint(key.Value, b.paramNames()), "pick: %s has no parameter %s", b.workload.Name, key.Value)
		return
	}
	if v, ok := constant(pair.Value); ok {
		checked, err := p.Check(v)
		switch {
		case err != nil:
			b.problems.Add(x.at(pair.Value), checkHint(p, v), "pick: %s: %s", p.Name, err)
		case !b.doc.Quick:
			b.warnAbsent(x.at(pair.Value), p.Name, normal(checked))
		}
	}
}

// constant is the value of a node that is written out.
func constant(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode:
		return n.Value, true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.BoolNode:
		return n.Value, true
	}
	return nil, false
}

type pickCalls []*ast.CallNode

func (c *pickCalls) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok || len(call.Arguments) == 0 {
		return
	}
	if name, ok := call.Callee.(*ast.IdentifierNode); ok && name.Value == "pick" {
		*c = append(*c, call)
	}
}

// rowEnv is the environment of conditions over one row.
func rowEnv(columns []tableColumn) map[string]any {
	env := make(map[string]any, len(columns))
	for _, c := range columns {
		env[c.name] = c.kind.Zero()
	}
	return env
}

// claimEnv is columnEnv for a text, without the columns that have the name of a
// function which it calls: before a parenthesis the function is meant, and expr
// would look at the column alone.
func claimEnv(columns []tableColumn, text string) map[string]any {
	env := columnEnv(columns)
	tree, err := parser.Parse(text)
	if err != nil {
		return env // compiling reports it
	}
	var called calledNames
	ast.Walk(&tree.Node, &called)
	for _, s := range Signatures() {
		if slices.Contains(called, s.Name) {
			delete(env, s.Name)
		}
	}
	return env
}

// calledNames are the names before a parenthesis.
type calledNames []string

func (c *calledNames) Visit(node *ast.Node) {
	if call, ok := (*node).(*ast.CallNode); ok {
		if name, ok := call.Callee.(*ast.IdentifierNode); ok {
			*c = append(*c, name.Value)
		}
	}
}

// columnEnv is the environment of a claim's value: all rows at once.
func columnEnv(columns []tableColumn) map[string]any {
	env := make(map[string]any, len(columns))
	for _, c := range columns {
		switch c.kind.Zero().(type) {
		case string:
			env[c.name] = []string(nil)
		case bool:
			env[c.name] = []bool(nil)
		default:
			env[c.name] = Column(nil)
		}
	}
	return env
}

// checkParam checks that a name is that of a parameter.
func (b *builder) checkParam(what string, name document.Text) *workloads.Param {
	p := b.param(name.Value)
	if p == nil {
		b.problems.Add(name.Position, b.unknownParamHint(name.Value), "%s", fmt.Sprintf("%s: %s has no parameter %s", what, b.workload.Name, name.Value))
	}
	return p
}
