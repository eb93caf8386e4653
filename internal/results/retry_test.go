package results

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// statusesOf are those of the samples that a run which goes on sees.
func statusesOf(t *testing.T, r *Run) (all []Status) {
	t.Helper()
	for s, err := range r.Samples() {
		must(t, err)
		all = append(all, s.Status)
	}
	return all
}

// A point that is tried again has lost its failures and its end, in this process
// and in the next; what fails after that counts. The tables keep all.
func TestRetry(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	points := pointsOf(t, s)[:2]
	for _, p := range points {
		must(t, r.Point(p))
		must(t, r.Append(&Sample{Point: p.Index, Status: OK, Values: values(r, 1, 1, 1)}))
		must(t, r.Append(&Sample{Point: p.Index, Rep: 1, Status: Failed, Error: "no"}))
		must(t, r.End(p.Index, GivenUp))
	}
	must(t, r.Finish(Complete))
	must(t, r.Close())
	before, err := os.ReadFile(filepath.Join(r.Dir(), JournalFile))
	must(t, err)

	r, err = Open(r.Dir())
	must(t, err)
	after, err := os.ReadFile(filepath.Join(r.Dir(), JournalFile))
	must(t, err)
	if !r.Complete() || string(before) != string(after) {
		t.Fatal("to open a complete run has changed it")
	}
	must(t, r.Retry([]int64{points[1].Index}))
	want := []Status{OK, Failed, OK}
	if got := statusesOf(t, r); r.Complete() || !slices.Equal(got, want) || r.Ended(points[1].Index) != "" || r.Ended(points[0].Index) != GivenUp {
		t.Errorf("samples %v, ended %q and %q", got, r.Ended(points[0].Index), r.Ended(points[1].Index))
	}
	must(t, r.Append(&Sample{Point: points[1].Index, Rep: 1, Status: Timeout, Error: "late"}))
	must(t, r.Close())

	r, err = Open(r.Dir()) // it was killed
	must(t, err)
	if got := statusesOf(t, r); !slices.Equal(got, append(want, Timeout)) || r.Ended(points[1].Index) != "" {
		t.Errorf("after a crash: samples %v, ended %q", got, r.Ended(points[1].Index))
	}
	must(t, r.Finish(Complete))
	must(t, r.Close())
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	if d.Rows != 5 || d.Status != Complete {
		t.Errorf("%d rows, %s", d.Rows, d.Status)
	}
	r, err = Open(r.Dir())
	must(t, err)
	if !r.Complete() {
		t.Error("the run is not complete")
	}
	must(t, r.Close())
}
