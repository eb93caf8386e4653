package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"runx/internal/results"
	"runx/workloads"
)

func TestPhasesInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, checkPhasesInOrder)
}

func checkPhasesInOrder(t *testing.T) {
	l, j := &laboratory{pause: 7 * time.Millisecond}, &memory{}
	s := parse(t, l, "sweep: {x: [1, 2]}", "measure: {warmup: 2, samples: 3, order: sequential}")
	out := measure(t, s, j, Options{})
	want := strings.Fields("open verify sample sample sample sample sample close")
	for x := 1; x <= 2; x++ {
		var got []string
		for _, e := range l.events {
			if what, of, _ := strings.Cut(e, " "); of == fmt.Sprint(x) {
				got = append(got, what)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("point %d: %v, want %v", x, got, want)
		}
	}
	if out.Points != 2 || out.Finished != 2 || out.Samples != 6 || out.Interrupted || !slices.Equal(j.status, []results.RunStatus{results.Complete}) {
		t.Errorf("outcome %+v, recorded as %v", out, j.status)
	}
	for i, r := range j.rows {
		if r.Status != results.OK || r.Round != 0 || r.Rep != i%3 || r.StartedAt == 0 {
			t.Errorf("row %d: %+v", i, r)
		}
		if wall := r.Values[len(r.Values)-1]; wall != 7 {
			t.Errorf("row %d has the wall time %v ms, want 7", i, wall)
		}
		if n := r.Values[3]; n != float64(2+i%3) {
			t.Errorf("row %d is sample %v of the instance: warm-up is in the journal, or missing", i, n)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		how    string
		status results.Status
		text   string // in the error
		rows   int    // of the point: one per attempt
		opens  int
	}{
		{"fails", results.Failed, "sample: no result", 2, 1},
		{"silent", results.Failed, "recorded nothing", 2, 1},
		{"undeclared", results.Failed, `"nonsense"`, 2, 1},
		{"panics", results.Failed, "sample: panic: at sample", 2, 2}, // never sampled again after a panic
		{"open_fails", results.Failed, "open: no luck", 2, 2},
		{"open_panics", results.Failed, "open: panic: at open", 2, 2},
		{"verify_fails", results.Failed, "verify: the answer is 41", 1, 1},
		{"verify_panics", results.Failed, "verify: panic: at verify", 1, 1},
		{"unsupported", results.Skipped, "no such device", 1, 1},
		{"verify_unsupported", results.Skipped, "cannot check", 1, 1},
	} {
		t.Run(c.how, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			l, j := &laboratory{}, &memory{}
			s := parse(t, l, "sweep: {x: [1, 2]}", "params: {how: {expr: 'x == 1 ? \""+c.how+"\" : \"well\"'}}",
				"measure: {warmup: 0, samples: 3, order: sequential, retries: 1}")
			out := measure(t, s, j, Options{Log: &log})
			rows := j.of(0)
			if len(rows) != c.rows || l.count("open", 1) != c.opens {
				t.Fatalf("%d rows, opened %d times, want %d and %d: %+v", len(rows), l.count("open", 1), c.rows, c.opens, rows)
			}
			for _, r := range rows {
				if r.Status != c.status || !strings.Contains(r.Error, c.text) || r.Rep != 0 || r.StartedAt == 0 {
					t.Errorf("row %+v", r)
				}
			}
			opened := l.count("open", 1)
			if l.count("verify", 1) == 0 {
				opened = 0 // each of them failed
			}
			if l.count("close", 1) != opened {
				t.Errorf("%v: what was open is not closed", l.events)
			}
			if good := j.of(1); len(good) != 3 || good[2].Status != results.OK {
				t.Errorf("the other point: %+v", good)
			}
			if c.status == results.Skipped && out.Skipped != 1 || c.status == results.Failed && out.Failed != 1 || out.Finished != 1 {
				t.Errorf("outcome %+v", out)
			}
			if strings.Contains(c.how, "panics") && !strings.Contains(log.String(), "fakes_test.go") {
				t.Errorf("the log has no stack: %s", log.String())
			}
		})
	}
}

func TestRetriesAreRows(t *testing.T) {
	t.Parallel()
	j := &memory{}
	l := &laboratory{fail: func(_, sample int) error {
		if sample == 1 || sample == 2 {
			return fmt.Errorf("flake %d", sample)
		}
		return nil
	}}
	out := measure(t, parse(t, l, "measure: {warmup: 0, samples: 3, retries: 2}"), j, Options{})
	type row struct {
		rep    int
		status results.Status
	}
	var got []row
	for _, r := range j.rows {
		got = append(got, row{r.Rep, r.Status})
	}
	want := []row{{0, results.OK}, {1, results.Failed}, {1, results.Failed}, {1, results.OK}, {2, results.OK}}
	if !slices.Equal(got, want) || out.Finished != 1 || out.FailedSamples != 2 || out.Samples != 5 {
		t.Errorf("rows %v, want %v; %+v", got, want, out)
	}
}

// Each attempt is a row with a time of its own.
func TestRetriesHaveTheirOwnTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now().UnixMicro()
		j := &memory{}
		measure(t, parse(t, &laboratory{pause: 5 * time.Millisecond}, "params: {how: fails}", "measure: {warmup: 0, samples: 1, retries: 2}"), j, Options{})
		for i, r := range j.rows {
			if took := r.StartedAt - began; len(j.rows) != 3 || took != int64(i)*5000 {
				t.Errorf("attempt %d of %d began after %d µs", i, len(j.rows), took)
			}
		}
	})
}

