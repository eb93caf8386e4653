package spec

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// disabledBuiltins are expr's functions that give another value each time, or
// one whose type is not known before it runs.
var disabledBuiltins = []string{"now", "date", "duration", "timezone", "fromJSON", "get"}

// A function is callable in expressions beside expr's own.
type function struct {
	name  string
	types []any // its signatures: new(func(float64) float64)
	call  func(args ...any) (any, error)
}

func (f *function) option() expr.Option { return expr.Function(f.name, f.call, f.types...) }

// mathFunctions are what expr lacks and every metric wants.
func mathFunctions() []function {
	return []function{
		unary("exp", math.Exp),
		unary("log", math.Log),
		unary("log10", math.Log10),
		unary("log2", math.Log2),
		{
			name: "pow",
			types: []any{
				new(func(float64, float64) float64), new(func(float64, int) float64),
				new(func(int, float64) float64), new(func(int, int) float64),
			},
			call: func(args ...any) (any, error) {
				x, err := number(args[0])
				if err != nil {
					return nil, err
				}
				y, err := number(args[1])
				return math.Pow(x, y), err
			},
		},
		unary("sqrt", math.Sqrt),
	}
}

func unary(name string, f func(float64) float64) function {
	return function{
		name:  name,
		types: []any{new(func(float64) float64), new(func(int) float64)},
		call: func(args ...any) (any, error) {
			x, err := number(args[0])
			return f(x), err
		},
	}
}

func number(v any) (float64, error) {
	switch x := v.(type) {
	case float64:
		return x, nil
	case int:
		return float64(x), nil
	}
	return 0, fmt.Errorf("%v is not a number", v)
}

// typedAggregates give max, min, mean and median a type that is known before
// they run: expr says "any" for arrays, and then nothing around is checked.
// The greatest and the least of ints are ints, all else is a float; of no
// values at all they are an error.
func typedAggregates(c *conf.Config) {
	for _, name := range []string{"max", "min", "mean", "median"} {
		plain := c.Builtins[name]
		keepsInts := name == "max" || name == "min"
		c.Functions[name] = &builtin.Function{
			Name: name,
			Validate: func(args []reflect.Type) (reflect.Type, error) {
				if _, err := plain.Validate(args); err != nil {
					return reflect.TypeFor[float64](), err
				}
				if keepsInts && all(args, func(t reflect.Type) bool { return t.Kind() == reflect.Int }) {
					return reflect.TypeFor[int](), nil
				}
				return reflect.TypeFor[float64](), nil
			},
			Func: func(args ...any) (any, error) {
				if isEmpty(args) {
					return nil, fmt.Errorf("%s of no values", name)
				}
				if len(args) == 1 {
					if c, ok := args[0].(Column); ok {
						return columnAggregates[name](c), nil
					}
				}
				v, err := plain.Func(args...)
				if err != nil {
					return nil, err
				}
				keeps := keepsInts && all(args, func(arg any) bool { _, ok := arg.(int); return ok })
				if n, ok := v.(int); ok && !keeps {
					return float64(n), nil
				}
				return v, nil
			},
		}
	}
}

// columnAggregates are what expr does, without a look at the type of each
// value.
var columnAggregates = map[string]func(Column) float64{
	"max":    func(c Column) float64 { return slices.Max(c) },
	"min":    func(c Column) float64 { return slices.Min(c) },
	"mean":   func(c Column) float64 { return c.sum() / float64(len(c)) },
	"median": Column.median,
}

// isEmpty tells whether arguments that may be arrays hold no value.
func isEmpty(args []any) bool {
	return all(args, func(arg any) bool {
		v := reflect.ValueOf(arg)
		return v.Kind() == reflect.Slice && v.Len() == 0
	})
}

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !holds(v) })
}

// mixedBranches makes a float of the int in "x > 0 ? y / x : 0": expr gives up
// on the type of branches that differ.
type mixedBranches struct{}

func (mixedBranches) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.ConditionalNode)
	if !ok {
		return
	}
	a, b := n.Exp1.Type(), n.Exp2.Type()
	switch {
	case isKind(a, reflect.Int) && isKind(b, reflect.Float64):
		n.Exp1 = toFloat(n.Exp1)
	case isKind(a, reflect.Float64) && isKind(b, reflect.Int):
		n.Exp2 = toFloat(n.Exp2)
	default:
		return
	}
	n.SetType(reflect.TypeFor[float64]()) // for the condition around this one
}

func toFloat(n ast.Node) ast.Node {
	f := &ast.BuiltinNode{Name: "float", Arguments: []ast.Node{n}}
	f.SetLocation(n.Location())
	f.SetType(reflect.TypeFor[float64]())
	return f
}

func isKind(t reflect.Type, k reflect.Kind) bool { return t != nil && t.Kind() == k }

// stepName and longStepName cannot be written in an expression.
const (
	stepName     = "step "
	longStepName = "long step "
)

// A stepLimit bounds how often the loops of one evaluation turn: the memory
// budget of expr bounds what they allocate, but not how long nested ones run.
type stepLimit struct {
	left atomic.Int64
	// turn is what a turn costs that may go over all rows.
	turn int
}

// option makes the predicate of every map, filter, any, ... count its turns.
func (l *stepLimit) option(c *conf.Config) {
	for name, cost := range map[string]func() int{
		stepName:     func() int { return 1 },
		longStepName: func() int { return max(1, l.turn) },
	} {
		c.Functions[name] = &builtin.Function{
			Name:  name,
			Types: []reflect.Type{reflect.TypeFor[func() bool]()},
			Func:  func(...any) (any, error) { return true, l.take(cost()) },
		}
	}
	c.Visitors = append(c.Visitors, stepCounter{})
}

func (l *stepLimit) take(steps int) error {
	if l.left.Add(-int64(steps)) < 0 {
		return errSteps
	}
	return nil
}

// charge takes a step for each row of the columns that a function is given. A
// nil limit has no end.
func (l *stepLimit) charge(args []any) error {
	if l == nil {
		return nil
	}
	rows := 0
	for _, arg := range args {
		if c, ok := arg.(Column); ok {
			rows += len(c)
		}
	}
	return l.take(rows)
}

var errSteps = errors.New("too many steps")

type stepCounter struct{}

func (stepCounter) Visit(node *ast.Node) {
	p, ok := (*node).(*ast.PredicateNode)
	if !ok {
		return
	}
	var body wholeArrays
	ast.Walk(&p.Node, &body)
	name := stepName
	if body {
		name = longStepName
	}
	// The condition is always true; nil for its other branch leaves the type
	// as it was.
	counted := &ast.ConditionalNode{
		Cond: &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}},
		Exp1: p.Node,
		Exp2: &ast.NilNode{},
	}
	counted.SetLocation(p.Node.Location())
	p.Node = counted
}

// wholeArrays looks for functions of expr that go over a whole array: those with
// predicates count turns of their own, and len looks at none.
type wholeArrays bool

func (w *wholeArrays) Visit(node *ast.Node) {
	var args []ast.Node
	switch n := (*node).(type) {
	case *ast.BuiltinNode:
		if n.Name != "len" {
			args = n.Arguments
		}
	case *ast.CallNode:
		args = n.Arguments
	}
	for _, arg := range args {
		if isKind(arg.Type(), reflect.Slice) {
			*w = true
		}
	}
}
