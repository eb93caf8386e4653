package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"runx/internal/document"
	"runx/internal/results"
)

func TestErrorsBecomeMessagesAndCodes(t *testing.T) {
	t.Parallel()
	var problems document.Problems
	problems.Add(document.Position{File: "a.yaml", Line: 2, Col: 3}, "did you mean b?", "unknown key %q", "c")
	tests := []struct {
		err  error
		code int
		want string
	}{
		{nil, 0, ""},
		{errors.New("it broke"), 1, "runx: it broke\n"},
		{exitError{130}, 130, ""},
		{usagef("no spec is named"), 2, "runx: no spec is named\n"},
		{withHint(usagef("no such thing"), "try %s", "this"), 2, "runx: no such thing\n  hint: try this\n"},
		{fmt.Errorf("run: %w", withHint(errors.New("inner"), "cure")), 1, "runx: run: inner\n  hint: cure\n"},
		{withHint(&results.Error{What: "full", Cure: "make room"}, "another"), 1, "runx: full\n  hint: make room\n"},
		{&results.Error{What: "odd"}, 1, "runx: odd\n"},
		{withHint(&results.Error{What: "odd"}, "cure"), 1, "runx: odd\n  hint: cure\n"},
		{errors.Join(errors.New("two\x1b[2J"), errors.New("lines")), 1, "runx: two�[2J\nlines\n"},
		{problems, 2, "a.yaml:2:3: unknown key \"c\"\n  hint: did you mean b?\n"},
	}
	for _, tt := range tests {
		var out, err strings.Builder
		code := newTerminal(nil, &out, &err).exit(tt.err)
		if code != tt.code || err.String() != tt.want || out.Len() > 0 {
			t.Errorf("exit(%v): code %d, want %d; stderr %q, want %q; stdout %q", tt.err, code, tt.code, err.String(), tt.want, out.String())
		}
	}
}

func TestWithHintOfNothing(t *testing.T) {
	t.Parallel()
	if err := withHint(nil, "cure"); err != nil {
		t.Errorf("a hint made an error of nothing: %v", err)
	}
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for want, argv := range map[string][]string{
		`runx run a.yaml -p x=1`:  {"runx", "run", "a.yaml", "-p", "x=1"},
		`echo '' 'a b' 'it'\''s'`: {"echo", "", "a b", "it's"},
		`'$HOME' 'a;b' '*'`:       {"$HOME", "a;b", "*"},
	} {
		if got := shellQuote(argv); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", argv, got, want)
		}
	}
}
