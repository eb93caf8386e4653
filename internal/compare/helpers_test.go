package compare

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// probe is a workload of which tests say what it measured.
func probe() workloads.Workload {
	return workloads.Workload{
		Name: "probe",
		Doc:  "Probe is measured by tests. It does nothing.",
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{"naive", "flash", "tiled"}, Default: "naive", Doc: "how"},
			{Name: "size", Kind: workloads.Int, Default: 1, Doc: "how much"},
			{Name: "half", Kind: workloads.Float, Default: 0.5, Doc: "half of it"},
		},
		Metrics: []workloads.Metric{
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes held"},
			{Name: "goodput_per_s", Better: workloads.Higher, Doc: "answers in time"},
			{Name: "depth_count", Doc: "how deep"},
		},
		Open: func(context.Context, workloads.Env) (workloads.Instance, error) {
			return nil, errors.New("not opened in these tests")
		},
	}
}

const sweep = "sweep: {mode: [naive, flash], size: [1, 2]}\n"

// A measured gives the metrics of one repetition at a point: NaN is not
// measured; ok is false for one that failed.
type measured func(p spec.Point, rep int) (latency, memory, goodput float64, ok bool)

// run makes a run with tables. edit changes the journal's text first.
func run(t testing.TB, body string, reps int, take measured, edit ...string) *results.Reading {
	t.Helper()
	return runRows(t, body, reps, 1, take, edit...)
}

// runRows makes a run in which each repetition yields several rows.
func runRows(t testing.TB, body string, reps, rows int, take measured, edit ...string) *results.Reading {
	t.Helper()
	src := "version: 1\nname: demo\nworkload: probe\n" + body
	s, err := spec.Parse(t.Context(), "demo.yaml", []byte(src), spec.Options{Workloads: []workloads.Workload{probe()}})
	must(t, err)
	r, err := results.Create(t.TempDir(), s, results.CreateOptions{})
	must(t, err)
	metrics := workloads.SampleMetrics(s.Workload, nil)
	for p, err := range s.Points() {
		must(t, err)
		must(t, r.Point(p))
		for row := range reps * rows {
			rep := row / rows
			sample := &results.Sample{Point: p.Index, Round: rep, Rep: rep, Status: results.OK}
			latency, memory, goodput, ok := take(p, row)
			if !ok {
				sample.Status, sample.Error = results.Failed, "broken"
			}
			for _, m := range metrics {
				v := map[string]float64{workloads.LatencyMetric: latency, "memory_bytes": memory, "goodput_per_s": goodput, "depth_count": 3}
				if _, known := v[m.Name]; !known {
					v[m.Name] = math.NaN()
				}
				sample.Values = append(sample.Values, v[m.Name])
			}
			must(t, r.Append(sample))
		}
	}
	must(t, r.Finish(results.Complete))
	must(t, r.Close())
	journal := filepath.Join(r.Dir(), results.JournalFile)
	text, err := os.ReadFile(journal)
	must(t, err)
	for i := 0; i+1 < len(edit); i += 2 {
		if !bytes.Contains(text, []byte(edit[i])) {
			t.Fatalf("the journal has no %s", edit[i])
		}
		text = bytes.Replace(text, []byte(edit[i]), []byte(edit[i+1]), 1)
	}
	must(t, os.WriteFile(journal, text, 0o666))
	_, err = results.Derive(t.Context(), r.Dir())
	must(t, err)
	reading, err := results.Read(t.Context(), r.Dir())
	must(t, err)
	return reading
}

// wave varies a little from one repetition to the next, without any that
// follows the one before.
func wave(rep int) float64 {
	_, fraction := math.Modf(float64(rep+1) * math.Phi)
	return 1 + 0.01*(fraction-0.5)
}

// steady is a repetition whose latency is ms and whose memory is a fact.
func steady(ms float64) measured {
	return func(p spec.Point, rep int) (float64, float64, float64, bool) {
		return ms * wave(rep), 4096, 1e3 / (ms * wave(rep)), true
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func metricOf(t testing.TB, c *Comparison, name string) *MetricComparison {
	t.Helper()
	for i := range c.Metrics {
		if c.Metrics[i].Metric == name {
			return &c.Metrics[i]
		}
	}
	t.Fatalf("%s is not compared", name)
	return nil
}
