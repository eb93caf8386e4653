package results

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"runx/spec"
)

// fillDemo makes a complete run with known answers: point i has 100 samples of
// latency i+1, i+2, ... i+100 ms, in which every tenth is tainted, then one that
// failed and one that ran out of time.
func fillDemo(t testing.TB, r *Run, s *spec.Spec) {
	t.Helper()
	for i, p := range pointsOf(t, s) {
		must(t, r.Point(p))
		for k := range 100 {
			sample := Sample{Point: p.Index, Rep: k, StartedAt: 1_763_910_000_000_000 + int64(k), Status: OK}
			sample.Values = values(r, float64(i+k+1), 4096, math.Inf(1))
			if k%10 == 0 {
				sample.Tainted = "steal"
			}
			must(t, r.Append(&sample))
		}
		must(t, r.Append(&Sample{Point: p.Index, Round: 1, Rep: 100, Status: Failed, Error: "bro\nken \xff", Values: values(r, 1e9, 1, 1)}))
		must(t, r.Append(&Sample{Point: p.Index, Round: 1, Rep: 101, Status: Timeout, Error: "over 1s"}))
	}
}

func deriveDemo(t *testing.T) (*Derived, *Run, *spec.Spec) {
	t.Helper()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	fillDemo(t, r, s)
	must(t, r.Finish(Complete))
	must(t, r.Close())
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	return d, r, s
}

func TestDeriveSamples(t *testing.T) {
	t.Parallel()
	d, r, s := deriveDemo(t)
	table, err := ReadTable(d.Samples)
	must(t, err)
	if table.Rows != 6*102 || d.Rows != 6*102 || d.Counts[OK] != 600 || d.Counts[Failed] != 6 || d.Tainted != 60 || d.Points != 6 {
		t.Fatalf("%d rows, %+v", table.Rows, d)
	}
	points := pointsOf(t, s)
	for row, want := range map[int]map[string]any{
		0: {
			"spec": "demo", "run_id": r.ID(), "point_id": points[0].ID, "round": int64(0), "rep": int64(0),
			"started_at": time.UnixMicro(1_763_910_000_000_000).UTC(), "status": "ok", "error": nil, "tainted": "steal",
			"mode": "naive", "size": int64(1), "alpha": 0.5, "warm": true, "label": `it's "quoted"`,
			"latency_ms": 1.0, "memory_bytes": 4096.0, "bytes_per_s": 1000.0, "twice_per_s": 2000.0,
			"wall_ms": nil, "cpu_ms": nil,
		},
		102*4 + 3: {"mode": "flash", "size": int64(2), "latency_ms": 8.0, "bytes_per_s": 250.0, "tainted": nil, "rep": int64(3)},
		100:       {"status": "failed", "error": "bro\nken \uFFFD", "latency_ms": 1e9, "bytes_per_s": nil, "round": int64(1)},
		101:       {"status": "timeout", "latency_ms": nil, "memory_bytes": nil, "bytes_per_s": nil},
	} {
		for column, v := range want {
			if got := table.Value(row, column); got != v {
				t.Errorf("row %d: %s is %#v, want %#v", row, column, got, v)
			}
		}
	}
}

// The summary of 1..100 shifted by the point: closed forms, and for the
// interval of the median the ranks 40 and 61 that tables give for n = 100.
func TestDeriveSummary(t *testing.T) {
	t.Parallel()
	d, _, _ := deriveDemo(t)
	table, err := ReadTable(d.Summary)
	must(t, err)
	if table.Rows != 6 {
		t.Fatalf("%d rows", table.Rows)
	}
	std := math.Sqrt(100 * 101 / 12.0)
	for i := range 6 {
		shift := float64(i)
		for column, want := range map[string]float64{
			"latency_ms_mean": 50.5 + shift, "latency_ms_std": std, "latency_ms_cv": std / (50.5 + shift),
			"latency_ms_min": 1 + shift, "latency_ms_max": 100 + shift, "latency_ms_sum": 5050 + 100*shift,
			"latency_ms_skewness": 0, "latency_ms_p50": 50.5 + shift, "latency_ms_p50_lo": 40 + shift, "latency_ms_p50_hi": 61 + shift,
			"latency_ms_p95": 95.05 + shift,
			"n_eff":          2.8740404559350883, // numpy, by Geyer's definition: samples in ascending order are worth few
		} {
			got, ok := table.Value(i, column).(float64)
			if !ok || math.Abs(got-want) > 1e-9*math.Abs(want)+1e-12 {
				t.Errorf("point %d: %s is %v, want %v", i, column, table.Value(i, column), want)
			}
		}
		for column, want := range map[string]int64{"n": 102, "n_ok": 100, "n_failed": 2, "n_tainted": 10} {
			if got := table.Value(i, column); got != want {
				t.Errorf("point %d: %s is %v, want %d", i, column, got, want)
			}
		}
	}
	if got := table.Value(5, "mode"); got != "flash" {
		t.Errorf("the last point has mode %v", got)
	}
}

