package html

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"runx/internal/claims"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
)

// somewhere is a workload with parameters of two kinds.
func somewhere() workloads.Workload {
	return workloads.Workload{
		Name: "somewhere",
		Doc:  "Somewhere is never measured.",
		Params: []workloads.Param{
			{Name: "size", Kind: workloads.Int, Unit: "bytes", Default: 1, Doc: "how much"},
			{Name: "label", Kind: workloads.String, Default: "x", Doc: attack},
		},
		Metrics: []workloads.Metric{{Name: "memory_bytes", Better: workloads.Lower, Doc: attack}},
		Open: func(context.Context, workloads.Env) (workloads.Instance, error) {
			return nil, errors.New("not opened in these tests")
		},
	}
}

const somewhereSpec = `# What of it?  # not much
version: 1
name: demo
title: %[1]q
question: %[1]q
tags: [one]
workload: somewhere
sweep: {size: %[2]s, label: [%[1]q, "plain"]}
measure: {samples: 20, seed: 7}
metrics: {rate_per_s: size / (latency_ms / 1e3)}
summary: {latency_ms: [mean, p50, p95]}
claims:
  - {name: %[1]q, where: 'label != "no"', value: max(latency_ms_p50), expect: value > 0.5 && value < 9}
  - {name: each is small, for_each: [size], value: max(latency_ms_p50), expect: value <= 3}
  - {name: bytes are counted, value: 'all(memory_bytes_max, # > 0)', expect: value}
plots:
  - {x: size, y: latency_ms_p50, color: label, title: %[1]q, reference: [{y: 2, label: %[1]q}]}
  - {kind: ecdf, x: latency_ms, color: size}
`

func somewhereRun(t testing.TB, text, sizes string) *spec.Spec {
	t.Helper()
	src := fmt.Sprintf(somewhereSpec, text, sizes)
	s, err := spec.Parse(t.Context(), "demo.yaml", []byte(src), spec.Options{Workloads: []workloads.Workload{somewhere()}})
	must(t, err)
	return s
}

// sampled makes a run with so many samples per point: of each point the fourth
// failed where there are less than a hundred, and the second is tainted.
func sampled(t testing.TB, s *spec.Spec, perPoint int, text string) *results.Reading {
	t.Helper()
	r, err := results.Create(t.TempDir(), s, results.CreateOptions{RunID: "20260101t000000z-0001", Command: []string{"runx", "run", text}})
	must(t, err)
	defer r.Close()
	records, err := results.ReadJournal(filepath.Join(r.Dir(), results.JournalFile))
	must(t, err)
	for p, err := range s.Points() {
		must(t, err)
		must(t, r.Point(p))
		size := float64(p.Params["size"].(int))
		for rep := range perPoint {
			sample := results.Sample{Point: p.Index, Round: rep, Rep: rep, StartedAt: 1767225600e6 + int64(rep), Status: results.OK}
			switch rep {
			case 1:
				sample.Tainted = "steal"
			case 3:
				sample.Status, sample.Error = results.Failed, text
			}
			for _, metric := range records.Header.Metrics {
				v := size * (1 + float64(rep%7)/10)
				if metric == "memory_bytes" {
					v = 4096 * size
				}
				sample.Values = append(sample.Values, v)
			}
			must(t, r.Append(&sample))
		}
	}
	must(t, r.Finish(results.Complete))
	must(t, r.Close())
	_, err = results.Derive(t.Context(), r.Dir())
	must(t, err)
	reading, err := results.Read(t.Context(), r.Dir())
	must(t, err)
	return reading
}

// judged has a judgement of every sort.
func judged(text string) []claims.Judgement {
	none := math.NaN()
	group := func(size int64) []claims.Setting { return []claims.Setting{{Param: "size", Value: size}} }
	return []claims.Judgement{
		{Claim: text, Index: 0, Value: 4.9724, Lo: 4.951, Hi: 5.0951, Verdict: claims.Supported, Share: 1, Resamples: 2000, Points: 6, Samples: 120, Expect: "value > 0.5 && value < 9",
			Warnings: []stats.Warning{{What: text, Cure: text}}},
		{Claim: "each is small", Index: 1, Group: group(1), Value: 1.3, Lo: 1.2, Hi: 1.4, Verdict: claims.Supported, Points: 2, Samples: 40},
		{Claim: "each is small", Index: 1, Group: group(2), Value: 2.9, Lo: 2.7, Hi: 3.2, Verdict: claims.Inconclusive, SamplesNeeded: 1240, Points: 2, Samples: 40},
		{Claim: "each is small", Index: 1, Group: group(4), Value: none, Lo: none, Hi: none, Verdict: claims.Inconclusive, Reason: text},
		{Claim: "bytes are counted", Index: 2, Value: 0, Lo: none, Hi: none, Bool: true, Exact: true, Verdict: claims.Refuted, Points: 6, Samples: 120},
	}
}

