package report

import (
	"math"
	"slices"
	"testing"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
)

// seriesOf is a run whose latencies at each point are given; what a repetition
// yields beside its value lies to both sides of it.
func seriesOf(t *testing.T, latency func(p workloads.Values, rep int) float64) *results.Reading {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := spec.Parse(t.Context(), "fake.yaml", []byte(viewSpec), spec.Options{Workloads: []workloads.Workload{fakeWorkload()}})
	check(err)
	run, err := results.Create(t.TempDir(), s, results.CreateOptions{})
	check(err)
	for p, err := range s.Points() {
		check(err)
		check(run.Point(p))
		for rep := range 60 {
			for _, aside := range []float64{-1, 0, 1} {
				values := slices.Repeat([]float64{math.NaN()}, len(workloads.SampleMetrics(s.Workload, nil)))
				values[0] = latency(p.Params, rep) + aside
				check(run.Append(&results.Sample{Point: p.Index, Rep: rep, Status: results.OK, Values: values}))
			}
		}
	}
	check(run.Finish(results.Complete))
	check(run.Close())
	_, err = results.Derive(t.Context(), run.Dir())
	check(err)
	r, err := results.Read(t.Context(), run.Dir())
	check(err)
	return r
}

// Points are named by what varies, each kind of doubt is said once, and a
// repetition is one value whatever it yields.
func TestSeriesWarnings(t *testing.T) {
	t.Parallel()
	irregular := func(rep int) float64 { return float64(rep*rep*7919%101) / 1000 }
	r := seriesOf(t, func(p workloads.Values, rep int) float64 {
		v := 5 + irregular(rep)
		if p["mode"] == "fast" && rep >= 30 {
			v += 2
		}
		return v
	})
	got, err := SeriesWarnings(r)
	if err != nil {
		t.Fatal(err)
	}
	where := "latency_ms at mode=fast size=1, and likewise at 1 more: "
	want := []stats.Warning{
		{What: where + "the level moved after 30 of 60 samples: median 5.054, then 7.047", Cure: "a longer warmup, or a quieter machine"},
		{What: where + "60 samples are worth 4 independent ones, because neighbours are alike: autocorrelation 0.69", Cure: "spread them over more rounds or processes"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	steady, err := SeriesWarnings(seriesOf(t, func(_ workloads.Values, rep int) float64 { return 5 + irregular(rep) }))
	if err != nil || len(steady) > 0 {
		t.Errorf("steady: %+v, %v", steady, err)
	}
}
