package spec

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/expr-lang/expr"
)

// errOverflow is the error of a whole number that is too large: the operations of
// a large model, say. A float holds it.
var errOverflow = errors.New("does not fit a 64-bit integer: write float(...) around one of the numbers")

// checkedArithmetic makes the overflow of whole numbers an error, where expr
// would go on with a wrong number. It is for metrics, which end in tables:
// conditions are evaluated a million times for a plan, and it doubles their time.
func checkedArithmetic() []expr.Option {
	var options []expr.Option
	for _, op := range []struct {
		token string
		apply func(a, b int) (int, bool)
	}{{"+", add}, {"-", subtract}, {"*", multiply}} {
		// The space keeps the name out of the reach of expressions.
		name := "int " + op.token
		options = append(options, expr.Function(name, func(args ...any) (any, error) {
			a, _ := args[0].(int) // the type of the function
			b, _ := args[1].(int)
			n, ok := op.apply(a, b)
			if !ok {
				return nil, fmt.Errorf("%d %s %d %w", a, op.token, b, errOverflow)
			}
			return n, nil
		}, new(func(int, int) int)), expr.Operator(op.token, name))
	}
	return options
}

func add(a, b int) (int, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

func subtract(a, b int) (int, bool) {
	difference := a - b
	return difference, (difference < a) == (b > 0)
}

func multiply(a, b int) (int, bool) {
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	product := a * b
	negative := (a < 0) != (b < 0)
	switch {
	case a == 0 || b == 0:
		return 0, true
	case negative:
		return product, high == 0 && low <= 1<<63
	}
	return product, high == 0 && low < 1<<63
}

func magnitude(n int) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
