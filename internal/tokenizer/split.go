package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A class is what the signs of a word have in common.
type class uint8

const (
	other class = iota
	letter
	number
	space
)

func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		return classOfASCII(byte(r))
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	default:
		return other
	}
}

func classOfASCII(b byte) class {
	switch {
	case 'a' <= b|0x20 && b|0x20 <= 'z':
		return letter
	case '0' <= b && b <= '9':
		return number
	case b == ' ' || '\t' <= b && b <= '\r':
		return space
	default:
		return other
	}
}

// contractions are words of their own after any other.
var contractions = [...]string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}

// wordLen is the length of the first word of text, which is not empty. It is
// what GPT-2's expression matches first:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// Bytes that are no UTF-8 are other signs.
func wordLen(text string) int {
	if text[0] == '\'' {
		for _, c := range contractions {
			if strings.HasPrefix(text, c) {
				return len(c)
			}
		}
	}
	start := 0
	if text[0] == ' ' {
		start = 1
	}
	if start < len(text) {
		r, _ := utf8.DecodeRuneInString(text[start:])
		if c := classOf(r); c != space {
			return start + runLen(text[start:], c)
		}
	}
	n := runLen(text, space)
	if n == len(text) {
		return n
	}
	// The last one may belong to the word that follows.
	_, last := utf8.DecodeLastRuneInString(text[:n])
	if n > last {
		return n - last
	}
	return n
}

// runLen is how many bytes at the start of text are signs of class c.
func runLen(text string, c class) int {
	for i, r := range text {
		if classOf(r) != c {
			return i
		}
	}
	return len(text)
}