func gathered(t testing.TB, r *results.Reading, judgements []claims.Judgement) *Content {
	t.Helper()
	c, err := Gather(t.Context(), r, judgements)
	must(t, err)
	return c
}

func writeReport(t testing.TB, c *Content) string {
	t.Helper()
	var page bytes.Buffer
	must(t, Report(&page, c))
	return page.String()
}

func TestTheStructureOfAReport(t *testing.T) {
	t.Parallel()
	c := gathered(t, sampled(t, somewhereRun(t, "Some text", "[1, 2, 4]"), 20, "it fell over"), judged("it is so"))
	c.Run = nil // tells of this machine
	c.Reading.Header.CreatedAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	golden(t, "testdata/report.golden", structure(writeReport(t, c)))
}

func TestAReportEscapesEverything(t *testing.T) {
	t.Parallel()
	c := gathered(t, sampled(t, somewhereRun(t, attack, "[1, 2]"), 20, attack), judged(attack))
	c.Warnings = append(c.Warnings, stats.Warning{What: attack, Cure: attack})
	c.Reading.Info.ID = attack
	for i := range c.Figures {
		c.Figures[i].Warnings = []stats.Warning{{What: attack, Cure: attack}}
	}
	harmless(t, writeReport(t, c))
}

var (
	idPattern  = regexp.MustCompile(` id="([^"]*)"`)
	urlPattern = regexp.MustCompile(`(?i)(?:href|src|action|data)\s*=\s*"(?:https?:|//|file:|ftp:)|url\(|@import|<(?:link rel="stylesheet|iframe|object|embed|base)`)
)