// A grid that was too large to be looked through before has no point.
func TestNoPointAtAll(t *testing.T) {
	t.Parallel()
	s := parse(t, &laboratory{}, "sweep: {x: {range: [1, 700000, 1]}}", "where: x % 2 == 0 && x % 2 == 1", "measure: {samples: 1}")
	if _, err := measureContext(t.Context(), s, &memory{}, Options{}); err == nil || !strings.Contains(err.Error(), "none of 700000 is left") {
		t.Errorf("error %v", err)
	}
}

// An error of any length is a row, and the run goes on.
func TestLongErrors(t *testing.T) {
	t.Parallel()
	long := "it began so é" + strings.Repeat("é", 10<<20) + "é and ended thus"
	l := &laboratory{fail: func(_, sample int) error {
		if sample == 0 {
			return errors.New(long)
		}
		return nil
	}}
	s := parse(t, l, "measure: {warmup: 0, samples: 2, on_error: continue}")
	run, err := results.Create(t.TempDir(), s, results.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if out := measure(t, s, run, Options{}); out.Samples != 2 || out.FailedSamples != 1 || out.Finished != 1 {
		t.Errorf("%+v", out)
	}
	for row, err := range run.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		begins, ends := strings.HasPrefix(row.Error, "sample: it began so é"), strings.HasSuffix(row.Error, "é and ended thus")
		if row.Status == results.Failed && (!begins || !ends || !utf8.ValidString(row.Error) || len(row.Error) > 2*maxError) {
			t.Errorf("%d bytes of the error: %.60q", len(row.Error), row.Error)
		}
	}
}

