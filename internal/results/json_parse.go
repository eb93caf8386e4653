package results

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// A parser reads one line of JSON whose keys and their order are known. A
// method that fails sets bad, after which the others fail too, so that a caller
// checks once at the end.
type parser struct {
	b   []byte
	i   int
	bad bool
}

// word consumes exactly s.
func (p *parser) word(s string) {
	if !p.tryWord(s) {
		p.bad = true
	}
}

// tryWord consumes s if it comes next.
func (p *parser) tryWord(s string) bool {
	if p.bad || len(p.b)-p.i < len(s) || string(p.b[p.i:p.i+len(s)]) != s {
		return false
	}
	p.i += len(s)
	return true
}

// end fails unless everything is consumed.
func (p *parser) end() {
	if p.i != len(p.b) {
		p.bad = true
	}
}

// whole consumes a sign, if there is one, and digits without a leading zero. It
// returns where the two begin.
func (p *parser) whole() (from, digits int) {
	from = p.i
	if p.peek() == '-' {
		p.i++
	}
	digits = p.i
	p.digits()
	if !p.bad && p.b[digits] == '0' && p.i > digits+1 {
		p.bad = true
	}
	return from, digits
}

// integer consumes a whole number without fraction or exponent.
func (p *parser) integer() int64 {
	if p.bad {
		return 0
	}
	from, _ := p.whole()
	if p.bad {
		return 0
	}
	n, err := strconv.ParseInt(view(p.b[from:p.i]), 10, 64)
	if err != nil {
		p.bad = true
	}
	return n
}

// float consumes a number; null is NaN.
func (p *parser) float() float64 {
	if p.tryWord("null") {
		return math.NaN()
	}
	if p.bad {
		return 0
	}
	from, digits := p.whole()
	if p.bad {
		return 0
	}
	whole := p.i
	if p.peek() == '.' {
		p.i++
		p.digits()
	}
	p.exponent()
	if p.bad {
		return 0
	}
	if p.i == whole && whole-digits <= 15 && digits == from {
		return smallInt(p.b[from:whole])
	}
	f, err := strconv.ParseFloat(view(p.b[from:p.i]), 64)
	if err != nil {
		p.bad = true
	}
	return f
}

func (p *parser) exponent() {
	if c := p.peek(); c != 'e' && c != 'E' {
		return
	}
	p.i++
	if c := p.peek(); c == '+' || c == '-' {
		p.i++
	}
	p.digits()
}

// smallInt is the value of at most 15 digits, exactly.
func smallInt(digits []byte) float64 {
	n := int64(0)
	for _, c := range digits {
		n = n*10 + int64(c-'0')
	}
	return float64(n)
}

func (p *parser) peek() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

// digits consumes one digit or more.
func (p *parser) digits() {
	from := p.i
	for p.i < len(p.b) && p.b[p.i]-'0' <= 9 {
		p.i++
	}
	if p.i == from {
		p.bad = true
	}
}

// text consumes a string. The result shares the line's memory where nothing is
// escaped.
func (p *parser) text() []byte {
	p.word(`"`)
	if p.bad {
		return nil
	}
	from := p.i
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			s := p.b[from:p.i]
			p.i++
			p.bad = !utf8.Valid(s)
			return s
		case c == '\\':
			return p.escapedText(from)
		case c < ' ':
			p.bad = true
			return nil
		}
		p.i++
	}
	p.bad = true
	return nil
}

// escapedText consumes the rest of a string that began at from and has its
// first escape here.
func (p *parser) escapedText(from int) []byte {
	s := append([]byte(nil), p.b[from:p.i]...)
	for !p.bad && p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch {
		case c == '"':
			p.bad = !utf8.Valid(s)
			return s
		case c == '\\':
			s = p.escape(s)
		case c < ' ':
			p.bad = true
		default:
			s = append(s, c)
		}
	}
	p.bad = true
	return nil
}

// escape consumes what follows a backslash and appends what it stands for.
func (p *parser) escape(s []byte) []byte {
	c := p.peek()
	p.i++
	switch c {
	case '"', '\\', '/':
		return append(s, c)
	case 'n':
		return append(s, '\n')
	case 't':
		return append(s, '\t')
	case 'r':
		return append(s, '\r')
	case 'b':
		return append(s, '\b')
	case 'f':
		return append(s, '\f')
	case 'u':
		r := p.hex4()
		if utf16.IsSurrogate(r) && p.tryWord(`\u`) {
			r = utf16.DecodeRune(r, p.hex4())
		}
		return utf8.AppendRune(s, r)
	}
	p.bad = true
	return s
}

func (p *parser) hex4() rune {
	if len(p.b)-p.i < 4 {
		p.bad = true
		return utf8.RuneError
	}
	n, err := strconv.ParseUint(view(p.b[p.i:p.i+4]), 16, 16)
	if err != nil {
		p.bad = true
	}
	p.i += 4
	return rune(n)
}

// view is b as a string without a copy, for functions that do not keep it:
// a million samples hold some ten million numbers.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