// The order of the rows is that of the plan, also where the points were
// visited in another one; points that were never reached are left out.
func TestSummaryOrderAndMissingPoints(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	points := pointsOf(t, s)
	for _, i := range []int{4, 1, 3} {
		must(t, r.Point(points[i]))
	}
	for _, i := range []int{4, 1} { // point 3 is defined, and the run ends
		must(t, r.Append(&Sample{Point: points[i].Index, Status: OK, Values: values(r, 1, 1, 1)}))
	}
	must(t, r.Finish(Interrupted))
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	table, err := ReadTable(d.Summary)
	must(t, err)
	if table.Rows != 2 || table.Value(0, "point_id") != points[1].ID || table.Value(1, "point_id") != points[4].ID {
		t.Fatalf("%d rows, %v, %v", table.Rows, table.Value(0, "point_id"), table.Value(1, "point_id"))
	}
	if got := table.Value(0, "latency_ms_p50_lo"); got != nil {
		t.Errorf("one sample has an interval: %v", got)
	}
	run, err := ReadTable(d.Run)
	must(t, err)
	for column, want := range map[string]any{
		"status": "interrupted", "points_planned_count": int64(6), "points_visited_count": int64(2),
		"samples_count": int64(2), "samples_ok_count": int64(2), "seed": int64(math.MaxInt64),
		"title": "A demonstration", "tags": "one,two", "command": "runx run demo.yaml", "resumes_count": int64(0),
	} {
		if got := run.Value(0, column); got != want {
			t.Errorf("run: %s is %#v, want %#v", column, got, want)
		}
	}
	if finished, ok := run.Value(0, "finished_at").(time.Time); !ok || time.Since(finished) > time.Minute {
		t.Errorf("finished_at is %v", run.Value(0, "finished_at"))
	}
}

// A run without a single sample has tables with all columns and no rows.
func TestDeriveAnEmptyRun(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	r := createRun(t, t.TempDir(), s)
	must(t, r.Close())
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	if d.Status != Interrupted {
		t.Errorf("status %s", d.Status)
	}
	for path, want := range map[string][]Column{d.Samples: SampleColumns(s), d.Summary: SummaryColumns(s)} {
		table, err := ReadTable(path)
		must(t, err)
		if table.Rows != 0 || strings.Join(columnNames(table.Columns), " ") != strings.Join(columnNames(want), " ") {
			t.Errorf("%s: %d rows, columns %v", path, table.Rows, columnNames(table.Columns))
		}
	}
}

// The same tables whatever is in memory at once: blocks of one point agree with
// one block.
func TestBlocksAgree(t *testing.T) {
	t.Parallel()
	_, r, s := deriveDemo(t)
	summarize := func(size int) []float64 {
		records, err := ReadJournal(filepath.Join(r.Dir(), JournalFile))
		must(t, err)
		d := &derivation{ctx: t.Context(), dir: r.Dir(), spec: s, records: records}
		must(t, d.writeSamples())
		samples, err := openTable(d.path(SamplesFile))
		must(t, err)
		defer samples.Close()
		sum := newSummary(d, samples, nil)
		var all []float64
		for from := 0; from < len(sum.order); from += size {
			b := sum.newBlock(from, min(from+size, len(sum.order)))
			must(t, b.compute())
			for i := range b.to - b.from {
				for _, columns := range b.stats {
					for _, c := range columns {
						all = append(all, c[i])
					}
				}
			}
		}
		return all
	}
	whole, single := summarize(100), summarize(1)
	if len(whole) != len(single) || len(whole) == 0 {
		t.Fatalf("%d and %d values", len(whole), len(single))
	}
	for i := range whole {
		if math.Float64bits(whole[i]) != math.Float64bits(single[i]) {
			t.Fatalf("value %d: %v and %v", i, whole[i], single[i])
		}
	}
}

func TestDeriveIsRepeatableAndLeavesNoTemporaryFile(t *testing.T) {
	t.Parallel()
	d, r, _ := deriveDemo(t)
	first, err := os.ReadFile(d.Samples)
	must(t, err)
	_, err = Derive(t.Context(), r.Dir())
	must(t, err)
	second, err := os.ReadFile(d.Samples)
	must(t, err)
	if string(first) != string(second) {
		t.Error("the samples differ")
	}
	want := []string{JournalFile, RunFile, SamplesFile, SpecFile, SummaryFile}
	if got := entries(t, r.Dir()); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the directory holds %v", got)
	}
}

// What a metric is computed from may be unknown; then so is the metric, even
// where its expression would make a number of it.
func TestExpressionsOfTheUnknown(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, strings.Replace(probeSpec, "twice_per_s: bytes_per_s * 2", "slow_ratio: 'wall_ms > 5 ? 1.0 : 0.0'", 1))
	r := createRun(t, t.TempDir(), s)
	p := pointsOf(t, s)[0]
	must(t, r.Point(p))
	for _, wall := range []float64{1, 9, math.NaN()} {
		must(t, r.Append(&Sample{Point: p.Index, Status: OK, Values: values(r, 0, 1, wall)}))
	}
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	table, err := ReadTable(d.Samples)
	must(t, err)
	for row, want := range []any{0.0, 1.0, nil} {
		if got := table.Value(row, "slow_ratio"); got != want {
			t.Errorf("row %d: slow_ratio is %v, want %v", row, got, want)
		}
		if got := table.Value(row, "bytes_per_s"); got != nil { // a division by zero
			t.Errorf("row %d: bytes_per_s is %v", row, got)
		}
	}
	if d.Status != Running {
		t.Errorf("status %s", d.Status)
	}
}

func columnNames(cols []Column) []string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return names
}
