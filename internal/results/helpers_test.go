package results

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"
	"time"

	"runx/spec"
	"runx/workloads"
)

// probe is a workload with a parameter of every kind and a metric of its own.
func probe() workloads.Workload {
	return workloads.Workload{
		Name: "probe",
		Doc:  "Probe is measured by tests. It does nothing.",
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{"naive", "flash"}, Default: "naive", Doc: "how"},
			{Name: "size", Kind: workloads.Int, Unit: "bytes", Default: 1, Doc: "how much"},
			{Name: "alpha", Kind: workloads.Float, Default: 0.5, Doc: "how far"},
			{Name: "warm", Kind: workloads.Bool, Default: true, Doc: "whether"},
			{Name: "label", Kind: workloads.String, Default: "x", Doc: "what"},
		},
		Metrics: []workloads.Metric{{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes held"}},
		Open: func(context.Context, workloads.Env) (workloads.Instance, error) {
			return nil, errors.New("not opened in these tests")
		},
	}
}

const probeSpec = `version: 1
name: demo
title: A demonstration
question: Does it work?
tags: [one, two]
workload: probe
params: {label: "it's \"quoted\""}
sweep:
  mode: [naive, flash]
  size: [1, 2, 4]
measure: {samples: 100, order: sequential, seed: 9223372036854775807}
metrics:
  bytes_per_s: size / (latency_ms / 1e3)
  twice_per_s: bytes_per_s * 2
summary:
  latency_ms: [mean, std, cv, min, max, sum, skewness, p50, p95]
  bytes_per_s: [mean]
`

func parseSpec(t testing.TB, src string) *spec.Spec {
	t.Helper()
	s, err := spec.Parse(t.Context(), "demo.yaml", []byte(src), spec.Options{Workloads: []workloads.Workload{probe()}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func createRun(t testing.TB, root string, s *spec.Spec) *Run {
	t.Helper()
	r, err := Create(root, s, CreateOptions{Command: []string{"runx", "run", "demo.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() }) // idempotent; so that a failed test leaves no lock
	return r
}

// pointsOf are the points of a small spec.
func pointsOf(t testing.TB, s *spec.Spec) []spec.Point {
	t.Helper()
	var all []spec.Point
	for p, err := range s.Points() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// values makes the raw metrics of a sample of probe: unknown but for three.
func values(r *Run, latency, memory, wall float64) []float64 {
	v := make([]float64, len(r.header.Metrics))
	for i, name := range r.header.Metrics {
		switch name {
		case workloads.LatencyMetric:
			v[i] = latency
		case "memory_bytes":
			v[i] = memory
		case workloads.WallMetric:
			v[i] = wall
		default:
			v[i] = math.NaN()
		}
	}
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// entries are the names below a directory.
func entries(t testing.TB, root string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "*"))
	must(t, err)
	hidden, err := filepath.Glob(filepath.Join(root, ".*"))
	must(t, err)
	var all []string
	for _, n := range append(names, hidden...) {
		all = append(all, filepath.Base(n))
	}
	return all
}

var timeZero = time.Date(2026, 11, 23, 15, 5, 1, 0, time.FixedZone("CET", 3600))
