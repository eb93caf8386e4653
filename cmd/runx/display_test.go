package main

import (
	"io"
	"strings"
	"testing"

	"runx/runner"
)

// The first interrupt says what it waits for.
func TestInterruptNamesWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	term := newTerminal(strings.NewReader(""), io.Discard, io.Discard)
	d := blind(term)
	for _, c := range []struct {
		opening bool
		want    string
	}{{false, "ending the current sample"}, {true, "waiting for a point that is being opened"}, {false, "ending the current sample"}} {
		d.Opening(runner.Progress{Opening: c.opening})
		if got := term.underWay(); got != c.want {
			t.Errorf("opening %t: %q, want %q", c.opening, got, c.want)
		}
	}
}
