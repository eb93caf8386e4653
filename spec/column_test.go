package spec

import (
	"reflect"
	"slices"
	"testing"

	"github.com/expr-lang/expr"
)

// TestColumnArithmetic holds that columns compute row by row, with numbers on
// either side.
func TestColumnArithmetic(t *testing.T) {
	t.Parallel()
	env := map[string]any{"x": Column{1, 2, 4}, "y": Column{2, 2, 2}}
	tests := []struct {
		expr string
		want any
	}{
		{"x + y", Column{3, 4, 6}},
		{"x / 2", Column{0.5, 1, 2}},
		{"2 / x", Column{2, 1, 0.5}},
		{"1.5 * x - y", Column{-0.5, 1, 4}},
		{"x ** 2", Column{1, 4, 16}},
		{"sum(x * y)", 14.0},
		{"max(x) / min(x)", 4.0},
		{"mean(x / x)", 1.0},
		{"median(x)", 2.0},
		{"all(x, # > 0)", true},
		{"len(x)", 3},
		{"abs(x - 3)", Column{2, 1, 1}},
		{"max(abs(y - x) / x)", 1.0},
		{"abs(-2)", 2},
	}
	for _, tt := range tests {
		options := append(columnFunctions(nil, nil), expr.Env(env), typedAggregates)
		program, err := expr.Compile(tt.expr, options...)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if got, err := expr.Run(program, env); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, %v, want %v", tt.expr, got, err, tt.want)
		}
	}
	if _, err := elementwise(func(a, b float64) float64 { return a }, Column{1}, Column{1, 2}); err == nil {
		t.Error("columns of unequal length were added")
	}
}

// TestColumnFunctions holds that the implementations behind the signatures are
// those of the caller.
func TestColumnFunctions(t *testing.T) {
	t.Parallel()
	env := map[string]any{"x": Column{1, 2}}
	var called []string
	options := append(columnFunctions(func(name string, args []any) (any, error) {
		called = append(called, name)
		if name == "above" || name == "below" {
			return Column{float64(len(args))}, nil
		}
		return float64(len(args)), nil
	}, nil), expr.Env(env))
	program, err := expr.Compile(`sum(above(x, x, 0.5)) + argmax(x, x) + sum(below(x, x, 0.5)) + exponent(x, x) + geomean(x) + knee(x, x) + pick("x", {a: 1}) + quantile(x, 0.5) + r2(x, x) + slope(x, x) + spearman(x, x)`, options...)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := expr.Run(program, env); err != nil || got != 23.0 {
		t.Errorf("got %v, %v, want 23", got, err)
	}
	var names []string
	for _, s := range Signatures() {
		names = append(names, s.Name)
	}
	slices.Sort(called)
	if !slices.Equal(called, names) {
		t.Errorf("called %q, declared %q", called, names)
	}
}
