package claims

import (
	"math"
	"slices"
	"strings"
	"testing"

	"runx/internal/stats"
	"runx/workloads"
)

// TestCells holds the statistics of a resample to those of the samples that are
// in it, written out.
func TestCells(t *testing.T) {
	t.Parallel()
	const n = 12
	r := reading(t, `
sweep: {size: [1]}
measure: {samples: 12}
summary: {latency_ms: [mean, std, cv, min, max, sum, skewness, p50, p75]}
claims:
  - {name: c, value: "max(latency_ms_mean + latency_ms_std + latency_ms_cv + latency_ms_min + latency_ms_max + latency_ms_sum + latency_ms_skewness
      + latency_ms_p50 + latency_ms_p75 + latency_ms_p50_lo + latency_ms_p50_hi)", expect: value > 0}
`, func(workloads.Values) []sample {
		var samples []sample
		for k := range n {
			samples = append(samples, sample{round: k, rep: k, latency: float64((k*k)%17 + 1)})
		}
		return samples
	})
	u, err := load(r, Options{Resamples: 25, Seed: 3})
	must(t, err)
	var cells []usedCell
	for name, s := range u.sources {
		if s.metric != "latency_ms" {
			continue // which no claim needs
		}
		cells = append(cells, usedCell{u.cell(0, name), 0, name})
	}
	must(t, u.resampleAll(t.Context(), cells))
	latency := u.samples.Floats("latency_ms")
	all := slices.Sorted(slices.Values(latency))
	for i := range 25 {
		counts := make([]int32, n)
		u.draws.draw(counts, u.points[0].roster, i)
		var x []float64
		for k, c := range counts {
			x = append(x, slices.Repeat([]float64{latency[k]}, int(c))...)
		}
		slices.Sort(x)
		// The same places among fewer samples.
		place := func(value float64) float64 {
			return float64(slices.Index(all, value)) / float64(n-1)
		}
		want := map[string]float64{
			"latency_ms_mean": stats.Mean(x), "latency_ms_std": stats.Std(x), "latency_ms_cv": stats.Std(x) / stats.Mean(x),
			"latency_ms_min": x[0], "latency_ms_max": x[len(x)-1], "latency_ms_sum": stats.Mean(x) * n,
			"latency_ms_skewness": stats.Skewness(x), "latency_ms_p50": stats.Quantile(x, 0.5), "latency_ms_p75": stats.Quantile(x, 0.75),
			"latency_ms_p50_lo": stats.Quantile(x, place(u.number(0, "latency_ms_p50_lo"))),
		}
		for name, v := range want {
			if got := u.cell(0, name).at(i); math.Abs(got-v) > 1e-9*math.Abs(v) {
				t.Errorf("resample %d: %s is %v, want %v", i, name, got, v)
			}
		}
		if hi := u.cell(0, "latency_ms_p50_hi").at(i); hi < want["latency_ms_p50"] {
			t.Errorf("resample %d: the upper end of the interval is %v, below the median", i, hi)
		}
	}
}

// TestUnequalRounds holds that each point has one block less in a resample than
// it has, whatever others have, and that the fewest say how sure one is.
func TestUnequalRounds(t *testing.T) {
	t.Parallel()
	r := reading(t, `
sweep: {size: [1, 2]}
measure: {samples: 20}
summary: {latency_ms: [mean]}
claims:
  - {name: rows, over: samples, value: "len(latency_ms)", expect: value == 22}
  - {name: few, value: "max(latency_ms_mean)", expect: value > 0}
`, func(p workloads.Values) []sample {
		var samples []sample
		for k := range map[int]int{1: 20, 2: 4}[p["size"].(int)] {
			samples = append(samples, sample{round: 2 * k, rep: k, latency: float64(k*7%20 + 1)})
		}
		return samples
	})
	js := evaluate(t, r, Options{Resamples: 100})
	if js[0].Value != 24 || js[0].Share != 1 {
		t.Errorf("%v samples, in resamples 22 of them in a share of %v", js[0].Value, js[0].Share)
	}
	for _, j := range js {
		if len(j.Warnings) != 1 || !strings.Contains(j.Warnings[0].What, "4 repetitions") {
			t.Errorf("%s: the warnings are %v", j.Claim, j.Warnings)
		}
	}
}

// TestBranches holds that what only some resample asks for is made for it.
func TestBranches(t *testing.T) {
	t.Parallel()
	r := reading(t, `
sweep: {size: [1, 2]}
measure: {samples: 20}
summary: {latency_ms: [mean, max]}
claims:
  - {name: c, value: 'let lone = pick("latency_ms_mean", {size: 1}); lone <= 10.5 ? 0.0 : pick("latency_ms_mean", {size: 2}) - lone - 100',
     expect: abs(value) < 1e-6}
`, func(p workloads.Values) []sample {
		var samples []sample
		for k := range 20 {
			samples = append(samples, sample{round: k, rep: k, latency: float64(k+1) + 100*(asNumber(p, "size")-1)})
		}
		return samples
	})
	j := evaluate(t, r, Options{Resamples: 400})[0]
	if j.Value != 0 || j.Share != 1 { // the same rounds are drawn at both
		t.Errorf("got %+v", j)
	}
}
