package runner

import (
	"slices"
	"testing"
)

// What a run says when it ends is said of it later, and nothing is recorded.
func TestReviewSaysWhatTheRunSaid(t *testing.T) {
	t.Parallel()
	l, j := &laboratory{value: func(_, n int) float64 { return 1 + float64(n*7919%101) }}, &memory{}
	lines := []string{
		"sweep: {x: [1, 2, 3]}", "params: {how: {expr: 'x == 2 ? \"fails\" : x == 3 ? \"unsupported\" : \"well\"'}}",
		"measure: {samples: 30, order: sequential}",
	}
	said := measure(t, parse(t, l, lines...), j, Options{})
	before := len(l.events)
	j.ended = nil // the samples show it
	again, err := review(t.Context(), parse(t, l, lines...), j, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.FailedPoints, []int64{1}) {
		t.Errorf("the points that failed are %v", again.FailedPoints)
	}
	a, b := said, again.Outcome
	if a.Points != b.Points || a.Finished != b.Finished || a.Failed != b.Failed || a.Skipped != b.Skipped ||
		a.Samples != b.Samples || a.FailedSamples != b.FailedSamples || !slices.Equal(a.Reasons, b.Reasons) {
		t.Errorf("the run said %+v, later it is %+v", a, b)
	}
	if !hasWarning(b, "the median latency is known to") || !hasWarning(a, "the median latency is known to") {
		t.Errorf("warnings %v and %v", a.Warnings, b.Warnings)
	}
	if len(j.status) != 1 || j.ended != nil || len(l.events) != before {
		t.Errorf("a review recorded or measured: %v, %v", j.status, l.events[before:])
	}
}
