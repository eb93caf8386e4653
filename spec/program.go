package spec

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"runx/internal/document"
)

// stepsPerRow bounds what a claim's value may do: its functions and loops may
// go over all rows as often as this, beside the steps that every expression has.
const stepsPerRow = 64

// A Program computes the value of a claim over rows, and whether it is what the
// claim expects. It is for one goroutine.
type Program struct {
	value, expect *expression
	machine       vm.VM
	expectEnv     map[string]any
	steps         bool
}

// Program compiles the claim. call performs the functions of [Signatures].
func (c *Claim) Program(call func(name string, args []any) (any, error)) (*Program, error) {
	var problems document.Problems
	limit := &stepLimit{}
	l := language{
		env: claimEnv(c.columns, c.Value), functions: mathFunctions(),
		options: columnFunctions(call, limit), limit: limit,
	}
	p := &Program{value: l.compile(&problems, document.Text{Value: c.Value})}
	if p.value != nil {
		e := language{env: map[string]any{"value": reflect.Zero(p.value.typ).Interface()}, functions: mathFunctions()}
		p.expect = e.compile(&problems, document.Text{Value: c.Expect})
	}
	if p.value == nil || p.expect == nil {
		return nil, fmt.Errorf("compile claim %q: %w", c.Name, problems)
	}
	p.expectEnv = map[string]any{}
	var steps stepwise
	ast.Walk(&p.value.root, &steps)
	p.steps = bool(steps) || p.value.typ.Kind() != reflect.Float64
	return p, nil
}

// Columns are the columns that the value names, sorted; pick names others, as
// text.
func (p *Program) Columns() []string { return p.value.uses }

// Picks are the columns that pick is asked for. known is false where some name
// is not written out but computed: any column may be meant.
func (p *Program) Picks() (columns []string, known bool) {
	var calls pickCalls
	ast.Walk(&p.value.root, &calls)
	known = true
	for _, call := range calls {
		if name, ok := call.Arguments[0].(*ast.StringNode); ok {
			columns = append(columns, name.Value)
		} else {
			known = false
		}
	}
	return columns, known
}

// Stepwise says that the value is one of few: a bool, a whole number, an x that
// was measured, or one that has a bound of its own, such as a correlation.
func (p *Program) Stepwise() bool { return p.steps }

// Value computes the value: an int, a float64 or a bool. columns has a [Column],
// []string or []bool of as many rows for each of [Program.Columns].
func (p *Program) Value(columns map[string]any, rows int) (any, error) {
	p.value.limit.turn = max(1, rows)
	p.value.steps = maxSteps + stepsPerRow*rows
	return p.value.run(&p.machine, columns)
}

// Meets tells whether a value is what the claim expects.
func (p *Program) Meets(value any) (bool, error) {
	p.expectEnv["value"] = value
	v, err := p.expect.run(&p.machine, p.expectEnv)
	return v == true, err
}

// stepwise looks for functions whose value is one of few, or has a bound.
type stepwise bool

var stepwiseFunctions = []string{"argmax", "knee", "r2", "spearman"}

func (s *stepwise) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok {
		return
	}
	name, ok := call.Callee.(*ast.IdentifierNode)
	if ok && slices.Contains(stepwiseFunctions, name.Value) {
		*s = true
	}
}
