package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"runx/internal/claims"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/runner"
	"runx/spec"
)

// How a run ended decides its exit code, whatever its claims amount to.
func TestHowARunEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		outcome runner.Outcome
		code    int
		says    string
	}{
		{"done", runner.Outcome{Points: 2, Finished: 2}, exitDone, ""},
		{"some skipped", runner.Outcome{Points: 2, Finished: 1, Skipped: 1}, exitDone, "1 point cannot be measured here"},
		{"all skipped", runner.Outcome{Points: 2, Skipped: 2}, exitFailed, "nothing was measured: no point of s can be measured here"},
		{"some failed", runner.Outcome{Points: 2, Finished: 1, Failed: 1}, exitFailed, "1 point of 2 failed"},
		{"interrupted", runner.Outcome{Points: 2, Failed: 1, Interrupted: true}, exitInterrupted, "interrupted with 1 point to go"},
		{"stopped", runner.Outcome{Points: 2, Stopped: "no luck"}, exitFailed, "stopped, as on_error says: no luck"},
	} {
		var out, said strings.Builder
		x := &execution{t: newTerminal(nil, &out, &said), spec: &spec.Spec{Name: "s"}, dir: "out/s/r"}
		if code := x.t.exit(x.ended(tt.outcome)); code != tt.code || !strings.Contains(said.String(), tt.says) {
			t.Errorf("%s: code %d, want %d; it says\n%s", tt.name, code, tt.code, &said)
		}
	}
}

// Under --strict the verdicts have a say, a refuted claim before one that is
// inconclusive, and what failed before both.
func TestStrictly(t *testing.T) {
	t.Parallel()
	const yes, no, unknown = claims.Supported, claims.Refuted, claims.Inconclusive
	for _, tt := range []struct {
		verdicts []claims.Verdict
		code     int
	}{
		{nil, exitDone},
		{[]claims.Verdict{yes, yes}, exitDone},
		{[]claims.Verdict{yes, unknown, yes}, exitInconclusive},
		{[]claims.Verdict{unknown, no, unknown}, exitRefuted},
		{[]claims.Verdict{no, unknown}, exitRefuted},
	} {
		var r reading
		for _, v := range tt.verdicts {
			r.judgements = append(r.judgements, claims.Judgement{Verdict: v})
		}
		terminal := newTerminal(nil, nil, nil)
		if err := r.strictly(false); err != nil {
			t.Errorf("%v without --strict: %v", tt.verdicts, err)
		}
		if code := terminal.exit(r.strictly(true)); code != tt.code {
			t.Errorf("%v: code %d, want %d", tt.verdicts, code, tt.code)
		}
		if code := terminal.exit(errors.Join(exitError{exitFailed}, r.strictly(true))); code != exitFailed {
			t.Errorf("%v after a failure: code %d, want %d", tt.verdicts, code, exitFailed)
		}
	}
}

// Of runs that ended with different codes the gravest counts.
func TestWorse(t *testing.T) {
	t.Parallel()
	order := []int{exitDone, exitInconclusive, exitRefuted, exitFailed}
	for i, a := range order {
		for j, b := range order {
			if got := worse(a, b); got != order[max(i, j)] {
				t.Errorf("worse(%d, %d) = %d", a, b, got)
			}
		}
	}
}

// A warning is told once, however many groups and claims it is about.
func TestWarningsOfClaims(t *testing.T) {
	t.Parallel()
	few, odd := stats.Warning{What: "few samples", Cure: "take more"}, stats.Warning{What: "odd"}
	r := reading{judgements: []claims.Judgement{
		{Claim: "a", Group: []claims.Setting{{Param: "size", Value: int64(4)}}, Warnings: []stats.Warning{few}},
		{Claim: "a", Warnings: []stats.Warning{{What: "even fewer samples", Cure: few.Cure}}},
		{Claim: "b", Warnings: []stats.Warning{few, odd}},
		{Claim: "c", Warnings: []stats.Warning{few}},
	}}
	want := []results.Warning{
		{Message: `claim "a" at size=4, and likewise in 1 more group and 2 other claims: few samples`, Cure: "take more"},
		{Message: `claim "b": odd`},
	}
	if got := r.warnings(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
