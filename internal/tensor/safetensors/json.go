package safetensors

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep the values may nest that a header holds besides what
// the format defines.
const maxDepth = 128

// scanner reads JSON (RFC 8259) from the front. Unlike encoding/json it sees
// every key of an object, repeated ones too, keeps integers whole, and refuses
// halves of surrogate pairs.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) fail(format string, args ...any) error {
	return fmt.Errorf("byte %d of the header: %s", s.at, fmt.Sprintf(format, args...))
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	if s.peek() != c {
		return s.fail("%q is missing", c)
	}
	s.at++
	return nil
}

// list reads what stands between open and close: elements with commas between.
func (s *scanner) list(open, close byte, element func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	if s.peek() == close {
		s.at++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.expect(close)
		}
		s.at++
	}
}

// object calls value at the value of each key.
func (s *scanner) object(value func(key string) error) error {
	return s.list('{', '}', func() error {
		key, err := s.string()
		if err == nil {
			err = s.expect(':')
		}
		if err != nil {
			return err
		}
		return value(key)
	})
}

// count reads an integer from 0 to the largest int.
func (s *scanner) count() (int, error) {
	s.peek()
	digits := s.digits()
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 1 && digits[0] == '0' || s.at < len(s.text) && strings.IndexByte(".eE", s.text[s.at]) >= 0 {
		return 0, s.fail("a whole number from 0 to %d is missing", maxInt)
	}
	return n, nil
}

func (s *scanner) digits() string {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return string(s.text[from:s.at])
}

func (s *scanner) string() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	var unescaped []byte
	for {
		n := slices.IndexFunc(s.text[s.at:], func(c byte) bool { return c == '"' || c == '\\' || c < ' ' })
		if n < 0 {
			s.at = len(s.text)
			return "", s.fail("a string has no end")
		}
		plain := s.text[s.at : s.at+n]
		s.at += n + 1
		switch s.text[s.at-1] {
		case '"':
			return string(append(unescaped, plain...)), nil
		case '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			unescaped = utf8.AppendRune(append(unescaped, plain...), r)
		default:
			return "", s.fail("a control character in a string")
		}
	}
}

// escape reads what follows a backslash.
func (s *scanner) escape() (rune, error) {
	if s.at >= len(s.text) {
		return 0, s.fail("a string has no end")
	}
	c := s.text[s.at]
	s.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, s.fail("unknown escape \\%c", c)
	}
	r, err := s.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	if !bytes.HasPrefix(s.text[s.at:], []byte(`\u`)) {
		return 0, s.fail("half of a surrogate pair")
	}
	s.at += 2
	low, err := s.hex()
	if err != nil {
		return 0, err
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, s.fail("half of a surrogate pair")
	}
	return r, nil
}

func (s *scanner) hex() (rune, error) {
	if s.at+4 > len(s.text) {
		return 0, s.fail("\\u needs four digits")
	}
	n, err := strconv.ParseUint(string(s.text[s.at:s.at+4]), 16, 16)
	if err != nil {
		return 0, s.fail("\\u needs four digits")
	}
	s.at += 4
	return rune(n), nil
}

// skip passes over any value.
func (s *scanner) skip(depth int) error {
	if depth > maxDepth {
		return s.fail("values nest deeper than %d", maxDepth)
	}
	switch c := s.peek(); c {
	case '{':
		return s.object(func(string) error { return s.skip(depth + 1) })
	case '[':
		return s.list('[', ']', func() error { return s.skip(depth + 1) })
	case '"':
		_, err := s.string()
		return err
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.number()
	}
}

func (s *scanner) literal(word string) error {
	if !bytes.HasPrefix(s.text[s.at:], []byte(word)) {
		return s.fail("a value is missing")
	}
	s.at += len(word)
	return nil
}

func (s *scanner) number() error {
	s.accept("-")
	whole := s.digits()
	ok := whole == "0" || whole != "" && whole[0] != '0'
	if s.accept(".") {
		ok = ok && s.digits() != ""
	}
	if s.accept("eE") {
		s.accept("+-")
		ok = ok && s.digits() != ""
	}
	if !ok {
		return s.fail("a value is missing")
	}
	return nil
}

// accept takes the next byte if it is one of chars.
func (s *scanner) accept(chars string) bool {
	if s.at >= len(s.text) || strings.IndexByte(chars, s.text[s.at]) < 0 {
		return false
	}
	s.at++
	return true
}

var errTrailing = errors.New("something follows the header's object")

// end accepts nothing but white space.
func (s *scanner) end() error {
	if s.peek() != 0 || s.at < len(s.text) {
		return errTrailing
	}
	return nil
}

// appendString writes a string as the reference implementation does: only what
// JSON demands is escaped.
func appendString(to []byte, text string) []byte {
	to = append(to, '"')
	for _, c := range []byte(text) {
		if i := strings.IndexByte("\"\\\b\f\n\r\t", c); i >= 0 {
			to = append(to, '\\', `"\bfnrt`[i])
		} else if c < ' ' {
			to = fmt.Appendf(to, `\u%04x`, c)
		} else {
			to = append(to, c)
		}
	}
	return append(to, '"')
}