// What a page must be to be one file: nothing is fetched, everything is there.
func TestAReportIsWhole(t *testing.T) {
	t.Parallel()
	sizes := make([]string, 130)
	for i := range sizes {
		sizes[i] = fmt.Sprint(i + 1)
	}
	c := gathered(t, sampled(t, somewhereRun(t, "text", "["+strings.Join(sizes, ", ")+"]"), 5, "no"), judged("so"))
	page := writeReport(t, c)

	if found := urlPattern.FindString(page); found != "" {
		t.Errorf("the page fetches something: %q", found)
	}
	var ids []string
	for _, m := range idPattern.FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	slices.Sort(ids)
	for i := 1; i < len(ids); i++ {
		if ids[i] == ids[i-1] {
			t.Errorf("two elements have the id %q", ids[i])
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !slices.Contains(ids, link[1]) {
			t.Errorf("there is no %q to jump to", link[1])
		}
	}
	if n := len(regexp.MustCompile(`<figure id=`).FindAllString(page, -1)); n != len(c.Reading.Spec.Plots) {
		t.Errorf("%d of %d pictures", n, len(c.Reading.Spec.Plots))
	}
	table := between(page, `<table class="data" id="points">`, "</table>")
	if n := strings.Count(table, "<tr><td>"); n != c.Summary.Rows || n != 260 {
		t.Errorf("%d rows for %d points", n, c.Summary.Rows)
	}
	waiting := between(table, "<template>", "</template>")
	if n := strings.Count(waiting, "<tr><td>"); n != 60 {
		t.Errorf("%d rows wait, want 60", n)
	}
	columns := strings.Count(between(page, `<table class="data" id="points">`, "</thead>"), "<th ")
	for row := range strings.SplitSeq(strings.TrimSpace(between(table, "<tbody>", "<template>")), "\n") {
		if n := strings.Count(row, "<td>"); n != columns && n != 0 {
			t.Fatalf("a row has %d cells under %d headings: %s", n, columns, row)
		}
	}
}

// The policy of a page lets its own script run and no other.
func TestThePolicyNamesTheScript(t *testing.T) {
	t.Parallel()
	page := writeReport(t, gathered(t, sampled(t, somewhereRun(t, "text", "[1]"), 5, "no"), nil))
	_, rest, _ := strings.Cut(page, "<script>")
	script, _, _ := strings.Cut(rest, "</script>")
	hash := sha256.Sum256([]byte(script))
	want := "script-src &#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(hash[:]), "+", "&#43;")
	if !strings.Contains(page, want) || !strings.Contains(page, "default-src &#39;none&#39;") {
		t.Errorf("the policy does not hold %s", want)
	}
}

// A run that was killed has no tables: the page says what was asked and what to
// do.
func TestAReportWithoutTables(t *testing.T) {
	t.Parallel()
	s := somewhereRun(t, "A question", "[1]")
	r, err := results.Create(t.TempDir(), s, results.CreateOptions{RunID: "20260101t000000z-0001"})
	must(t, err)
	must(t, r.Close())
	reading, err := results.Read(t.Context(), r.Dir())
	must(t, err)
	page := writeReport(t, gathered(t, reading, nil))
	for _, want := range []string{"A question", "runx resume 20260101t000000z-0001", "the run has no tables yet", "was interrupted"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestWhatIsDoubtful(t *testing.T) {
	t.Parallel()
	c := gathered(t, sampled(t, somewhereRun(t, "text", "[1, 2, 4]"), 20, "it fell over"), judged("so"))
	c.Run = nil
	found := doubts(c, claimViews(c.Reading.Spec, c.Judgements))
	for _, want := range []doubt{
		{What: "6 samples failed: it fell over", Cure: "when the cause is mended, runx resume --retry-failed 20260101t000000z-0001 takes them again"},
		{What: "6 samples (5%) met interference: other guests took the cores (steal); they are marked, and count in the summary", Cure: "measure on a machine that is yours, or when it is quiet"},
		{What: "p95 of latency_ms has no 95% interval at 6 of 6 points", Cure: "take at least 72 samples that do not depend on each other"},
		{What: "claim “text”: so", Cure: "so"},
	} {
		i := slices.IndexFunc(found, func(d doubt) bool { return d.What == want.What && d.Cure == want.Cure })
		if i < 0 {
			t.Errorf("there is no doubt %q (%s) in %+v", want.What, want.Cure, found)
		}
	}
	if where := found[0].Where; len(where) != 6 || where[0] != "size=1 label=text (1)" || where[5] != "size=4 label=plain (1)" {
		t.Errorf("the failures were seen at %q", where)
	}
}

// manySamples is a run of a hundred thousand samples of so many points.
func manySamples(t testing.TB, points int) *results.Reading {
	t.Helper()
	s := somewhereRun(t, "text", fmt.Sprintf("{range: [1, %d, 1]}", points/2))
	return sampled(t, s, 100_000/points, "no")
}

// Whatever the points, a page stays below 3 MB: the table of 10,000 is cut where
// it must be, and says so.
func TestTheSizeOfALargeReport(t *testing.T) {
	t.Parallel()
	c := gathered(t, manySamples(t, 10_000), judged("so"))
	page := writeReport(t, c)
	if len(page) > 3_000_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	table := between(page, `<table class="data" id="points">`, "</table>")
	if n := strings.Count(table, "<tr><td>"); n < 5000 {
		t.Errorf("only %d of 10,000 rows found their way into %d bytes", n, len(page))
	}
	if !strings.Contains(page, "they would make this page too large") {
		t.Error("the page does not say that something is left out")
	}
}

// A report of a hundred thousand samples, its claims and pictures included:
// judge, draw, write.
func BenchmarkReport(b *testing.B) {
	for _, points := range []int{40, 1000, 10_000} {
		b.Run(fmt.Sprintf("points=%d", points), func(b *testing.B) {
			r := manySamples(b, points)
			for b.Loop() {
				judgements, err := claims.Evaluate(b.Context(), r, claims.Options{})
				must(b, err)
				b.ReportMetric(float64(len(writeReport(b, gathered(b, r, judgements)))), "page_bytes")
			}
		})
	}
}
