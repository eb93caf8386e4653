package workloads

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A Kind is the type of a parameter.
type Kind string

// The kinds of parameters and the Go types of their values.
const (
	Int    Kind = "int"    // int
	Float  Kind = "float"  // float64, always finite
	String Kind = "string" // string
	Bool   Kind = "bool"   // bool
	Enum   Kind = "enum"   // string, one of Param.Enum
)

// Zero returns the zero value of the kind's Go type.
func (k Kind) Zero() any {
	switch k {
	case Int:
		return 0
	case Float:
		return 0.0
	case Bool:
		return false
	}
	return ""
}

// A Param describes one parameter of a workload.
type Param struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Unit is the plural noun or the unit of the value: "tokens", "ms". Empty
	// where there is none.
	Unit string `json:"unit,omitempty"`
	// Default is the value where the spec gives none; nil means that the spec
	// must give one.
	Default any `json:"default,omitempty"`
	// Min and Max bound an int or a float, both inclusive; nil is unbounded.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// Enum lists the values of an enum.
	Enum []string `json:"enum,omitempty"`
	Doc  string   `json:"doc"`
}

// UnmarshalJSON restores the Go type of the default, which JSON does not keep.
func (p *Param) UnmarshalJSON(data []byte) error {
	type plain Param
	if err := json.Unmarshal(data, (*plain)(p)); err != nil {
		return err
	}
	if p.Default == nil {
		return nil
	}
	v, err := p.Check(p.Default)
	if err != nil {
		return fmt.Errorf("default of parameter %q: %w", p.Name, err)
	}
	p.Default = v
	return nil
}

// Check returns v as the Go type of the parameter's kind, or says why it is
// not a value of it. A float that is a whole number passes for an int, and an
// int for a float, because expressions and JSON do not keep them apart.
func (p *Param) Check(v any) (any, error) {
	switch p.Kind {
	case Int:
		n, err := toInt(v)
		if err != nil {
			return nil, err
		}
		return n, p.checkRange(float64(n), strconv.Itoa(n))
	case Float:
		f, err := toFloat(v)
		if err != nil {
			return nil, err
		}
		return f, p.checkRange(f, FormatValue(f))
	case Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("%s is not a bool", describe(v))
	case String, Enum:
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("%s is not a string", describe(v))
		}
		if p.Kind == Enum && !slices.Contains(p.Enum, s) {
			return nil, fmt.Errorf("%q is not one of %s", s, strings.Join(p.Enum, ", "))
		}
		return s, nil
	}
	return nil, fmt.Errorf("parameter kind %q is unknown", p.Kind)
}

func (p *Param) checkRange(f float64, text string) error {
	switch {
	case p.Min != nil && f < *p.Min:
		return fmt.Errorf("%s is below the minimum %s", text, p.FormatBound(*p.Min))
	case p.Max != nil && f > *p.Max:
		return fmt.Errorf("%s is above the maximum %s", text, p.FormatBound(*p.Max))
	}
	return nil
}

// FormatBound renders Min or Max as a value of the parameter: an int has no
// exponent.
func (p *Param) FormatBound(bound float64) string {
	if p.Kind == Int {
		return strconv.FormatFloat(bound, 'f', -1, 64)
	}
	return FormatValue(bound)
}

func (p *Param) validate() error {
	switch {
	case !NamePattern.MatchString(p.Name):
		return fmt.Errorf("parameter %q does not match %s", p.Name, NamePattern)
	case strings.TrimSpace(p.Doc) == "":
		return fmt.Errorf("parameter %q has no doc", p.Name)
	case (p.Kind == Enum) != (len(p.Enum) > 0):
		return fmt.Errorf("parameter %q: an enum lists its values, and only an enum does", p.Name)
	case (p.Min != nil || p.Max != nil) && p.Kind != Int && p.Kind != Float:
		return fmt.Errorf("parameter %q: the kind %s has no range", p.Name, p.Kind)
	case !slices.Contains([]Kind{Int, Float, String, Bool, Enum}, p.Kind):
		return fmt.Errorf("parameter %q: kind %q is unknown", p.Name, p.Kind)
	}
	if p.Default == nil {
		return nil
	}
	v, err := p.Check(p.Default)
	if err != nil {
		return fmt.Errorf("default of parameter %q: %w", p.Name, err)
	}
	if reflect.TypeOf(v) != reflect.TypeOf(p.Default) {
		return fmt.Errorf("default of parameter %q has the type %T, the kind %s has %T", p.Name, p.Default, p.Kind, v)
	}
	return nil
}

func toInt(v any) (int, error) {
	switch x := v.(type) {
	case int:
		return x, nil
	case int64:
		return int(x), nil
	case uint64:
		if x > math.MaxInt {
			return 0, fmt.Errorf("%d does not fit in 64 bits", x)
		}
		return int(x), nil
	case float64:
		// Above 2^53 a float64 no longer tells neighbouring integers apart.
		if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return 0, fmt.Errorf("%s is not a whole number", FormatValue(x))
		}
		return int(x), nil
	}
	return 0, fmt.Errorf("%s is not an int", describe(v))
}

func toFloat(v any) (float64, error) {
	var f float64
	switch x := v.(type) {
	case float64:
		f = x
	case int:
		f = float64(x)
	case int64:
		f = float64(x)
	case uint64:
		f = float64(x)
	default:
		return 0, fmt.Errorf("%s is not a number", describe(v))
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, errors.New("it is not finite")
	}
	return f, nil
}

func describe(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("the string %q", x)
	case bool:
		return fmt.Sprintf("the bool %t", x)
	case float64:
		return "the float " + FormatValue(x)
	}
	return fmt.Sprintf("%v (%T)", v, v)
}
