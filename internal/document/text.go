package document

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Text is a scalar of text that knows where it was written.
type Text struct {
	Value string
	Position
	src   *source
	style yaml.Style
}

// String is the value.
func (t Text) String() string { return t.Value }

// At is the place of a byte offset in Value: inside quotes, behind escapes, on
// the right line of a block. Past the end it is just behind the last
// character.
//
// YAML folds and strips blanks but keeps all else in order, so the nth
// character of the value that is no blank is the nth one in the file.
func (t Text) At(offset int) Position {
	if t.src == nil || !t.Position.IsValid() {
		return t.Position
	}
	offset = max(0, min(offset, len(t.Value)))
	before := strings.TrimRight(t.Value[:offset], blanks)
	w := t.written()
	for _, r := range before {
		if !isBlank(r) {
			w.next()
		}
	}
	if r, _ := utf8.DecodeRuneInString(t.Value[offset:]); offset < len(t.Value) && !isBlank(r) {
		w.next()
		return t.src.at(w.start)
	}
	return t.src.at(w.skip(offset - len(before)))
}

// anchorAhead is an anchor in front of a value, and what may stand between.
var anchorAhead = onFirstUse(`^&[0-9A-Za-z_-]+(?:[ \t\r\n]+(?:#[^\r\n]*)?)*`)

const blanks = " \t\n\r"

func isBlank(r rune) bool { return strings.ContainsRune(blanks, r) }

// written walks over the characters of a scalar as they stand in the file.
type written struct {
	text       []byte
	style      yaml.Style
	start, end int // the character last found
}

// written stands before the first character of the text.
func (t Text) written() written {
	w := written{text: t.src.text, style: t.style}
	w.end = t.src.offset(t.Line, t.Col)
	w.end += len(anchorAhead().Find(w.text[w.end:]))
	switch {
	case t.style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		w.end++
	case t.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if eol := bytes.IndexAny(w.text[w.end:], "\r\n"); eol >= 0 {
			w.end = skipBlanks(w.text, w.end+eol)
		}
	}
	return w
}

func skipBlanks(text []byte, offset int) int {
	for offset < len(text) && isBlank(rune(text[offset])) {
		offset++
	}
	return offset
}

// next finds the next character that is no blank.
func (w *written) next() {
	for w.end < len(w.text) {
		r, size := utf8.DecodeRune(w.text[w.end:])
		w.start = w.end
		w.end += size
		switch {
		case w.style&yaml.DoubleQuotedStyle != 0 && r == '\\':
			r = w.escape()
		case w.style&yaml.SingleQuotedStyle != 0 && r == '\'':
			w.end++ // a quote in single quotes is written twice
		}
		if !isBlank(r) {
			return
		}
	}
}

// skip is the offset n blanks further on, but in the same line.
func (w *written) skip(n int) int {
	end := w.end
	for ; n > 0 && end < len(w.text) && (w.text[end] == ' ' || w.text[end] == '\t'); n-- {
		end++
	}
	return end
}

// escape reads what stands behind a backslash in double quotes, and answers the
// character meant, a blank where it is none to count.
func (w *written) escape() rune {
	if w.end >= len(w.text) {
		return ' '
	}
	c := w.text[w.end]
	w.end++
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	if digits == 0 {
		return escapes(c)
	}
	end := min(w.end+digits, len(w.text))
	r, err := strconv.ParseUint(string(w.text[w.end:end]), 16, 32)
	w.end = end
	if err != nil {
		return utf8.RuneError
	}
	return rune(r)
}

// escapes tells blanks from others, which is all that counts here.
func escapes(c byte) rune {
	switch c {
	case 't', 'n', 'r':
		return ' '
	}
	return rune(c)
}
