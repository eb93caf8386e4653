package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"runx/spec"
	"runx/workloads/suite"
)

func vastSpec(t *testing.T, where string) *spec.Spec {
	t.Helper()
	text := "version: 1\nname: vast\nworkload: exec\nparams: {command: \"true {a} {b} {c}\"}\n" +
		"sweep: {a: {range: [1, 1000, 1]}, b: {range: [1, 1000, 1]}, c: {range: [1, 1000, 1]}}\nwhere: " + where + "\n"
	s, err := spec.Parse(t.Context(), "vast.yaml", []byte(text), spec.Options{Workloads: suite.All()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An interrupt ends the counting of a grid that takes minutes to count.
func TestAdmitIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := admit(ctx, &terminal{err: io.Discard}, "vast.yaml", vastSpec(t, "a * b * c == 1000000000 && a == 1000"))
	if e, ok := errors.AsType[exitError](err); !ok || e.code != exitInterrupted {
		t.Errorf("error %v, want the exit code of an interrupt", err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %v to end", took)
	}
}

// A run takes ten million points and not one more.
func TestAdmitKnowsTheLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		where string
		fits  bool
	}{{"a <= 10", true}, {"a <= 11", false}} {
		err := admit(t.Context(), &terminal{err: io.Discard}, "vast.yaml", vastSpec(t, tt.where))
		if (err == nil) != tt.fits {
			t.Errorf("where %s: error %v", tt.where, err)
		}
	}
}
