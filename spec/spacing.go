package spec

import (
	"math"
	"math/bits"
	"strconv"

	"runx/internal/document"
)

// spaced expands range, linspace, geomspace and pow2. whole rounds a geomspace
// to whole numbers and drops the repeats, for a parameter that is an int.
func spaced(p *document.Problems, doc axisDoc, whole bool) (values []any, ok bool) {
	numbers, ok := readNumbers(p, doc)
	if !ok {
		return nil, false
	}
	switch doc.form {
	case "range":
		return spaceRange(p, doc, numbers)
	case "linspace":
		return spaceLinear(p, doc, numbers)
	case "geomspace":
		return spaceGeometric(p, doc, numbers, whole)
	}
	return spacePow2(p, numbers)
}

// numberArg is one argument of a form; whole where it was written as an int.
type numberArg struct {
	float float64
	int   int
	whole bool
	at    document.Position
}

// formArgs say what a form's list holds.
var formArgs = map[string][]string{
	"range":     {"start", "stop", "step"},
	"linspace":  {"start", "stop", "n"},
	"geomspace": {"start", "stop", "n"},
	"pow2":      {"lo", "hi"},
}

func readNumbers(p *document.Problems, doc axisDoc) ([]numberArg, bool) {
	names := formArgs[doc.form]
	if doc.arg.Kind() != document.List {
		doc.arg.Expected("["+join(names)+"]", p)
		return nil, false
	}
	if doc.arg.Len() != len(names) {
		doc.arg.Problem(p, "", "expected %s, found a list of %d", "["+join(names)+"]", doc.arg.Len())
		return nil, false
	}
	ok := true
	numbers := make([]numberArg, len(names))
	for i, item := range doc.arg.Items() {
		switch v := item.Scalar().(type) {
		case int:
			numbers[i] = numberArg{float64(v), v, true, item.Position()}
		case float64:
			numbers[i] = numberArg{v, 0, false, item.Position()}
		default:
			item.Expected("a number", p)
			ok = false
		}
	}
	return numbers, ok
}

// spaceRange gives start, start+step, ... up to and including stop.
func spaceRange(p *document.Problems, doc axisDoc, numbers []numberArg) ([]any, bool) {
	start, stop, step := numbers[0], numbers[1], numbers[2]
	if step.float == 0 || (stop.float-start.float)*step.float < 0 {
		p.Add(step.at, "", "range cannot get from %s to %s in steps of %s", short(start.float), short(stop.float), short(step.float))
		return nil, false
	}
	// The tolerance forgives the rounding of a quotient such as 0.3/0.1.
	steps := math.Floor((stop.float-start.float)/step.float + 1e-9)
	if !fits(p, doc, steps+1) {
		return nil, false
	}
	values := make([]any, int(steps)+1)
	for i := range values {
		if start.whole && step.whole && math.Abs(stop.float) < 1<<62 {
			values[i] = start.int + i*step.int
		} else {
			values[i] = clean(start.float+float64(i)*step.float, step.float)
		}
	}
	return values, true
}

// spaceLinear gives n values evenly from start to stop, both included.
func spaceLinear(p *document.Problems, doc axisDoc, numbers []numberArg) ([]any, bool) {
	start, stop := numbers[0], numbers[1]
	n, ok := countArg(p, doc, numbers)
	if !ok {
		return nil, false
	}
	floats := make([]float64, n)
	for i := range floats {
		floats[i] = clean(start.float+(stop.float-start.float)*share(i, n), stop.float-start.float)
	}
	return asWritten(floats, start.whole && stop.whole), true
}

// spaceGeometric gives n values from start to stop, both included, with a
// constant ratio.
func spaceGeometric(p *document.Problems, doc axisDoc, numbers []numberArg, whole bool) ([]any, bool) {
	start, stop := numbers[0], numbers[1]
	if start.float*stop.float <= 0 {
		p.Add(start.at, "", "geomspace from %s to %s crosses zero: its ends must be of one sign, and not 0", short(start.float), short(stop.float))
		return nil, false
	}
	n, ok := countArg(p, doc, numbers)
	if !ok {
		return nil, false
	}
	floats := make([]float64, 0, n)
	for i := range n {
		v := clean(start.float*math.Pow(stop.float/start.float, share(i, n)), 0)
		if whole {
			v = math.Round(v)
		}
		if !whole || len(floats) == 0 || floats[len(floats)-1] != v {
			floats = append(floats, v)
		}
	}
	return asWritten(floats, whole || start.whole && stop.whole), true
}

// spacePow2 gives the powers of two from lo to hi, both included.
func spacePow2(p *document.Problems, numbers []numberArg) ([]any, bool) {
	lo, hi := numbers[0], numbers[1]
	ok := isPow2(p, lo)
	ok = isPow2(p, hi) && ok
	if !ok {
		return nil, false
	}
	if lo.int > hi.int {
		p.Add(lo.at, "", "pow2 goes up: %d is above %d", lo.int, hi.int)
		return nil, false
	}
	var values []any
	for v := lo.int; v > 0 && v <= hi.int; v *= 2 {
		values = append(values, v)
	}
	return values, true
}

func isPow2(p *document.Problems, a numberArg) bool {
	if !a.whole || a.int < 1 {
		p.Add(a.at, "", "pow2 wants powers of two from 1 up, %s is none", short(a.float))
		return false
	}
	if bits.OnesCount(uint(a.int)) == 1 {
		return true
	}
	below := 1 << (bits.Len(uint(a.int)) - 1)
	hint := "the nearest is " + strconv.Itoa(below)
	if above := below * 2; above > 0 {
		hint = "the nearest are " + strconv.Itoa(below) + " and " + strconv.Itoa(above)
	}
	p.Add(a.at, hint, "%d is not a power of two", a.int)
	return false
}

// countArg reads n, the third argument of linspace and geomspace.
func countArg(p *document.Problems, doc axisDoc, numbers []numberArg) (int, bool) {
	n := numbers[2]
	if !n.whole || n.int < 1 || (n.int == 1 && numbers[0].float != numbers[1].float) {
		p.Add(n.at, "", "%s needs at least 2 values to reach both ends, n is %s", doc.form, short(n.float))
		return 0, false
	}
	return n.int, fits(p, doc, n.float)
}

func fits(p *document.Problems, doc axisDoc, n float64) bool {
	if n <= maxAxisValues {
		return true
	}
	tooLong(p, doc.Position, doc.form, n)
	return false
}

func tooLong(p *document.Problems, at document.Position, what string, n float64) {
	p.Add(at, "sweep the product of several axes", "%s gives %.0f values, the most in one axis is %d", what, n, maxAxisValues)
}

func share(i, n int) float64 {
	if n == 1 {
		return 0
	}
	return float64(i) / float64(n-1)
}

// asWritten gives whole numbers as ints where the ends were written as ints,
// and floats otherwise.
func asWritten(floats []float64, whole bool) []any {
	for _, f := range floats {
		whole = whole && f == math.Trunc(f) && math.Abs(f) <= 1<<53
	}
	values := make([]any, len(floats))
	for i, f := range floats {
		if whole {
			values[i] = int(f)
		} else {
			values[i] = f
		}
	}
	return values
}

// clean cuts a computed value to 15 significant digits, so that 0.1 + 2*0.1 is
// the 0.3 that a person means; what is left of a sum of values around scale
// that should have been zero is zero.
func clean(f, scale float64) float64 {
	if math.Abs(f) < math.Abs(scale)*1e-12 {
		return 0
	}
	c, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	if err != nil {
		return f
	}
	return c
}

func short(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
