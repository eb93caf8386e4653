package main

import (
	"fmt"
	"strings"

	"runx/internal/report"
	"runx/internal/results"
	"runx/runner"
)

// What is shown of why samples failed: of the most frequent reasons the first
// line and the last ones, where a program says at its end what was wrong.
const (
	shownReasons     = 3
	shownReasonLines = 8
)

// reasons prints why samples failed, or why points were skipped, as wanted.
func (t *terminal) reasons(all []runner.Reason, want func(results.Status) bool) {
	width := t.errWidth()
	shown := 0
	for _, r := range all {
		if !want(r.Status) {
			continue
		}
		if shown++; shown > shownReasons {
			continue
		}
		first, rest, _ := strings.Cut(strings.TrimSpace(r.Error), "\n")
		fmt.Fprintln(t.err, report.Wrap("  "+plural(r.Count, "time")+": "+report.Printable(first), width, 4))
		for _, line := range lastLines(rest, shownReasonLines-1) {
			fmt.Fprintln(t.err, report.Wrap("    "+report.Printable(line), width, 4))
		}
	}
	if more := shown - shownReasons; more > 0 {
		fmt.Fprintf(t.err, "  ... and for %s\n", plural(int64(more), "other reason"))
	}
}

// lastLines are the last n lines of a text; what is left out shows as dots.
func lastLines(text string, n int) []string {
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	if len(lines) <= n {
		return lines
	}
	return append([]string{"..."}, lines[len(lines)-n+1:]...)
}
