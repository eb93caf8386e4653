package document

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scalar fills a bool, a number, a duration or a string.
func (d *decoder) scalar(n Node, v reflect.Value, r rules) {
	if v.Type() == durationType {
		d.duration(n, v, r)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		d.boolean(n, v)
	case reflect.String:
		var t Text
		d.text(n, &t, r)
		v.SetString(t.Value)
	case reflect.Float32, reflect.Float64:
		if f, ok := d.number(n, "a number", r); ok {
			v.SetFloat(f)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.integer(n, v, r)
	default:
		n.Problem(d.problems, "", "cannot decode into %s: a fault of the program", v.Type())
	}
}

func (d *decoder) boolean(n Node, v reflect.Value) {
	b, ok := n.Scalar().(bool)
	if !ok {
		hint := ""
		switch strings.ToLower(n.Text().Value) {
		case "yes", "on", "y", "1":
			hint = "write true"
		case "no", "off", "n", "0":
			hint = "write false"
		}
		n.Problem(d.problems, hint, "expected true or false, found %s", n.describe())
		return
	}
	v.SetBool(b)
}

// integer takes whole floats too, as JSON Schema does: 1e6.
func (d *decoder) integer(n Node, v reflect.Value, r rules) {
	f, ok := d.number(n, "a whole number", r)
	if !ok {
		return
	}
	i, exact := n.Scalar().(int)
	if !exact {
		if f != math.Trunc(f) {
			n.Expected("a whole number", d.problems)
			return
		}
		if math.Abs(f) > 1<<53 { // where floats begin to leave integers out
			n.Problem(d.problems, "write all its digits", "%s is no exact whole number", n.describe())
			return
		}
		i = int(f)
	}
	if v.CanUint() {
		if i < 0 || v.OverflowUint(uint64(i)) {
			n.Problem(d.problems, "", "%s is out of range", n.describe())
			return
		}
		v.SetUint(uint64(i))
		return
	}
	if v.OverflowInt(int64(i)) {
		n.Problem(d.problems, "", "%s is out of range", n.describe())
		return
	}
	v.SetInt(int64(i))
}

// number reads an int or a float within its bounds.
func (d *decoder) number(n Node, what string, r rules) (float64, bool) {
	var f float64
	switch value := n.Scalar().(type) {
	case int:
		f = float64(value)
	case float64:
		f = value
	default:
		hint := ""
		if text, ok := value.(string); ok {
			hint = numberHint(text)
		}
		n.Problem(d.problems, hint, "expected %s, found %s", what, n.describe())
		return 0, false
	}
	if low, err := strconv.ParseFloat(r.min, 64); err == nil && f < low {
		n.Problem(d.problems, "", "%s is less than %s, the least allowed", n.describe(), r.min)
		return 0, false
	}
	if high, err := strconv.ParseFloat(r.max, 64); err == nil && f > high {
		n.Problem(d.problems, "", "%s is more than %s, the most allowed", n.describe(), r.max)
		return 0, false
	}
	return f, true
}

func (d *decoder) duration(n Node, v reflect.Value, r rules) {
	text, ok := n.Scalar().(string)
	value, err := time.ParseDuration(text)
	if !ok || err != nil {
		hint := "write a number with its unit: 300ms, 20s, 5m, 1h30m"
		if n.Kind() == Int || n.Kind() == Float {
			hint = fmt.Sprintf("write it with its unit: %ss", n.yaml.Value)
		}
		n.Problem(d.problems, hint, "expected a duration, found %s", n.describe())
		return
	}
	if low, err := time.ParseDuration(r.min); err == nil && value < low {
		n.Problem(d.problems, "", "%s is less than %s, the least allowed", text, r.min)
		return
	}
	if high, err := time.ParseDuration(r.max); err == nil && value > high {
		n.Problem(d.problems, "", "%s is more than %s, the most allowed", text, r.max)
		return
	}
	v.SetInt(int64(value))
}

// text reads a text, which must be one: 1.10 is refused, as YAML reads it as a
// number, and would lose its zero.
func (d *decoder) text(n Node, dst *Text, r rules) {
	switch n.Kind() {
	case String:
	case Bool, Int, Float:
		hint := "quote it: " + strconv.Quote(abbreviate(n.yaml.Value))
		n.Problem(d.problems, hint, "expected a text, found %s", n.describe())
		return
	default:
		n.Expected("a text", d.problems)
		return
	}
	t := n.Text()
	if len(r.enum) > 0 && !slices.Contains(r.enum, t.Value) {
		n.Problem(d.problems, near(t.Value, r.enum), "expected %s, found %q", oneOf(r.enum), abbreviate(t.Value))
		return
	}
	if pattern, ok := r.matches(t.Value); !ok {
		n.Problem(d.problems, r.nameHint(t.Value), "%q does not match %s", abbreviate(t.Value), pattern)
		return
	}
	*dst = t
}

// oneOf lists what is allowed: "a, b or c".
func oneOf(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// matches answers the pattern too, for the message. A pattern that does not
// compile matches nothing, so that it is noticed.
func (r rules) matches(s string) (pattern string, ok bool) {
	if r.pattern == "" {
		return "", true
	}
	ok, err := regexp.MatchString(r.pattern, s)
	return r.pattern, ok && err == nil
}

// nameHint is the nearest text that the pattern of a name admits.
func (r rules) nameHint(text string) string {
	for _, joint := range []string{"-", "_"} {
		name := PlainName(text, joint)
		if _, ok := r.matches(name); ok {
			return "write " + name
		}
	}
	return ""
}

// numberHint is how a text would be written as the number that it means.
func numberHint(text string) string {
	if kind, _ := resolveNumber(text); kind != Invalid {
		return fmt.Sprintf("write %s without quotes", text)
	}
	percent, ok := strings.CutSuffix(text, "%")
	if f, err := strconv.ParseFloat(strings.TrimSpace(percent), 64); ok && err == nil {
		return "write " + strconv.FormatFloat(f/100, 'g', 12, 64)
	}
	return ""
}
