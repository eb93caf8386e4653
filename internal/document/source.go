package document

import (
	"sort"
	"unicode/utf8"
)

// A source is one text that nodes were read from: a file, or the value of a
// command-line flag.
type source struct {
	name  string
	text  []byte
	lines []int // the offset at which each line begins
}

func newSource(name string, text []byte) *source {
	s := &source{name: name, text: text, lines: []int{0}}
	for i, c := range text {
		crlf := c == '\r' && i+1 < len(text) && text[i+1] == '\n'
		if c == '\n' || c == '\r' && !crlf {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// at is the position of a byte offset.
func (s *source) at(offset int) Position {
	line := sort.SearchInts(s.lines, offset+1)
	col := utf8.RuneCount(s.text[s.lines[line-1]:offset]) + 1
	return Position{File: s.name, Line: line, Col: col}
}

// offset is the byte offset of a line and column, the end of the text for one
// that is not in it.
func (s *source) offset(line, col int) int {
	if line < 1 || line > len(s.lines) {
		return len(s.text)
	}
	offset := s.lines[line-1]
	for ; col > 1 && offset < len(s.text); col-- {
		_, size := utf8.DecodeRune(s.text[offset:])
		offset += size
	}
	return offset
}
