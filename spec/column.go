package spec

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// A Column is what a numeric column of a table is to a claim: one value
// per row, NaN where there is none.
type Column []float64

func (c Column) sum() float64 {
	sum := 0.0
	for _, v := range c {
		sum += v
	}
	return sum
}

func (c Column) median() float64 { return c.Quantile(0.5) }

// Quantile is the q-quantile of at least one value, linear between order
// statistics. It selects: to sort would take most of the time of a claim over
// many samples.
func (c Column) Quantile(q float64) float64 {
	scratch := slices.Clone(c)
	h := float64(len(c)-1) * q
	i := int(h)
	lo := scratch.nth(i)
	if i+1 >= len(c) {
		return lo
	}
	hi := slices.Min(scratch[i+1:])
	if lo == hi {
		return lo
	}
	return lo + (h-float64(i))*(hi-lo)
}

// nth moves the i-th smallest value to place i, the smaller ones before it and
// the others behind it, and returns it: Hoare's selection.
func (c Column) nth(i int) float64 {
	lo, hi := 0, len(c)-1
	for lo < hi {
		pivot := middle(c[lo], c[(lo+hi)/2], c[hi])
		a, b := lo, hi
		for a <= b {
			for c[a] < pivot {
				a++
			}
			for pivot < c[b] {
				b--
			}
			if a <= b {
				c[a], c[b] = c[b], c[a]
				a++
				b--
			}
		}
		switch {
		case i <= b:
			hi = b
		case i >= a:
			lo = a
		default:
			return c[i]
		}
	}
	return c[i]
}

func middle(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

func (c Column) abs() Column {
	result := make(Column, len(c))
	for i, v := range c {
		result[i] = math.Abs(v)
	}
	return result
}

// A Signature is a function over columns that the value of a claim may call,
// beside expr's own functions for arrays.
type Signature struct {
	Name string
	Doc  string
	// Types are pointers to the function types that it has: new(func(Column) float64).
	Types []any
}

// Signatures are the functions over columns. What evaluates claims implements
// exactly these.
func Signatures() []Signature {
	pair := []any{new(func(Column, Column) float64)}
	ranked := []any{new(func(Column, Column, float64) Column)}
	return []Signature{
		{"above", "above(x, y, q): the x of the rows whose y is above its q-quantile", ranked},
		{"argmax", "argmax(x, y): the x of the row with the largest y", pair},
		{"below", "below(x, y, q): the x of the other rows: whose y is not above its q-quantile", ranked},
		{"exponent", "exponent(x, y): the b of the power law y = a x^b fitted through the rows", pair},
		{"geomean", "geomean(y): the geometric mean", []any{new(func(Column) float64)}},
		{"knee", "knee(x, y): the x at which y bends most", pair},
		{"pick", `pick("column", {param: value}): the value of a column in the one row with these parameter values`,
			[]any{new(func(string, map[string]any) float64), new(func(string) float64)}},
		{"quantile", "quantile(y, q): the q-quantile of y, 0 < q < 1", []any{new(func(Column, float64) float64)}},
		{"r2", "r2(x, y): the share of the variance of y that a straight line explains", pair},
		{"slope", "slope(x, y): the slope of the straight line fitted through the rows", pair},
		{"spearman", "spearman(x, y): the rank correlation", pair},
	}
}

// columnFunctions declares the signatures and the arithmetic of columns to
// expr. call performs a function by name, limit is charged with the rows that
// it goes over; to check types alone both are nil.
func columnFunctions(call func(name string, args []any) (any, error), limit *stepLimit) []expr.Option {
	var options []expr.Option
	for _, s := range Signatures() {
		options = append(options, expr.Function(s.Name, func(args ...any) (any, error) {
			if call == nil {
				return nil, fmt.Errorf("%s needs rows", s.Name)
			}
			if err := limit.charge(args); err != nil {
				return nil, err
			}
			return call(s.Name, args)
		}, s.Types...))
	}
	for _, op := range columnOperators {
		// The space keeps the name out of the reach of expressions.
		name := "column " + op.token
		options = append(options, expr.Function(name, func(args ...any) (any, error) {
			if err := limit.charge(args); err != nil {
				return nil, err
			}
			return elementwise(op.apply, args[0], args[1])
		}, columnPairs...), expr.Operator(op.token, name))
	}
	return append(options, absOfColumns(limit))
}

// absOfColumns makes the abs of a column a column. expr's own takes one number.
func absOfColumns(limit *stepLimit) expr.Option {
	return func(c *conf.Config) {
		plain := c.Builtins["abs"]
		c.Functions["abs"] = &builtin.Function{
			Name: "abs",
			Validate: func(args []reflect.Type) (reflect.Type, error) {
				if len(args) == 1 && args[0] == reflect.TypeFor[Column]() {
					return args[0], nil
				}
				return plain.Validate(args)
			},
			Func: func(args ...any) (any, error) {
				if c, ok := args[0].(Column); ok {
					return c.abs(), limit.charge(args)
				}
				return builtin.Abs(args[0]), nil
			},
		}
		c.Visitors = append(c.Visitors, &absType{})
	}
}

// absType types the abs of what operators have made a column. expr types a
// call once, and operators work from the inside out, again and again.
type absType struct{ changed bool }

func (a *absType) Reset()             { a.changed = false }
func (a *absType) ShouldRepeat() bool { return a.changed }

func (a *absType) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.CallNode)
	if !ok || len(call.Arguments) != 1 {
		return
	}
	name, ok := call.Callee.(*ast.IdentifierNode)
	column := reflect.TypeFor[Column]()
	if ok && name.Value == "abs" && call.Arguments[0].Type() == column && call.Type() != column {
		call.SetType(column)
		a.changed = true
	}
}

var columnPairs = []any{
	new(func(Column, Column) Column),
	new(func(Column, float64) Column), new(func(Column, int) Column),
	new(func(float64, Column) Column), new(func(int, Column) Column),
}

var columnOperators = []struct {
	token string
	apply func(a, b float64) float64
}{
	{"+", func(a, b float64) float64 { return a + b }},
	{"-", func(a, b float64) float64 { return a - b }},
	{"*", func(a, b float64) float64 { return a * b }},
	{"/", func(a, b float64) float64 { return a / b }},
	{"**", math.Pow},
}

// elementwise applies an operator row by row; a number stands for a column of
// that number.
func elementwise(apply func(a, b float64) float64, a, b any) (any, error) {
	x, xIsColumn := a.(Column)
	y, yIsColumn := b.(Column)
	if xIsColumn && yIsColumn && len(x) != len(y) {
		return nil, fmt.Errorf("columns of %d and %d rows", len(x), len(y))
	}
	result := make(Column, max(len(x), len(y)))
	for i := range result {
		u, err := rowValue(x, xIsColumn, a, i)
		if err != nil {
			return nil, err
		}
		v, err := rowValue(y, yIsColumn, b, i)
		if err != nil {
			return nil, err
		}
		result[i] = apply(u, v)
	}
	return result, nil
}

func rowValue(c Column, isColumn bool, scalar any, i int) (float64, error) {
	if isColumn {
		return c[i], nil
	}
	return number(scalar)
}
