package runner

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"runx/internal/results"
)

// interruptedAt runs until the point x is sampled for the first time, and tells
// what the journal holds of the first point.
func interruptedAt(t *testing.T, l *laboratory, j *memory, x int, lines ...string) []results.Sample {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l.sampled = func(at int) {
		if at == x {
			cancel()
		}
	}
	out, err := measureContext(ctx, parse(t, l, lines...), j, Options{})
	if err != nil || !out.Interrupted {
		t.Fatalf("%+v, %v", out, err)
	}
	l.sampled = nil
	return j.of(0)
}

// The rows of a point do not show what its warm-up took, so they do not show
// that its budget is spent.
func TestSpentBudgetIsNotSpentAgain(t *testing.T) {
	t.Parallel()
	for name, samples := range map[string]string{"beyond min": "{min: 2, max: 1000}", "before min": "1000"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l, j := &laboratory{pause: 4 * time.Millisecond}, &memory{}
				lines := []string{"sweep: {x: [1, 2]}", "measure: {warmup: 5, samples: " + samples + ", budget: 40ms, order: sequential}"}
				before := interruptedAt(t, l, j, 2, lines...)
				out := measure(t, parse(t, l, lines...), j, Options{})
				if after := j.of(0); len(after) != len(before) || len(j.of(1)) == 0 || out.Finished != 2 || l.count("open", 1) != 1 {
					t.Errorf("%d samples became %d; %+v, %v", len(before), len(after), out, l.events)
				}
				if !hasWarning(out, "2 points spent the budget") {
					t.Errorf("warnings %v", out.Warnings)
				}
			})
		})
	}
}

// A point that was given up stays so, though its rows could be those of one that
// goes on: on_error says continue, or there are retries left.
func TestGivenUpStaysSo(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"verify_fails", "open_fails"} {
		for _, onError := range []string{"continue", "skip"} {
			t.Run(how+" "+onError, func(t *testing.T) {
				t.Parallel()
				l, j := &laboratory{}, &memory{}
				lines := []string{
					"sweep: {x: [1, 2]}", "params: {how: {expr: 'x == 1 ? \"" + how + "\" : \"well\"'}}",
					"measure: {warmup: 0, samples: 3, order: sequential, retries: 1, on_error: " + onError + "}",
				}
				before := interruptedAt(t, l, j, 2, lines...)
				out := measure(t, parse(t, l, lines...), j, Options{})
				if after := j.of(0); len(after) != len(before) || out.Failed != 1 || out.Finished != 1 {
					t.Errorf("%d rows became %d; %+v", len(before), len(after), out)
				}
			})
		}
	}
}

// What failed to verify is verified before it is measured, also by the process
// that goes on.
func TestResumeVerifiesWhatWasNot(t *testing.T) {
	t.Parallel()
	l, j := &laboratory{}, &memory{}
	for run := range 2 {
		out := measure(t, parse(t, l, "params: {how: verify_fails}", "measure: {samples: 3, on_error: stop}"), j, Options{})
		if out.Stopped == "" || l.count("verify", 0) != run+1 || l.count("sample", 0) != 0 {
			t.Fatalf("run %d: %+v, %v", run, out, l.events)
		}
	}
	if slices.ContainsFunc(j.rows, func(r results.Sample) bool { return r.Status == results.OK }) {
		t.Errorf("a wrong answer was measured: %+v", j.rows)
	}
}

// A budget so large that its multiples do not fit a duration is none.
func TestHugeBudget(t *testing.T) {
	t.Parallel()
	j := &memory{}
	out := measure(t, parse(t, &laboratory{}, fmt.Sprintf("measure: {samples: 5, budget: %dh}", 100*365*24)), j, Options{})
	if len(j.rows) != 5 || out.Finished != 1 {
		t.Errorf("%d samples, %+v", len(j.rows), out)
	}
}

// A run that goes on knows of the rows of each repetition what it knew before.
func TestResumeTakesRowsForRepetitions(t *testing.T) {
	t.Parallel()
	l, j := &laboratory{rows: 7, value: func(_, n int) float64 { return 1 + float64(n*7919%101) }}, &memory{}
	lines := []string{"sweep: {x: [1, 2]}", "measure: {warmup: 0, samples: 12, order: sequential}"}
	interruptedAt(t, l, j, 2, lines...)
	w := &witness{}
	var last Estimate
	w.look = func(p *Progress) { last, _ = p.Estimate() }
	measure(t, parse(t, l, lines...), j, Options{Observer: w})
	e, err := newReader(t.Context(), parse(t, l, lines...), readOnly{j})
	if err != nil {
		t.Fatal(err)
	}
	e.spec.Measure.Samples.Max = 13 // so that no point is done and lets go of its values
	if err := e.resume(); err != nil {
		t.Fatal(err)
	}
	again, _ := e.watch.estimate(&e.points[1])
	if len(j.rows) != 2*12*7 || last.Samples != 12 || last != again || len(e.points[0].values) != 12 {
		t.Errorf("%d rows; measured %+v, read again %+v", len(j.rows), last, again)
	}
}
