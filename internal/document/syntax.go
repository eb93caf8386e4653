package document

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// unreadable finds what no YAML text may hold, nil if there is nothing.
func unreadable(s *source) Problems {
	for offset := 0; offset < len(s.text); {
		r, size := utf8.DecodeRune(s.text[offset:])
		var p Problems
		switch {
		case r == utf8.RuneError && size <= 1:
			p.Add(s.at(offset), "save the file as UTF-8", "byte 0x%02X is not UTF-8 text", s.text[offset])
		case !readable(r):
			p.Add(s.at(offset), "is this a text file?", "character %U is not allowed in YAML", r)
		}
		if p != nil {
			return p
		}
		offset += size
	}
	return nil
}

// readable leaves out control characters, and the line breaks that the parser
// counts as lines but editors do not.
func readable(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return true
	case r < 0x20, r >= 0x7F && r < 0xA0, r == 0x2028, r == 0x2029, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return true
}

// maxLocated is the size of the largest text in which the column of a syntax
// error is sought, which means parsing some of it again and again.
const maxLocated = 64 << 10

var lineOfError = onFirstUse(`^(?:yaml: )?(?:line ([0-9]+): )?`)

// syntaxProblem says where and why the text is not YAML.
func syntaxProblem(s *source, err error) Problem {
	head := lineOfError().FindStringSubmatch(err.Error())
	why := strings.TrimPrefix(err.Error(), head[0])
	at := Position{File: s.name, Line: 1}
	if line, err := strconv.Atoi(head[1]); err == nil {
		at.Line = min(line, len(s.lines))
	}
	before, culprit := "", "a character that means something in YAML"
	if len(s.text) <= maxLocated {
		offset := faultIn(s.text)
		at = s.at(offset)
		before = strings.TrimSpace(string(s.text[s.lines[at.Line-1]:offset]))
		r, _ := utf8.DecodeRune(s.text[offset:])
		culprit = string(r)
	}
	return Problem{Position: at, Message: "not YAML: " + why, Hint: syntaxHint(why, before, culprit)}
}

// faultIn finds the last character of the shortest beginning of the text that
// the parser refuses for the same reason as the whole: it need not read on to
// know, so the fault is there. An empty comment comes first, because the parser
// confuses the first line with none.
func faultIn(text []byte) int {
	const comment = "#\n"
	text = append([]byte(comment), text...)
	reason := fmt.Sprint(syntaxError(text))
	shortest := len(text)
	if strings.Contains(reason, "',' or") { // said of a bracket not closed yet, too, but not behind a comma
		shortest = shortestRefused(text, ",", reason)
	}
	if shortest == len(text) {
		shortest = shortestRefused(text, "", reason)
	}
	_, size := utf8.DecodeLastRune(text[:shortest])
	return max(0, shortest-size-len(comment))
}

// shortestRefused is the length of the shortest beginning of the text that is
// refused for the reason when the suffix follows it.
func shortestRefused(text []byte, suffix, reason string) int {
	return sort.Search(len(text), func(n int) bool {
		return fmt.Sprint(syntaxError(append(text[:n:n], suffix...))) == reason
	})
}

func syntaxError(text []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		switch err := decodeNode(dec, &doc); err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// syntaxHint is the usual cure, by the parser's reason, the character where it
// gave up and what stands before that in the line.
func syntaxHint(why, before, culprit string) string {
	reason := func(text string) bool { return strings.Contains(why, text) }
	switch {
	case culprit == "\t":
		return "indent with spaces, not with tabs"
	case reason("unknown anchor"):
		return "for a text that begins with *, quote it"
	case reason("cannot start any token"), reason("alphabetic or numeric"):
		return "quote a text that begins with " + culprit
	case reason("mapping values are not allowed"):
		return `quote a text that holds ": ", or check the indentation`
	case reason("unexpected end of stream"):
		return "is a quote left open?"
	case reason("',' or ']'"):
		return "is a comma or a ] missing?"
	case reason("',' or '}'"):
		return "is a comma or a } missing?"
	case reason("expected ':'"):
		return "is a colon missing?"
	case reason("expected node content"):
		return "is a bracket left open, or one too many?"
	case reason("expected key") && before != "":
		return "quote the whole text, not a part of it"
	case reason("did not find expected"), reason("not allowed in this context"):
		return "check the indentation"
	}
	return ""
}
