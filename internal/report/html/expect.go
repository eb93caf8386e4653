package html

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"runx/internal/claims"
	"runx/internal/report"
)

// A bound is one end of what a claim expects.
type bound struct{ lo, hi float64 }

var comparison = regexp.MustCompile(`^\s*(-?[0-9.eE+-]+|value)\s*(<=|>=|<|>)\s*(-?[0-9.eE+-]+|value)\s*$`)

// expected reads the range of values that a claim expects, where it says it in
// so many words: "value > 1.7 && value < 2.3". It is false for any other
// condition, of which no picture is drawn.
func expected(expect string) (bound, bool) {
	b := bound{math.Inf(-1), math.Inf(1)}
	for term := range strings.SplitSeq(expect, "&&") {
		m := comparison.FindStringSubmatch(term)
		if m == nil || (m[1] == "value") == (m[3] == "value") {
			return bound{}, false
		}
		text, below := m[3], m[2][0] == '<' // value < number
		if m[3] == "value" {
			text, below = m[1], m[2][0] == '>' // number > value
		}
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return bound{}, false
		}
		if below {
			b.hi = min(b.hi, number)
		} else {
			b.lo = max(b.lo, number)
		}
	}
	return b, b.lo < b.hi
}

// A gauge shows values and their intervals against what is expected. Places
// are hundredths of a line.
type gauge struct {
	// From and To are the ends of what is expected, Ticks the numbers that the
	// claim names.
	From, To float64
	Ticks    []tick
	Marks    []gaugeMark
	// Label says it in words.
	Label string
}

// A gaugeMark is one value with the ends of its interval, which are the value
// where there is none.
type gaugeMark struct {
	Value, Lo, Hi float64
	Verdict       string
}

// A tick is a number at its place.
type tick struct {
	X    float64
	Text string
}

// Place is where the value stands in the picture.
func (m gaugeMark) Place() float64 { return inPicture(m.Value) }

// Place is where the number stands in the picture.
func (t tick) Place() float64 { return inPicture(t.X) }

// Many says that marks lie over each other.
func (g *gauge) Many() bool { return len(g.Marks) > 1 }

// Width of what is expected.
func (g *gauge) Width() float64 { return hundredths(g.To - g.From) }

// inPicture leaves room for what stands at the ends of the line.
func inPicture(x float64) float64 { return hundredths(10 + 2.2*x) }

func hundredths(x float64) float64 { return math.Round(100*x) / 100 }

// A ruler places numbers on a line.
type ruler struct {
	lo, hi float64
	log    bool
}

// newRuler makes a line on which all numbers have their place, and room beside
// them. It is logarithmic where a linear one would press them together.
func newRuler(numbers []float64) (ruler, bool) {
	r := ruler{lo: math.Inf(1), hi: math.Inf(-1)}
	for _, v := range numbers {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			r.lo, r.hi = min(r.lo, v), max(r.hi, v)
		}
	}
	if r.lo > r.hi {
		return r, false
	}
	if r.log = r.lo > 0 && r.hi/r.lo > 30; r.log {
		r.lo, r.hi = math.Log(r.lo), math.Log(r.hi)
	}
	room := 0.12 * (r.hi - r.lo)
	if room == 0 {
		room = max(math.Abs(r.lo)*0.1, 1e-9)
	}
	r.lo, r.hi = r.lo-room, r.hi+room
	return r, true
}

// at is the place of a number on the line.
func (r ruler) at(v float64) float64 {
	switch {
	case math.IsInf(v, -1) || r.log && v <= 0:
		return 0
	case math.IsInf(v, 1):
		return 100
	case r.log:
		v = math.Log(v)
	}
	return hundredths(100 * min(max((v-r.lo)/(r.hi-r.lo), 0), 1))
}

// gauge shows judgements on the line; nil where none has a value.
func (r ruler) gauge(b bound, of ...claims.Judgement) *gauge {
	g := &gauge{From: r.at(b.lo), To: r.at(b.hi)}
	for _, j := range of {
		if math.IsNaN(j.Value) {
			continue
		}
		at := r.at(j.Value)
		m := gaugeMark{at, at, at, string(j.Verdict)}
		if !math.IsNaN(j.Lo) && !math.IsNaN(j.Hi) {
			m.Lo, m.Hi = r.at(j.Lo), r.at(j.Hi)
		}
		g.Marks = append(g.Marks, m)
	}
	if len(g.Marks) == 0 {
		return nil
	}
	var ends []string
	for _, end := range []float64{b.lo, b.hi} {
		if !math.IsInf(end, 0) {
			text := limitText(end)
			g.Ticks, ends = append(g.Ticks, tick{r.at(end), text}), append(ends, text)
		}
	}
	g.Label = counted(int64(len(g.Marks)), "value") + " on a line beside " + strings.Join(ends, " and ")
	return g
}

// limitText is a bound on an axis: four digits, and millions as such.
func limitText(v float64) string {
	if a := math.Abs(v); a >= 1e4 && a < 1e15 && v == math.Trunc(v) {
		return report.Count(int64(v))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
