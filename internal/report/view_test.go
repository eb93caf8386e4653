package report

import (
	"math"
	"strings"
	"testing"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

const viewSpec = `version: 1
name: fake
workload: fake
params: {dim: 64}
sweep:
  mode: [slow, fast]
  size: [1, 20]
measure: {samples: 9}
metrics:
  items_per_s: size / (latency_ms / 1e3)
summary:
  latency_ms: [mean, p50, p75]
  memory_bytes: [max]
  items_per_s: [p50]
  unknown_ms: [mean]
`

func fakeWorkload() workloads.Workload {
	return workloads.Workload{
		Name: "fake", Doc: "Is not there.",
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{"slow", "fast"}, Doc: "how"},
			{Name: "size", Kind: workloads.Int, Doc: "how much"},
			{Name: "dim", Kind: workloads.Int, Doc: "how wide"},
		},
		Metrics: []workloads.Metric{{Name: "memory_bytes", Doc: "memory"}, {Name: "unknown_ms", Doc: "never measured"}},
	}
}

// summaryOf makes a summary in which sample k of a point took k+1 times its
// size in ms, ten times that where the mode is slow. One sample failed.
func summaryOf(t *testing.T) *results.Table {
	t.Helper()
	_, summary := summaryFrom(t, viewSpec, fakeWorkload(), func(p spec.Point, k int) map[string]float64 {
		if p.Index == 0 && k == 8 {
			return nil
		}
		size := float64(p.Params["size"].(int))
		latency := float64(k+1) * size
		if p.Params["mode"] == "slow" {
			latency *= 10
		}
		return map[string]float64{"latency_ms": latency, "memory_bytes": size * 1024}
	})
	return summary
}

// summaryFrom makes the summary of nine samples for each point of a spec. What
// sample does not name is unknown; a sample of nothing failed.
func summaryFrom(t *testing.T, text string, w workloads.Workload, sample func(p spec.Point, k int) map[string]float64) (*spec.Spec, *results.Table) {
	t.Helper()
	s, err := spec.Parse(t.Context(), "fake.yaml", []byte(text), spec.Options{Workloads: []workloads.Workload{w}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := results.Create(t.TempDir(), s, results.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	columns := workloads.SampleMetrics(s.Workload, nil)
	for p, err := range s.Points() {
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Point(p); err != nil {
			t.Fatal(err)
		}
		for k := range 9 {
			values := sample(p, k)
			row := results.Sample{Point: p.Index, Rep: k, Status: results.OK}
			for _, c := range columns {
				v, known := values[c.Name]
				if !known {
					v = math.NaN()
				}
				row.Values = append(row.Values, v)
			}
			if values == nil {
				row = results.Sample{Point: p.Index, Rep: k, Status: results.Failed, Error: "no luck"}
			}
			if err := run.Append(&row); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, end := range []func() error{func() error { return run.Finish(results.Complete) }, run.Close} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := results.Derive(t.Context(), run.Dir()); err != nil {
		t.Fatal(err)
	}
	summary, err := results.ReadSummary(run.Dir())
	if err != nil {
		t.Fatal(err)
	}
	return s, summary
}

func TestViewShowsWhatVaried(t *testing.T) {
	t.Parallel()
	summary := summaryOf(t)
	// The intervals are the 2nd and 8th of 9 values (96.1%), and the extremes of
	// 8 (99.2%), where one failed.
	want := `dim=64
mode  size  n  failed  latency p50       memory max  items p50              latency p75
                       ms                       KiB  /s                              ms
slow     1  8       1    45 [10, 80]              1  22.50 [12.50, 100.00]        62.50
slow    20  9       0  1000 [400, 1600]          20  20.00 [12.50, 50.00]          1400
fast     1  9       0     5 [2, 8]                1    200 [125, 500]                 7
fast    20  9       0   100 [40, 160]            20    200 [125, 500]               140
`
	var b strings.Builder
	if err := NewView(summary, ViewOptions{}).Write(&b, 0, Style{}); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestViewFits(t *testing.T) {
	t.Parallel()
	summary := summaryOf(t)
	for width := 30; width < 100; width += 9 {
		var b strings.Builder
		if err := NewView(summary, ViewOptions{Rows: 3}).Write(&b, width, Style{}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		for _, line := range lines {
			if cells(line) > width {
				t.Errorf("%d cells in a terminal of %d: %q", cells(line), width, line)
			}
		}
		if !strings.Contains(b.String(), "\n... 2 of 4 points: size=1\n") {
			t.Errorf("in %d cells it is not said which points are shown:\n%s", width, b.String())
		}
	}
}
