package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/term"

	"runx/internal/document"
	"runx/internal/report"
)

// The exit codes, as the README promises them.
const (
	exitDone         = 0
	exitFailed       = 1 // some points failed, or the run itself did
	exitUsage        = 2 // bad usage or a bad spec
	exitRefuted      = 3 // --strict: a claim is refuted
	exitInconclusive = 4 // --strict: none is, but one is inconclusive
	exitInterrupted  = 130
)

// A usageError is a mistake in how runx was called or in a spec.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef makes a usage error.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// A hintedError comes with its cure.
type hintedError struct {
	err  error
	hint string
}

func (e hintedError) Error() string { return e.err.Error() }
func (e hintedError) Unwrap() error { return e.err }

// Hint returns the cure.
func (e hintedError) Hint() string { return e.hint }

// A hinter is an error that knows its cure; those of other packages are too.
type hinter interface {
	error
	Hint() string
}

// withHint adds a cure to an error that does not know its own.
func withHint(err error, format string, args ...any) error {
	if known, knows := errors.AsType[hinter](err); err == nil || knows && known.Hint() != "" {
		return err
	}
	return hintedError{err, fmt.Sprintf(format, args...)}
}

// An exitError ends the program with a code after all that is to be said has
// been said.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// terminal is where a command speaks: results to out, all else to err. Every
// message of runx passes through it, so that all have one voice: lower case,
// no final period, what happened, then the cure on a line of its own.
type terminal struct {
	in             io.Reader
	out, err       io.Writer
	outTTY, errTTY bool
	color          bool
	live           bool   // err can be redrawn
	ascii          bool   // the locale knows no more than ASCII
	program        string // what starts runx again; see commands

	// mu keeps apart what the measuring goroutine draws and the note of an
	// interrupt; block is what is drawn now, nil for nothing, and opening says
	// that a point is being opened.
	mu      sync.Mutex
	block   *report.Block
	opening bool
}

func newTerminal(in io.Reader, out, err io.Writer) *terminal {
	t := &terminal{in: in, out: out, err: err, outTTY: isTerminal(out), errTTY: isTerminal(err)}
	dumb := os.Getenv("TERM") == "dumb"
	t.color = os.Getenv("NO_COLOR") == "" && !dumb
	t.live = t.errTTY && !dumb
	t.ascii = !speaksUTF8()
	return t
}

// speaksUTF8 tells whether the locale can show more than ASCII. Where none is set
// nobody has said otherwise.
func speaksUTF8() bool {
	locale := strings.ToLower(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG"), "utf-8"))
	return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// outStyle and errStyle mark up text for the stream that takes it.
func (t *terminal) outStyle() report.Style {
	return report.Style{Color: t.color && t.outTTY, ASCII: t.ascii}
}
func (t *terminal) errStyle() report.Style {
	return report.Style{Color: t.color && t.errTTY, ASCII: t.ascii}
}

// outWidth is the width of the terminal that takes results; 0 where they go
// elsewhere and nothing needs to be hidden.
func (t *terminal) outWidth() int { return widthOf(t.out) }

// plainWidth is how wide a result is that is not for a terminal: as a log or a
// mail bears it.
const plainWidth = 120

// readWidth is the width in which a person reads a result: that of the terminal
// unless COLUMNS says otherwise.
func (t *terminal) readWidth() int { return cmp.Or(columns(), t.outWidth(), plainWidth) }

// columns is what the environment says of the width; 0 where it says nothing.
func columns() int {
	n, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// errWidth is the width of the terminal that takes messages, or what COLUMNS
// narrows it to: the live block must not wrap.
func (t *terminal) errWidth() int {
	width := widthOf(t.err)
	if n := columns(); n > 0 {
		return min(width, n)
	}
	return width
}

// fallbackWidth is that of a terminal that does not tell.
const fallbackWidth = 80

func widthOf(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return fallbackWidth
	}
	return width
}

// heading names what the table below it is about.
func (t *terminal) heading(name, title string) {
	fmt.Fprintln(t.out, t.outStyle().Bold(report.Printable(strings.TrimSpace(name+"  "+title))))
}

// clear takes the live block away, so that other lines can be written.
func (t *terminal) clear() {
	if t.block != nil {
		// What cannot be cleared was not drawn either.
		_ = t.block.Clear()
	}
}

// note says what happened.
func (t *terminal) note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear()
	fmt.Fprintln(t.err, "runx: "+printableLines(fmt.Sprintf(format, args...)))
}

// warn says what may spoil the result, and its cure.
func (t *terminal) warn(message, hint string) {
	width := t.errWidth()
	text := report.Wrap("warning: "+report.Printable(message), width, 9)
	fmt.Fprintln(t.err, t.errStyle().Warn("warning:")+strings.TrimPrefix(text, "warning:"))
	if hint != "" {
		fmt.Fprintln(t.err, report.Wrap("  hint: "+report.Printable(t.commands(hint)), width, 8))
	}
}

// hint says the cure of what was said before. It is not wrapped: what it says to
// type can be copied.
func (t *terminal) hint(format string, args ...any) {
	fmt.Fprintln(t.err, "  hint: "+printableLines(t.commands(fmt.Sprintf(format, args...))))
}

// problems prints the warnings of a spec, each at its place.
func (t *terminal) problems(ps document.Problems) {
	for _, p := range ps {
		hint := p.Hint
		p.Hint = ""
		t.warn(p.String(), hint)
	}
}

// exit turns what a command returned into a message and an exit code.
func (t *terminal) exit(err error) int {
	if err == nil {
		return exitDone
	}
	if e, ok := errors.AsType[exitError](err); ok {
		return e.code
	}
	t.writeError(err)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[document.Problems](err); ok {
		return exitUsage
	}
	return exitFailed
}

// writeError prints an error and its hint. The problems of a spec stand as
// they are: each begins with its place, which editors make a link of.
func (t *terminal) writeError(err error) {
	if ps, ok := errors.AsType[document.Problems](err); ok {
		fmt.Fprintln(t.err, printableLines(ps.Error()))
		return
	}
	fmt.Fprintln(t.err, "runx: "+printableLines(err.Error()))
	if h, ok := errors.AsType[hinter](err); ok && h.Hint() != "" {
		t.hint("%s", h.Hint())
	}
}

// printableLines keeps the line breaks of a message and nothing else that a
// terminal would obey.
func printableLines(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range lines {
		lines[i] = report.Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}