func TestOnError(t *testing.T) {
	t.Parallel()
	broken := func(_, sample int) error {
		if sample == 1 {
			return errors.New("broken")
		}
		return nil
	}
	for _, c := range []struct {
		onError                string
		rows, failed, finished int
		stopped                bool
		status                 results.RunStatus
	}{
		{"skip", 4, 2, 0, false, results.Complete},
		{"continue", 6, 0, 2, false, results.Complete},
		{"stop", 2, 1, 0, true, results.Broken},
	} {
		t.Run(c.onError, func(t *testing.T) {
			t.Parallel()
			j := &memory{}
			s := parse(t, &laboratory{fail: broken}, "sweep: {x: [1, 2]}", "measure: {warmup: 0, samples: 3, order: sequential, on_error: "+c.onError+"}")
			s.Workload.Open = (&laboratory{fail: broken}).open
			out := measure(t, s, j, Options{})
			if len(j.rows) != c.rows || out.Failed != c.failed || out.Finished != c.finished {
				t.Errorf("%d rows, %+v", len(j.rows), out)
			}
			if (out.Stopped != "") != c.stopped || !slices.Equal(j.status, []results.RunStatus{c.status}) {
				t.Errorf("stopped %q, recorded as %v", out.Stopped, j.status)
			}
			if c.stopped && !strings.Contains(out.Stopped, "broken") {
				t.Errorf("stopped because of %q", out.Stopped)
			}
			if warned := hasWarning(out, "samples missing"); warned != (c.onError == "continue") {
				t.Errorf("warnings %v", out.Warnings)
			}
		})
	}
}

func hasWarning(out Outcome, text string) bool {
	return slices.ContainsFunc(out.Warnings, func(w results.Warning) bool { return strings.Contains(w.Message, text) && w.Cure != "" })
}

// To go on after on_error: stop is to try again what failed.
func TestResumeAfterStop(t *testing.T) {
	t.Parallel()
	bad := true
	l := &laboratory{fail: func(int, int) error {
		if bad {
			return errors.New("the network is down")
		}
		return nil
	}}
	j := &memory{}
	s := parse(t, l, "measure: {samples: 2, on_error: stop}")
	if out := measure(t, s, j, Options{}); out.Stopped == "" {
		t.Fatalf("%+v", out)
	}
	bad = false
	if out := measure(t, s, j, Options{}); out.Finished != 1 || len(j.rows) != 3 {
		t.Errorf("%+v, rows %+v", out, j.rows)
	}
}

func TestTimeoutInThisProcess(t *testing.T) {
	t.Parallel()
	for how, took := range map[string]string{"hangs": "10ms", "late": "30ms"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &memory{}
				s := parse(t, &laboratory{}, "params: {how: "+how+"}", "measure: {warmup: 0, samples: 3, timeout: 10ms, on_error: continue}")
				out := measure(t, s, j, Options{})
				if len(j.rows) != 3 || out.Failed != 1 || out.FailedSamples != 3 {
					t.Fatalf("%d rows, %+v", len(j.rows), out)
				}
				for _, r := range j.rows {
					if r.Status != results.Timeout || r.Error != "sample: it took "+took+", the timeout is 10ms" {
						t.Errorf("row %+v", r)
					}
					if how == "late" && (len(r.Values) == 0 || math.IsNaN(r.Values[0])) {
						t.Errorf("what was measured late is dropped: %v", r.Values)
					}
				}
				if hasWarning(out, "went on after the timeout") != (how == "late") {
					t.Errorf("warnings %v", out.Warnings)
				}
			})
		})
	}
}

// The timeout is that of one sample, so quick ones are not hit by the time of
// those before them.
func TestTimeoutIsPerSample(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := parse(t, &laboratory{pause: 59 * time.Millisecond}, "measure: {samples: 20, timeout: 60ms}")
		if out := measure(t, s, &memory{}, Options{}); out.Finished != 1 || out.FailedSamples != 0 {
			t.Errorf("%+v", out)
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, measure string
		want          int // samples of 4 ms
		warned        bool
	}{
		{"spent", "{warmup: 0, samples: {min: 2, max: 1000}, budget: 40ms}", 10, true},
		{"spent with the warm-up", "{warmup: 3, samples: {min: 2, max: 1000}, budget: 40ms}", 7, true},
		{"spent before min", "{warmup: 0, samples: {min: 15, max: 1000}, budget: 40ms}", 15, true},
		{"far exceeded", "{warmup: 0, samples: 1000, budget: 20ms}", 15, true},
		{"kept", "{warmup: 0, samples: 3, budget: 10s}", 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &memory{}
				out := measure(t, parse(t, &laboratory{pause: 4 * time.Millisecond}, "measure: "+c.measure), j, Options{})
				if n := len(j.rows); n != c.want || out.Finished != 1 {
					t.Errorf("%d samples, want %d; %+v", n, c.want, out)
				}
				if c.name == "far exceeded" && !hasWarning(out, "at n=15, fewer than the least of 1000)") {
					t.Errorf("warnings %v", out.Warnings)
				}
				if hasWarning(out, "budget") != c.warned {
					t.Errorf("warnings %v", out.Warnings)
				}
			})
		})
	}
}

