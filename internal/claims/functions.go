package claims

import (
	"fmt"
	"math"

	"runx/internal/stats"
	"runx/spec"
)

// columnFunction performs the functions of [spec.Signatures], but for pick.
// Rows in which one of the columns has no value count for none of them.
func columnFunction(name string, args []any) (any, error) {
	switch name {
	case "geomean":
		y, err := oneColumn(name, args)
		if err != nil {
			return nil, err
		}
		return stats.GeoMean(y), nil
	case "quantile":
		y, err := oneColumn(name, args)
		if err != nil {
			return nil, err
		}
		return quantile(name, y, args[1])
	case "above", "below":
		x, y, err := twoColumns(name, args)
		if err != nil {
			return nil, err
		}
		return split(name, x, y, args[2])
	}
	x, y, err := twoColumns(name, args)
	if err != nil {
		return nil, err
	}
	return relate(name, x, y)
}

// relate performs the functions that make a number of two columns.
func relate(name string, x, y spec.Column) (any, error) {
	v := math.NaN()
	switch name {
	case "argmax":
		if at := largest(y); !math.IsNaN(y[at]) {
			v = x[at]
		}
	case "exponent":
		v = stats.FitPower(x, y).Exponent
	case "knee":
		v = stats.Knee(x, y)
	case "r2":
		v = stats.FitLine(x, y).R2
	case "slope":
		v = stats.FitLine(x, y).Slope
	case "spearman":
		v = stats.Spearman(x, y)
	default:
		return nil, fmt.Errorf("the function %q is unknown", name)
	}
	if math.IsNaN(v) {
		return nil, fmt.Errorf("%s has no value over %s: %s", name, counted(len(x), "row"), lacks[name])
	}
	return v, nil
}

// lacks says when a function has no value.
var lacks = map[string]string{
	"argmax":   "there is none",
	"exponent": "it takes two different x above 0, and y above 0",
	"knee":     "it takes three different x, and a y that bends",
	"r2":       "it takes two different x, and a y that varies",
	"slope":    "it takes two different x",
	"spearman": "it takes an x and a y that vary",
}

// largest is the place of the first largest value; what is no number is none.
func largest(y []float64) int {
	at := 0
	for i, v := range y {
		if v > y[at] || math.IsNaN(y[at]) {
			at = i
		}
	}
	return at
}

func oneColumn(name string, args []any) (spec.Column, error) {
	y, ok := args[0].(spec.Column)
	if !ok || len(y) == 0 {
		return nil, fmt.Errorf("%s of no values", name)
	}
	return y, nil
}

func twoColumns(name string, args []any) (x, y spec.Column, err error) {
	x, _ = args[0].(spec.Column)
	y, _ = args[1].(spec.Column)
	if len(x) != len(y) {
		return nil, nil, fmt.Errorf("%s: columns of %d and %d rows", name, len(x), len(y))
	}
	if len(x) == 0 {
		return nil, nil, fmt.Errorf("%s of no values", name)
	}
	return x, y, nil
}

func quantile(name string, y spec.Column, at any) (float64, error) {
	q := asFloat(at)
	if !(q > 0 && q < 1) {
		return 0, fmt.Errorf("%s: q is %v, want 0 < q < 1", name, at)
	}
	return y.Quantile(q), nil
}

// split is above and below: the x of the rows whose y is, or is not, above its
// q-quantile.
func split(name string, x, y spec.Column, at any) (any, error) {
	bound, err := quantile(name, y, at)
	if err != nil {
		return nil, err
	}
	result := make(spec.Column, 0, len(x))
	for i, v := range y {
		if (v > bound) == (name == "above") {
			result = append(result, x[i])
		}
	}
	return result, nil
}

// asFloat is a number of an expression, NaN where it is none.
func asFloat(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return math.NaN()
}
