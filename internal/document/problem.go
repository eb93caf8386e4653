package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Position is a place in a file. Line and Col count from 1, Col in Unicode
// characters; 0 is unknown.
type Position struct {
	File      string
	Line, Col int
}

// IsValid tells whether the position names a line.
func (p Position) IsValid() bool { return p.Line > 0 }

// String gives "file:line:col", without the parts that are unknown.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// A Problem is one thing that is wrong in a document, with its cure where one
// is known.
type Problem struct {
	Position
	Message, Hint string
}

// String gives "file:line:col: message", and each line of the hint on a line of
// its own.
func (p Problem) String() string {
	text := p.Message
	if at := p.Position.String(); at != "" {
		text = at + ": " + text
	}
	if p.Hint != "" {
		text += "\n  hint: " + strings.ReplaceAll(p.Hint, "\n", "\n  hint: ")
	}
	return text
}

// Problems collects what is wrong in a document. The zero value is empty.
type Problems []Problem

const (
	// maxProblems bounds what is collected, so that a hostile document cannot
	// make the report larger than itself.
	maxProblems = 1000
	// maxShown bounds what a reader is shown at once.
	maxShown = 50
)

// Add notes a problem. An empty hint is none. The message may hold an error from
// elsewhere that has several lines: those that begin with "hint:" go to the
// hints, the others below the first are indented. After 1000 problems further
// ones are dropped.
func (p *Problems) Add(pos Position, hint, format string, args ...any) {
	if len(*p) >= maxProblems {
		return
	}
	message, cure := split(fmt.Sprintf(format, args...))
	if cure != "" && hint != "" {
		cure += "\n"
	}
	*p = append(*p, Problem{Position: pos, Message: message, Hint: cure + hint})
}

// split takes the hints out of a text of several lines.
func split(text string) (message, hint string) {
	message, rest, more := strings.Cut(text, "\n")
	if !more {
		return text, ""
	}
	var hints []string
	for line := range strings.SplitSeq(rest, "\n") {
		line = strings.TrimSpace(line)
		if cure, ok := strings.CutPrefix(line, "hint:"); ok {
			hints = append(hints, strings.TrimSpace(cure))
		} else if line != "" {
			message += "\n  " + line
		}
	}
	return message, strings.Join(hints, "\n")
}

// Err returns the problems as an error, nil if there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Sorted returns the problems in the order of their positions, each once.
func (p Problems) Sorted() Problems {
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Problem) int { return a.Position.compare(b.Position) })
	return slices.Compact(sorted)
}

// Error gives all problems, sorted by position, one per line, hints below; past
// the 50th it only counts.
func (p Problems) Error() string {
	sorted := p.Sorted()
	var b strings.Builder
	for i, problem := range sorted {
		if i == maxShown {
			fmt.Fprintf(&b, "\nand %d more problems", len(sorted)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(problem.String())
	}
	return b.String()
}
