package spec

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr"
)

// A Column is what a numeric column of a table is to a claim: one value
// per row, NaN where there is none.
type Column []float64

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

// ColumnFunctions declares the signatures and the arithmetic of columns to
// expr. call performs a function by name; to check types alone it is nil.
func ColumnFunctions(call func(name string, args []any) (any, error)) []expr.Option {
	var options []expr.Option
	for _, s := range Signatures() {
		options = append(options, expr.Function(s.Name, func(args ...any) (any, error) {
			if call == nil {
				return nil, fmt.Errorf("%s needs rows", s.Name)
			}
			return call(s.Name, args)
		}, s.Types...))
	}
	for _, op := range columnOperators {
		// The space keeps the name out of the reach of expressions.
		name := "column " + op.token
		options = append(options, expr.Function(name, func(args ...any) (any, error) {
			return elementwise(op.apply, args[0], args[1])
		}, columnPairs...), expr.Operator(op.token, name))
	}
	return options
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