func TestManyRowsOfOneRepetition(t *testing.T) {
	t.Parallel()
	j := &memory{}
	out := measure(t, parse(t, &laboratory{rows: 4}, "measure: {samples: 3}"), j, Options{})
	if len(j.rows) != 12 || out.Finished != 1 {
		t.Fatalf("%d rows, %+v", len(j.rows), out)
	}
	for i, r := range j.rows {
		if r.Rep != i/4 {
			t.Errorf("row %d is of repetition %d", i, r.Rep)
		}
	}
	// Going on takes up the repetition that is missing.
	again := &memory{points: j.points, rows: slices.Clone(j.rows[:8])}
	w := &witness{}
	measure(t, parse(t, &laboratory{rows: 4}, "measure: {samples: 3}"), again, Options{Observer: w})
	if len(again.rows) != 12 || again.rows[8].Rep != 2 || len(w.told) != 1 || w.told[0].Samples != 3 {
		t.Errorf("%d rows after going on, told %+v", len(again.rows), w.told)
	}
}

// The first sample tells that it takes 1 ms; a call then takes as many as fill
// 50 ms.
func TestBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, j := &laboratory{many: true, pause: time.Millisecond}, &memory{}
		s := parse(t, l, "measure: {warmup: 1, samples: 100, order: sequential}")
		out := measure(t, s, j, Options{})
		if len(j.rows) != 100 || out.Finished != 1 {
			t.Fatalf("%d rows, %+v", len(j.rows), out)
		}
		for i, r := range j.rows {
			if r.Rep != i {
				t.Errorf("row %d is of repetition %d", i, r.Rep)
			}
		}
		var batches []string
		for _, e := range l.events {
			if strings.HasPrefix(e, "sample") && !strings.HasPrefix(e, "sample ") {
				batches = append(batches, e)
			}
		}
		if want := []string{"sample50 0", "sample49 0"}; !slices.Equal(batches, want) {
			t.Errorf("asked for %v, want %v", batches, want)
		}
		if n := l.count("sample", 0); n != 101 {
			t.Errorf("%d samples were taken for 100 and a warm-up", n)
		}
	})
}

// What a batch yields before it fails is kept, and the failure is the next
// repetition.
func TestBatchThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &memory{}
		l := &laboratory{many: true, pause: time.Millisecond, fail: func(_, sample int) error {
			if sample == 17 {
				return errors.New("broken")
			}
			return nil
		}}
		measure(t, parse(t, l, "measure: {warmup: 0, samples: 40, order: sequential, on_error: continue}"), j, Options{})
		if len(j.rows) != 40 {
			t.Fatalf("%d rows", len(j.rows))
		}
		if !slices.Contains(l.events, "sample39 0") {
			t.Errorf("never asked for many: %v", l.events)
		}
		for i, r := range j.rows {
			if r.Rep != i || (r.Status == results.OK) != (i != 17) {
				t.Errorf("row %d: rep %d, %s %s", i, r.Rep, r.Status, r.Error)
			}
		}
	})
}

