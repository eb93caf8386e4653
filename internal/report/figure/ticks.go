package figure

import (
	"math"
	"strconv"
	"strings"

	"runx/internal/report"
)

// A tick is a place on an axis: with a label, or without one for a minor tick.
type tick struct {
	value float64
	label string
}

// ticks chooses the places of an axis of so many pixels. space is what a label
// takes along the axis.
func (a *axis) ticks(length float64, space func(label string) float64) []tick {
	if a.categories != nil {
		return a.categoryTicks()
	}
	if t := a.valueTicks(); t != nil && a.fit(t, length, space) {
		return t
	}
	if a.log {
		return a.logTicks(length, space)
	}
	return a.linearTicks(length, space)
}

func (a *axis) categoryTicks() []tick {
	var ticks []tick
	for i, c := range a.categories {
		ticks = append(ticks, tick{float64(i), c})
	}
	return ticks
}

// maxValueTicks is the number of values of a parameter up to which they are the
// ticks.
const maxValueTicks = 12

// valueTicks are the values of a parameter, where they are few.
func (a *axis) valueTicks() []tick {
	if len(a.values) == 0 || len(a.values) > maxValueTicks {
		return nil
	}
	var ticks []tick
	for _, v := range a.values {
		if f := a.fraction(v); f >= -1e-9 && f <= 1+1e-9 {
			ticks = append(ticks, tick{v, a.exact(v)})
		}
	}
	return ticks
}

// fit tells whether no label touches the next.
func (a *axis) fit(ticks []tick, length float64, space func(string) float64) bool {
	before := math.Inf(-1)
	for _, t := range ticks {
		if t.label == "" {
			continue
		}
		at, half := a.fraction(t.value)*length, space(t.label)/2
		if at-half < before {
			return false
		}
		before = at + half
	}
	return true
}

// exact is a value of a parameter as it was chosen.
func (a *axis) exact(v float64) string {
	if a.ownUnits() {
		return quantity(a.unit, v)
	}
	shown := a.scale.Of(v)
	if a.binary() && a.unit != "bytes" {
		return binaryLabel(v, a.values[len(a.values)-1] > 1<<16)
	}
	return plain(shown)
}

// binaryLabel writes large powers of two as 16Ki.
func binaryLabel(v float64, short bool) string {
	if short && v >= 1024 && v == math.Trunc(v) {
		for _, p := range []struct {
			name string
			size float64
		}{{"Gi", 1 << 30}, {"Mi", 1 << 20}, {"Ki", 1 << 10}} {
			if v >= p.size && v/p.size == math.Trunc(v/p.size) {
				return strconv.FormatFloat(v/p.size, 'g', 5, 64) + p.name
			}
		}
	}
	return plain(v)
}

// binary tells whether the axis counts in powers of two: those of a parameter
// that has no others, and bytes.
func (a *axis) binary() bool {
	if !a.log {
		return false
	}
	if a.unit == "bytes" {
		return true
	}
	for _, v := range a.values {
		if fraction, _ := math.Frexp(v); fraction != 0.5 {
			return false
		}
	}
	return len(a.values) > 1
}

// ownUnits tells whether each tick has a unit of its own: on a logarithmic axis
// that spans several.
func (a *axis) ownUnits() bool {
	return a.log && a.used && a.scale.Unit != "" && a.hi/1000 > a.lo
}

// quantity renders a stored value in the unit that fits it.
func quantity(unit string, v float64) string {
	s := report.ScaleFor(unit, []float64{v})
	text := plain(rounded(s.Of(v), 6))
	if s.Unit == "" {
		return text
	}
	if s.Unit[0] == '/' {
		return text + s.Unit
	}
	return text + " " + s.Unit
}

// logTicks are powers of two or of ten, with steps between them where there is
// room, the labels thinned until they fit.
func (a *axis) logTicks(length float64, space func(string) float64) []tick {
	if a.binary() {
		for step := 1; step < 64; step++ {
			if t := a.powers(2, step); a.fit(t, length, space) && (len(t) <= 12) {
				return t
			}
		}
	}
	if a.hi/5 < a.lo {
		return a.linearTicks(length, space)
	}
	for _, steps := range [][]float64{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 5}, {1, 3}, {1}} {
		if t := a.decades(steps, 1); len(labelled(t)) >= 2 && len(labelled(t)) <= 12 && a.fit(t, length, space) {
			return t
		}
	}
	for every := 2; every < 400; every++ {
		if t := a.decades([]float64{1}, every); a.fit(t, length, space) {
			return t
		}
	}
	return nil
}

