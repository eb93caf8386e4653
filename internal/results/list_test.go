package results

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runx/spec"
)

func TestRunsOfOneSecondAreOrderedByWhenTheyBegan(t *testing.T) {
	t.Parallel()
	root, s := t.TempDir(), parseSpec(t, probeSpec)
	const second = "20260101t000000z-"
	ids := []string{second + "ffff", second + "0000", second + "7777"} // as they begin
	for _, id := range ids {
		runAt(t, root, id, s, Complete)
		_, err := Link(root, "demo")
		must(t, err)
		if target, _ := os.Readlink(filepath.Join(root, "demo.parquet")); target != "demo/"+id+"/samples.parquet" {
			t.Errorf("after run %s the link leads to %s", id, target)
		}
	}
	runs, err := List(root)
	must(t, err)
	for i, r := range runs {
		if r.ID != ids[i] {
			t.Errorf("run %d is %s, want %s", i, r.ID, ids[i])
		}
	}
}

// runAt makes a run with one sample, ended as told, with its tables.
func runAt(t *testing.T, root, id string, s *spec.Spec, status RunStatus) *Run {
	t.Helper()
	r, err := Create(root, s, CreateOptions{RunID: id})
	must(t, err)
	p := pointsOf(t, s)[0]
	must(t, r.Point(p))
	must(t, r.Append(&Sample{Point: p.Index, Status: OK, Values: values(r, 1, 1, 1)}))
	if status != "" {
		must(t, r.Finish(status))
	}
	must(t, r.Close())
	_, err = Derive(t.Context(), r.Dir())
	must(t, err)
	return r
}

const (
	id1 = "20260101t000000z-0001"
	id2 = "20260102t000000z-0002"
	id3 = "20260103t000000z-0003"
)

func TestListAndFind(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "o[u]t") // its name is no pattern
	demo, other := parseSpec(t, probeSpec), parseSpec(t, strings.Replace(probeSpec, "name: demo", "name: other", 1))
	if runs, err := List(root); err != nil || len(runs) != 0 {
		t.Fatalf("without a directory: %v, %v", runs, err)
	}
	runAt(t, root, id2, demo, Complete)
	runAt(t, root, id1, demo, Interrupted)
	runAt(t, root, id3, other, "")
	open, err := Create(root, other, CreateOptions{RunID: "20260104t000000z-0004"})
	must(t, err)
	defer open.Close()
	damaged := filepath.Join(root, "demo", "20260105t000000z-0005")
	must(t, os.MkdirAll(damaged, 0o755))
	must(t, os.WriteFile(filepath.Join(damaged, JournalFile), []byte(`{"runx":`), 0o600))
	must(t, os.MkdirAll(filepath.Join(root, "demo", "notes"), 0o755))
	must(t, os.WriteFile(filepath.Join(root, "demo", "notes", JournalFile), nil, 0o600))

	runs, err := List(root)
	must(t, err)
	var got []string
	for _, r := range runs {
		got = append(got, r.Spec+"/"+r.ID[:8]+" "+string(r.Status))
	}
	want := "demo/20260101 interrupted, demo/20260102 complete, other/20260103 interrupted, other/20260104 running, demo/20260105 damaged"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	if runs[0].Title != "A demonstration" || runs[0].CreatedAt == 0 {
		t.Errorf("got %+v", runs[0])
	}
	for name, want := range map[string]string{
		id1: "demo/" + id1, "20260102": "demo/" + id2, "other": "other/20260104t000000z-0004", "demo/" + id2: "demo/" + id2,
		filepath.Join(root, "demo", id1): "demo/" + id1,
	} {
		if got, err := Find(root, name); err != nil || got != filepath.Join(root, filepath.FromSlash(want)) {
			t.Errorf("Find(%s): %s, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{"2026": "5 run ids", "week99": `no run or spec "week99"`, "": `no run or spec ""`} {
		_, err := Find(root, name)
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), want) || !strings.Contains(e.Hint(), "/2026010") {
			t.Errorf("Find(%q): %v", name, err)
		}
	}
}

// A smoke test has the link until there are results, and never afterwards.
func TestSmokeTestsDoNotTakeTheLinkFromResults(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	full, quick := parseSpec(t, probeSpec), parseSpec(t, probeSpec+"quick: true\n")
	for _, c := range []struct {
		id   string
		spec *spec.Spec
		want string
	}{{id1, quick, id1}, {id2, full, id2}, {id3, quick, id2}} {
		runAt(t, root, c.id, c.spec, Complete)
		if w, err := Link(root, "demo"); w != nil || err != nil {
			t.Fatalf("%v, %v", w, err)
		}
		if got, _ := os.Readlink(filepath.Join(root, "demo.parquet")); filepath.ToSlash(got) != "demo/"+c.want+"/samples.parquet" {
			t.Errorf("after %s: %s", c.id, got)
		}
	}
}

func TestLinksFollowTheNewestCompleteRun(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := parseSpec(t, probeSpec)
	link := func() {
		t.Helper()
		if w, err := Link(root, "demo"); w != nil || err != nil {
			t.Fatalf("%v, %v", w, err)
		}
	}
	target := func() string {
		t.Helper()
		samples, _ := os.Readlink(filepath.Join(root, "demo.parquet"))
		summary, _ := os.Readlink(filepath.Join(root, "demo.summary.parquet"))
		if samples != "" && filepath.Dir(samples) != filepath.Dir(summary) {
			t.Fatalf("%s and %s", samples, summary)
		}
		return filepath.ToSlash(samples)
	}
	link()
	if got := target(); got != "" {
		t.Fatalf("without a run: %s", got)
	}
	runAt(t, root, id2, s, Complete)
	link()
	if got := target(); got != "demo/"+id2+"/samples.parquet" {
		t.Fatalf("got %s", got)
	}
	runAt(t, root, id3, s, Interrupted)
	runAt(t, root, id1, s, Complete)
	link()
	if got := target(); got != "demo/"+id2+"/samples.parquet" {
		t.Fatalf("after older and interrupted ones: %s", got)
	}
	runAt(t, root, "20260104t000000z-0004", s, Complete)
	link()
	if got := target(); got != "demo/20260104t000000z-0004/samples.parquet" {
		t.Fatalf("after a newer one: %s", got)
	}
	if table, err := ReadTable(filepath.Join(root, "demo.parquet")); err != nil || table.Rows != 1 {
		t.Errorf("through the link: %v", err)
	}
	if got := entries(t, root); strings.Join(got, " ") != "demo demo.parquet demo.summary.parquet" {
		t.Errorf("left behind: %v", got)
	}
}

func TestAFileInPlaceOfALinkIsLeft(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	runAt(t, root, id1, parseSpec(t, probeSpec), Complete)
	path := filepath.Join(root, "demo.parquet")
	must(t, os.WriteFile(path, []byte("mine"), 0o600))
	w, err := Link(root, "demo")
	if err != nil || w == nil || !strings.Contains(w.Message, path) {
		t.Errorf("%v, %v", w, err)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Error("the file was replaced")
	}
}
