package html

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"runx/internal/claims"
	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

var update = flag.Bool("update", false, "write what is found into the files of testdata")

// attack is a text that would run, or break out, wherever it were taken as it is.
const attack = "</script><img src=x onerror=alert(1)>\"'`&{{.}}<!--\u2028\x1b[31m\u202e"

// nowhere is a workload that only tests describe.
func nowhere() workloads.Workload {
	return workloads.Workload{
		Name:    "nowhere",
		Doc:     "Nowhere is never measured.",
		Params:  []workloads.Param{{Name: "size", Kind: workloads.Int, Default: 1, Doc: "how much"}},
		Metrics: []workloads.Metric{{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes held"}},
		Open: func(context.Context, workloads.Env) (workloads.Instance, error) {
			return nil, errors.New("not opened in these tests")
		},
	}
}

func nowhereSpec(t testing.TB, name, title string) *spec.Spec {
	t.Helper()
	src := fmt.Sprintf("version: 1\nname: %s\ntitle: %q\nquestion: What of it?\nworkload: nowhere\nsweep: {size: [1, 2, 4]}\nmeasure: {samples: 8}\n"+
		"plots: [{x: size, y: latency_ms_p50}]\n"+
		"claims:\n  - {name: is quick, value: max(latency_ms_p50), expect: value < 100}\n"+
		"  - {name: is slow, for_each: [size], value: max(latency_ms_p50), expect: value > 100}\n", name, title)
	s, err := spec.Parse(t.Context(), name+".yaml", []byte(src), spec.Options{Workloads: []workloads.Workload{nowhere()}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// measured makes a run below root with eight samples of each point, one of them
// failed, and its tables where it is complete.
func measured(t testing.TB, root string, s *spec.Spec, id string, status results.RunStatus) string {
	t.Helper()
	r, err := results.Create(root, s, results.CreateOptions{RunID: id})
	must(t, err)
	defer r.Close()
	records, err := results.ReadJournal(filepath.Join(r.Dir(), results.JournalFile))
	must(t, err)
	for p, err := range s.Points() {
		must(t, err)
		must(t, r.Point(p))
		for rep := range 8 {
			sample := results.Sample{Point: p.Index, Round: rep, Rep: rep, StartedAt: time.Now().UnixMicro(), Status: results.OK}
			if rep == 5 {
				sample.Status, sample.Error = results.Failed, attack
			}
			for range records.Header.Metrics {
				sample.Values = append(sample.Values, float64(rep+1))
			}
			must(t, r.Append(&sample))
		}
	}
	if status != results.Running {
		must(t, r.Finish(status))
	}
	must(t, r.Close())
	if status == results.Complete {
		_, err = results.Derive(t.Context(), r.Dir())
		must(t, err)
		judge(t, r.Dir())
	}
	return r.Dir()
}

// judge writes the claims of a run.
func judge(t testing.TB, dir string) {
	t.Helper()
	reading, err := results.Read(t.Context(), dir)
	must(t, err)
	judgements, err := claims.Evaluate(t.Context(), reading, claims.Options{Resamples: 100})
	must(t, err)
	must(t, claims.Write(reading, judgements))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeIndex(t testing.TB, c *IndexContent) string {
	t.Helper()
	var page bytes.Buffer
	must(t, Index(&page, c))
	return page.String()
}

func TestTheIndexTakesRunsAsTheyAre(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	other, week2, week10 := nowhereSpec(t, "other", "Other"), nowhereSpec(t, "week2", "Two"), nowhereSpec(t, "week10", "Ten")
	measured(t, root, other, "20260101t000000z-0001", results.Complete)
	measured(t, root, week10, "20260102t000000z-0001", results.Complete)
	measured(t, root, week10, "20260103t000000z-0001", results.Interrupted)
	measured(t, root, week2, "20260104t000000z-0001", results.Complete)
	measured(t, root, week2, "20260105t000000z-0001", results.Complete)
	damaged := filepath.Join(root, "broken", "20260106t000000z-0001")
	must(t, os.MkdirAll(damaged, 0o777))
	must(t, os.WriteFile(filepath.Join(damaged, results.JournalFile), []byte("nonsense\n"), 0o666))
	lost := measured(t, root, nowhereSpec(t, "lost", "Lost"), "20260107t000000z-0001", results.Complete)
	must(t, os.Remove(filepath.Join(lost, results.SpecFile)))

	c, err := GatherIndex(t.Context(), root)
	must(t, err)
	type shown struct {
		spec, run string
		runs      int
		problem   bool
	}
	want := []shown{
		{"week2", "20260105t000000z-0001", 2, false},
		{"week10", "20260102t000000z-0001", 2, false}, // the newer one is not complete
		{"broken", "20260106t000000z-0001", 1, true},
		{"lost", "20260107t000000z-0001", 1, true},
		{"other", "20260101t000000z-0001", 1, false},
	}
	if len(c.Specs) != len(want) || len(c.Runs) != 7 {
		t.Fatalf("%d specs, %d runs", len(c.Specs), len(c.Runs))
	}
	for i, s := range c.Specs {
		if got := (shown{s.Spec, s.ID, s.Runs, s.Problem != ""}); got != want[i] {
			t.Errorf("card %d is %+v, want %+v (%s)", i, got, want[i], s.Problem)
		}
		if (s.Figure != nil) == want[i].problem {
			t.Errorf("%s: a picture is %v", s.Spec, s.Figure != nil)
		}
	}
	r := c.Runs[len(c.Runs)-1]
	if r.Spec != "other" || r.Points != 3 || r.Samples != 24 || r.Failed != 3 || r.Took < 0 || r.Path != "./other/20260101t000000z-0001" {
		t.Errorf("the oldest run is %+v", r)
	}
	if (r.Verdicts != Verdicts{Supported: 1, Refuted: 1}) || len(c.Specs[0].Claims) != 2 {
		t.Errorf("the verdicts are %+v, the claims %+v", r.Verdicts, c.Specs[0].Claims)
	}
	page := writeIndex(t, c)
	if n := strings.Count(page, "<article"); n != 5 {
		t.Errorf("%d cards", n)
	}
	if n := strings.Count(between(page, "<tbody>", "</tbody>"), "<tr>"); n != 7 {
		t.Errorf("%d rows", n)
	}
	for _, text := range []string{"its journal cannot be read", "interrupted: what it has is preliminary", "24 samples of 3 points (3 failed)", "1 other below", "1 of 2 claims supported", "0 of 3 groups supported"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
}

func TestAnIndexOfNothingSaysHowToBegin(t *testing.T) {
	t.Parallel()
	c, err := GatherIndex(t.Context(), filepath.Join(t.TempDir(), "nowhere"))
	must(t, err)
	if page := structure(writeIndex(t, c)); !strings.Contains(page, "no runs here yet") || !strings.Contains(page, "runx specs/week07.yaml") || strings.Contains(page, "<table") {
		t.Error("the page of no runs is not that")
	}
}

func TestACancelledIndexIsAnError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := GatherIndex(ctx, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Which run stands for a spec: complete before quick before anything else, then
// the newest.
func TestTheRunThatStandsForASpec(t *testing.T) {
	t.Parallel()
	run := func(id string, status results.RunStatus, quick bool) IndexRun {
		return IndexRun{RunInfo: results.RunInfo{ID: id, Spec: "a", Status: status, Quick: quick}}
	}
	for _, test := range []struct {
		name string
		runs []IndexRun // newest first
		want string
	}{
		{"newest complete", []IndexRun{run("3", results.Complete, false), run("2", results.Complete, false)}, "3"},
		{"no smoke test", []IndexRun{run("3", results.Complete, true), run("2", results.Complete, false)}, "2"},
		{"smoke test rather than half a run", []IndexRun{run("3", results.Interrupted, false), run("2", results.Complete, true)}, "2"},
		{"newest of the unfinished", []IndexRun{run("3", results.Running, false), run("2", results.Damaged, false)}, "3"},
	} {
		if got := representativesOf(test.runs); len(got) != 1 || got[0].ID != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func indexForTests() *IndexContent {
	nan := math.NaN()
	run := IndexRun{
		RunInfo: results.RunInfo{ID: "20261124t024704z-9d6a", Spec: "week07", Title: "Sequence length", Status: results.Complete, CreatedAt: 1_795_488_424_000_000},
		Path:    "./week07/20261124t024704z-9d6a", Files: map[string]bool{results.ReportFile: true, results.SummaryFile: true},
		Points: 12, Samples: 3942, Tainted: 3, Took: 71 * time.Second, Machine: "vm, AMD EPYC, 2 cores", Verdicts: Verdicts{2, 2, 1},
	}
	smoke := IndexRun{RunInfo: results.RunInfo{ID: "20261125t000000z-0001", Spec: "mine", Status: results.Complete, Quick: true}, Path: "./mine/20261125t000000z-0001", Points: -1, Samples: -1, Failed: -1, Tainted: -1, Took: -1}
	judgement := func(name string, index int, value, lo, hi float64, verdict claims.Verdict) claims.Judgement {
		return claims.Judgement{Claim: name, Index: index, Value: value, Lo: lo, Hi: hi, Verdict: verdict}
	}
	judgements := []claims.Judgement{
		judgement("is quadratic", 0, 1.98, 1.95, 2.02, claims.Supported),
		judgement("is linear", 1, 1.31, 1.21, 1.42, claims.Refuted),
		judgement("holds everywhere", 2, 1, nan, nan, claims.Supported),
		judgement("holds everywhere", 2, 0, nan, nan, claims.Refuted),
		judgement("has no value", 3, nan, nan, nan, claims.Inconclusive),
	}
	judgements[4].Reason = "no row is left"
	return &IndexContent{
		Specs: []IndexSpec{
			{IndexRun: run, Question: "Is it quadratic?", Claims: indexClaims(judgements), Runs: 3},
			{IndexRun: smoke, Runs: 1, Problem: "no spec.yaml"},
		},
		Runs: []IndexRun{smoke, run},
	}
}

func TestTheStructureOfTheIndex(t *testing.T) {
	t.Parallel()
	golden(t, "testdata/index.golden", structure(writeIndex(t, indexForTests())))
}

func TestTheIndexEscapesEverything(t *testing.T) {
	t.Parallel()
	c := indexForTests()
	for i := range c.Runs {
		r := &c.Runs[i]
		r.ID, r.Spec, r.Title, r.Machine, r.Path = attack, attack, attack, attack, escapePath(attack)
	}
	for i := range c.Specs {
		s := &c.Specs[i]
		s.IndexRun, s.Question, s.Problem = c.Runs[i], attack, attack
		for k := range s.Claims {
			s.Claims[k].Name, s.Claims[k].Judgement.Reason = attack, attack
		}
	}
	harmless(t, writeIndex(t, c))
}

// harmless finds what an attack would have left in a page.
func harmless(t *testing.T, page string) {
	t.Helper()
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	body := between(page, "<body", "<script>")
	for _, bad := range []string{"<img", "\x1b", "\u202e", "\u2028", "<!--", "javascript:"} {
		if strings.Contains(body, bad) {
			i := strings.Index(body, bad)
			t.Errorf("the page has %q: %q", bad, body[max(0, i-80):min(len(body), i+80)])
		}
	}
	for _, link := range linkPattern.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(link[1], "./") && !strings.HasPrefix(link[1], "#") && link[1] != "data:," {
			t.Errorf("a link leads to %q", link[1])
		}
	}
}

var (
	linkPattern    = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	drawingPattern = regexp.MustCompile(`(?s)<svg([^>]*)>.*?</svg>`)
)

// structure is the content of a page without what is inside its drawings.
func structure(page string) string {
	main := between(page, "<main", "</main>")
	main = drawingPattern.ReplaceAllString(main, "<svg$1/>")
	return regexp.MustCompile(`\n\s*\n+`).ReplaceAllString(main, "\n")
}

// between cuts the text from the first begin to the end that follows.
func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text, begin)
	inside, _, _ := strings.Cut(rest, end)
	return begin + inside + end + "\n"
}

// golden holds a text to a file of testdata.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o666))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s differs; look at what changed with -update and git diff. Now:\n%s", path, got)
	}
}

// An index of a hundred runs, with a picture for each of twenty specs.
func BenchmarkIndexOfAHundredRuns(b *testing.B) {
	root := b.TempDir()
	for i := range 100 {
		s := nowhereSpec(b, fmt.Sprintf("week%02d", i%20+1), "A title")
		measured(b, root, s, fmt.Sprintf("20260101t0000%02dz-%04x", i%60, i), results.Complete)
	}
	for b.Loop() {
		c, err := GatherIndex(b.Context(), root)
		must(b, err)
		var page bytes.Buffer
		must(b, Index(&page, c))
		b.ReportMetric(float64(page.Len()), "page_bytes")
	}
}