func TestJournalThatFails(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	l := &laboratory{}
	j := &memory{fail: func(n int) error {
		if n == 4 {
			return full
		}
		return nil
	}}
	s := parse(t, l, "sweep: {x: [1, 2]}", "measure: {samples: 3}")
	_, err := measureContext(t.Context(), s, j, Options{})
	if !errors.Is(err, full) || !strings.Contains(err.Error(), "record sample") {
		t.Errorf("error %v", err)
	}
	if len(j.rows) != 4 {
		t.Errorf("%d rows are kept", len(j.rows))
	}
	if l.count("close", 1) != 1 || l.count("close", 2) != 1 {
		t.Errorf("something stays open: %v", l.events)
	}
}

// The seed of an instance depends on the spec's and on the point, not on the
// order, and one that is opened again draws something else.
func TestSeeds(t *testing.T) {
	t.Parallel()
	seeds := func(order string, seed int) []uint64 {
		l := &laboratory{}
		s := parse(t, l, "sweep: {x: [1, 2, 3]}", fmt.Sprintf("measure: {samples: 1, order: %s, seed: %d}", order, seed))
		measure(t, s, &memory{}, Options{})
		return slices.Sorted(slices.Values(l.seeds))
	}
	if a, b := seeds("sequential", 1), seeds("shuffled", 1); !slices.Equal(a, b) {
		t.Errorf("the order changes the seeds: %v, %v", a, b)
	}
	if a, b := seeds("sequential", 1), seeds("sequential", 2); slices.Equal(a, b) {
		t.Error("the seed of the spec changes nothing")
	}
	l := &laboratory{}
	s := parse(t, l, "measure: {samples: 5, on_error: continue}")
	l.fail = func(_, sample int) error {
		if sample == 1 {
			panic("away with this instance")
		}
		return nil
	}
	measure(t, s, &memory{}, Options{})
	if len(l.seeds) < 2 || l.seeds[0] == l.seeds[1] {
		t.Errorf("seeds of the instances of a point: %v", l.seeds)
	}
}

func TestIsolationNeedsACommand(t *testing.T) {
	t.Parallel()
	s := parse(t, &laboratory{}, "measure: {samples: 1, isolate: point}")
	if _, err := measureContext(t.Context(), s, &memory{}, Options{}); err == nil || !strings.Contains(err.Error(), "isolate: point") {
		t.Errorf("error %v", err)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, checkDeadline)
}

func checkDeadline(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	d := newDeadline(parent)
	defer func() { d.close() }()
	for range 3 {
		d.arm(time.Hour)
		if d.Err() != nil || d.disarm() {
			t.Fatal("it passed at once")
		}
		armed := time.Now()
		d.arm(time.Millisecond)
		<-d.Done()
		if took := time.Since(armed); took != time.Millisecond {
			t.Fatalf("it passed after %v", took)
		}
		if !errors.Is(d.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(d), context.DeadlineExceeded) || !d.disarm() {
			t.Fatalf("after the limit: %v, %v", d.Err(), context.Cause(d))
		}
		over := d
		if d = d.renewed(); d.Err() != nil {
			t.Fatal("the next one is over too")
		}
		// Whoever derived a context from it may look only now.
		if <-over.Done(); !errors.Is(over.Err(), context.DeadlineExceeded) {
			t.Fatalf("what was over is not: %v", over.Err())
		}
	}
	if d.renewed() != d {
		t.Error("one that is not over is replaced")
	}
	derived, release := context.WithCancel(d)
	defer release()
	d.arm(time.Millisecond)
	<-derived.Done()
	d.disarm()
	d = d.renewed()
	d.arm(time.Hour)
	if at, ok := d.Deadline(); !ok || time.Until(at) != time.Hour {
		t.Errorf("deadline %v, %t", at, ok)
	}
	cancel()
	<-d.Done()
	if d.disarm(); !errors.Is(d.Err(), context.Canceled) || d.renewed() != d {
		t.Errorf("after the parent ended: %v", d.Err())
	}
}

var _ workloads.Verifier = (*fake)(nil)
