package document

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// brokenTag marks a scalar that Parse has reported: its Kind is Invalid.
const brokenTag = "!broken"

// The numbers of YAML's core schema, which is also what editors read.
var (
	intForm   = onFirstUse(`^[-+]?[0-9]+$`)
	hexForm   = onFirstUse(`^0x[0-9a-fA-F]+$`)
	floatForm = onFirstUse(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// onFirstUse compiles a pattern when it is first needed: a program that reads no
// YAML, such as a worker started for one sample, does not pay for it.
func onFirstUse(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// resolve reads a scalar. What YAML readers disagree about, and what has no
// place among int, float64, string and bool, is Invalid: trapOf tells why.
func resolve(n *yaml.Node) (Kind, any) {
	if n.Tag == brokenTag || n.Style&yaml.TaggedStyle != 0 {
		return Invalid, nil
	}
	if n.Style&^yaml.FlowStyle != 0 {
		return String, n.Value
	}
	switch n.Value {
	case "true", "True", "TRUE":
		return Bool, true
	case "false", "False", "FALSE":
		return Bool, false
	}
	if kind, value := resolveNumber(n.Value); kind != Invalid {
		return kind, value
	}
	if trapOf(n) != (trap{}) {
		return Invalid, nil
	}
	return String, n.Value
}

func resolveNumber(s string) (Kind, any) {
	switch {
	case intForm().MatchString(s) && !leadingZero(s), hexForm().MatchString(s):
		if i, err := strconv.ParseInt(s, 0, strconv.IntSize); err == nil {
			return Int, int(i)
		}
	case floatForm().MatchString(s) && !intForm().MatchString(s):
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return Float, f
		}
	}
	return Invalid, nil
}

func leadingZero(s string) bool {
	digits := strings.TrimLeft(s, "+-")
	return len(digits) > 1 && digits[0] == '0'
}

// A trap is why a plain scalar is refused, and the cure.
type trap struct{ message, hint string }

// trapOf tells why a plain scalar that is neither a number nor a bool is
// refused; it is empty for a text that every YAML reader takes for text.
func trapOf(n *yaml.Node) trap {
	s, quoted := n.Value, "quote it: "+strconv.Quote(n.Value)
	switch {
	case s == "" || s == "~" || strings.EqualFold(s, "null") && n.Tag == "!!null":
		return trap{"has no value", `give it a value, or leave it out; an empty text is written ""`}
	case n.Tag == "!!timestamp":
		return trap{s + " is a date to some YAML readers and text to others", quoted}
	case intForm().MatchString(s) && leadingZero(s):
		return trap{s + " is an octal number to some YAML readers and a decimal one to others",
			"write it without leading zeros, or " + quoted}
	case intForm().MatchString(s), hexForm().MatchString(s):
		return trap{s + " does not fit a 64-bit integer", "for text, " + quoted}
	case floatForm().MatchString(s):
		return trap{s + " does not fit a 64-bit float", "for text, " + quoted}
	case n.Tag == "!!int" || n.Tag == "!!float":
		return numberTrap(n, quoted)
	}
	return trap{}
}

// numberTrap is for what only the parser takes for a number: 1_000, 0o17,
// 0b11, .inf.
func numberTrap(n *yaml.Node, quoted string) trap {
	var f float64
	if n.Decode(&f) == nil && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return trap{n.Value + " is not a finite number", "for text, " + quoted}
	}
	hint := quoted
	if f != 0 {
		hint = "write " + strconv.FormatFloat(f, 'f', -1, 64) + ", or " + quoted
	}
	return trap{n.Value + " is a number to some YAML readers and text to others", hint}
}