func labelled(ticks []tick) []tick {
	var out []tick
	for _, t := range ticks {
		if t.label != "" {
			out = append(out, t)
		}
	}
	return out
}

// powers are every step-th power of a base, in shown units.
func (a *axis) powers(base float64, step int) []tick {
	unit := a.size()
	var ticks []tick
	from := math.Ceil(math.Log(a.lo/unit)/math.Log(base)/float64(step)-1e-9) * float64(step)
	for e := from; ; e += float64(step) {
		v := math.Pow(base, e) * unit
		if !(v <= a.hi*(1+1e-12)) || len(ticks) > 2000 {
			return ticks
		}
		ticks = append(ticks, tick{v, a.logLabel(v)})
	}
}

// decades are labelled ticks at steps of each every-th power of ten, and minor
// ones at the others where every decade has a label.
func (a *axis) decades(steps []float64, every int) []tick {
	unit := a.size()
	var ticks []tick
	first := math.Floor(math.Log10(a.lo / unit))
	for e := first; e <= math.Ceil(math.Log10(a.hi/unit)); e++ {
		power := math.Pow(10, e)
		for m := 1.0; m <= 9; m++ {
			v := m * power * unit
			if v < a.lo*(1-1e-12) || v > a.hi*(1+1e-12) {
				continue
			}
			t := tick{value: v}
			for _, s := range steps {
				if s == m && math.Mod(e, float64(every)) == 0 {
					t.label = a.logLabel(v)
				}
			}
			if t.label != "" || every == 1 {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// size is the stored size of one shown unit.
func (a *axis) size() float64 {
	if of := a.scale.Of(1); of > 0 && !a.ownUnits() {
		return 1 / of
	}
	return 1
}

func (a *axis) logLabel(v float64) string {
	if a.ownUnits() {
		return quantity(a.unit, v)
	}
	shown := a.scale.Of(v)
	if a.binary() && a.unit != "bytes" {
		return binaryLabel(shown, a.hi > 1<<16)
	}
	return plain(shown)
}

// plain writes a number in as few digits as it has, large and small ones as
// powers of ten: 0.02, 1500, 3e-5.
func plain(v float64) string {
	if size := math.Abs(v); size != 0 && (size >= 1e6 || size < 1e-4) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 3, 64), "e")
		mantissa = strings.TrimSuffix(strings.TrimRight(mantissa, "0"), ".")
		n, _ := strconv.Atoi(exponent)
		return mantissa + "e" + strconv.Itoa(n)
	}
	// Ten digits: what follows is the error of products of powers of ten.
	return strconv.FormatFloat(rounded(v, 10), 'f', -1, 64)
}

// rounded keeps so many digits of a number.
func rounded(v float64, digits int) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	return r
}

// linearTicks are round numbers: 1, 2 or 5 times a power of ten apart.
func (a *axis) linearTicks(length float64, space func(string) float64) []tick {
	size := a.size()
	lo, hi := a.lo/size, a.hi/size
	span := hi - lo
	if !(span > 0) || math.IsInf(span, 0) {
		return nil
	}
	for want := 8; want >= 1; want-- {
		step := niceStep(span / float64(want))
		if a.whole && span >= 1 {
			step = max(step, 1)
		}
		t := stepped(lo, hi, step, size)
		if len(t) > 0 && a.fit(t, length, space) {
			return t
		}
	}
	return nil
}

// niceStep is the smallest round number that is not below v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func stepped(lo, hi, step, size float64) []tick {
	decimals := 0
	if step < 1 {
		decimals = min(int(math.Ceil(-math.Log10(step)-1e-9)), 12)
	}
	var ticks []tick
	first := math.Ceil((lo - 1e-9*(hi-lo)) / step)
	for i := 0.0; i < 100; i++ {
		v := (first + i) * step
		if v > hi+1e-9*(hi-lo) {
			break
		}
		label := strconv.FormatFloat(v+0, 'f', decimals, 64)
		if math.Abs(hi) >= 1e6 || math.Abs(lo) >= 1e6 || step < 1e-5 {
			label = plain(rounded(v, 6))
		}
		ticks = append(ticks, tick{v * size, label})
	}
	return ticks
}
