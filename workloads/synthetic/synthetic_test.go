package synthetic

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"runx/workloads"
	"runx/workloads/workloadtest"
)

const draws = 100_000

// sample draws n latencies and counts the failures among the tries.
func sample(t *testing.T, params workloads.Values, n int) (latencies []float64, failures int) {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloadtest.Values(w, params), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
	for range n {
		r.Reset()
		switch err := i.Sample(t.Context(), r); {
		case errors.Is(err, errOnPurpose):
			failures++
			continue
		case err != nil:
			t.Fatal(err)
		}
		rows, err := r.Rows()
		if err != nil {
			t.Fatal(err)
		}
		latencies = append(latencies, rows[0].Values[0])
	}
	return latencies, failures
}

// shifted is a distribution of gonum moved by a location.
type shifted struct {
	location float64
	distuv.Quantiler
}

func (s shifted) Quantile(p float64) float64 { return s.location + s.Quantiler.Quantile(p) }

// The share of draws below the q-quantile of theory is binomial: mean q,
// variance q(1-q)/n. Five deviations fail one time in two million.
func TestQuantilesAreThoseOfTheory(t *testing.T) {
	t.Parallel()
	for name, theory := range map[string]distuv.Quantiler{
		"normal":      shifted{10, distuv.Normal{Sigma: 2}},
		"lognormal":   shifted{10, distuv.LogNormal{Mu: math.Log(2), Sigma: 0.7}},
		"exponential": shifted{10, distuv.Exponential{Rate: 0.5}},
		"uniform":     shifted{10, distuv.Uniform{Max: 2}},
		"pareto":      shifted{10, pareto{2, 0.7}},
	} {
		for _, params := range []workloads.Values{{}, {"failure_ratio": 0.3}} {
			params["distribution"], params["scale_ms"], params["shape"] = name, 2.0, 0.7
			got, failures := sample(t, params, draws)
			if want := params["failure_ratio"]; want != nil {
				checkShare(t, name+" failures", float64(failures)/draws, want.(float64), draws)
			}
			for _, q := range []float64{0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999} {
				limit := theory.Quantile(q)
				below := 0
				for _, x := range got {
					if x < limit {
						below++
					}
				}
				checkShare(t, name, float64(below)/float64(len(got)), q, len(got))
			}
		}
	}
}

func checkShare(t *testing.T, what string, got, want float64, n int) {
	t.Helper()
	if bound := 5 * math.Sqrt(want*(1-want)/float64(n)); math.Abs(got-want) > bound {
		t.Errorf("%s: a share of %v, want %v ± %v", what, got, want, bound)
	}
}

// pareto is x_m * u^(-1/alpha); gonum's has no quantiles.
type pareto struct{ minimum, alpha float64 }

func (p pareto) Quantile(q float64) float64 { return p.minimum * math.Pow(1-q, -1/p.alpha) }

func TestBimodalAndDeterministic(t *testing.T) {
	t.Parallel()
	got, _ := sample(t, workloads.Values{"distribution": "bimodal", "scale_ms": 5.0, "shape": 0.1}, draws)
	slow := 0
	for _, x := range got {
		switch x {
		case 10:
		case 15:
			slow++
		default:
			t.Fatalf("%v is neither mode", x)
		}
	}
	checkShare(t, "the slow mode", float64(slow)/draws, 0.1, draws)
	got, _ = sample(t, workloads.Values{"distribution": "deterministic", "location_ms": 3.25}, 10)
	if slices.Min(got) != 3.25 || slices.Max(got) != 3.25 {
		t.Errorf("deterministic draws %v", got)
	}
}

// The estimated autocorrelation of an AR(1) process at lag k has the variance
// (1+r²)(1-r^2k)/(1-r²) - 2k r^2k, divided by n (Bartlett 1946). Its bias is
// below 10/n here.
func TestAutocorrelation(t *testing.T) {
	t.Parallel()
	for _, r := range []float64{-0.6, 0, 0.5, 0.9} {
		got, _ := sample(t, workloads.Values{
			"distribution": "normal", "location_ms": 100.0, "autocorrelation": r}, draws)
		for k := 1; k <= 3; k++ {
			want := math.Pow(r, float64(k))
			variance := (1+r*r)*(1-want*want)/(1-r*r) - 2*float64(k)*want*want
			bound := 5*math.Sqrt(variance/draws) + 10.0/draws
			if estimate := stat.Correlation(got[k:], got[:len(got)-k], nil); math.Abs(estimate-want) > bound {
				t.Errorf("rho %v, lag %d: %v, want %v ± %v", r, k, estimate, want, bound)
			}
		}
	}
}

// The marginal distribution does not depend on the autocorrelation. With rho
// the number of effective draws is n(1-rho)/(1+rho) at worst.
func TestAutocorrelationKeepsTheDistribution(t *testing.T) {
	t.Parallel()
	const rho = 0.8
	got, _ := sample(t, workloads.Values{
		"distribution": "exponential", "location_ms": 0.0, "autocorrelation": rho}, draws)
	effective := draws * (1 - rho) / (1 + rho)
	for _, q := range []float64{0.1, 0.5, 0.9, 0.99} {
		limit := distuv.Exponential{Rate: 1}.Quantile(q)
		below := 0
		for _, x := range got {
			if x < limit {
				below++
			}
		}
		checkShare(t, "correlated", float64(below)/draws, q, int(effective))
	}
}

func TestDriftAndScaling(t *testing.T) {
	t.Parallel()
	got, _ := sample(t, workloads.Values{
		"distribution": "deterministic", "location_ms": 2.0, "drift_ratio": 0.01, "size": 8.0, "exponent": 2.0}, 101)
	for n, x := range got {
		if want := 2 * 64 * (1 + 0.01*float64(n)); math.Abs(x-want) > 1e-6 { // latencies are whole ns
			t.Fatalf("sample %d: %v, want %v", n, x, want)
		}
	}
}

func TestLatencyIsNeverNegativeOrInfinite(t *testing.T) {
	t.Parallel()
	for _, params := range []workloads.Values{
		{"distribution": "normal", "location_ms": 0.0, "scale_ms": 10.0},
		{"distribution": "deterministic", "drift_ratio": -1.0},
		{"distribution": "pareto", "shape": 0.001, "scale_ms": 1e9},
		{"distribution": "pareto", "shape": 0.001, "size": 0.0, "exponent": 1.0},
		{"distribution": "lognormal", "shape": 100.0, "scale_ms": 1e9},
	} {
		got, _ := sample(t, params, 1000)
		if least, most := slices.Min(got), slices.Max(got); least < 0 || math.IsInf(most, 0) || math.IsNaN(most) {
			t.Errorf("%v: from %v to %v", params, least, most)
		}
	}
}

// What Check accepts opens, what it refuses does not; the draws lie within what
// the parameters admit, at their ends more often than chance would have it.
func TestCheckIsWhatOpenRefuses(t *testing.T) {
	t.Parallel()
	w := Workload()
	counts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		values := workloads.Values{}
		for _, p := range w.Params {
			if p.Kind == workloads.Enum {
				values[p.Name] = rapid.SampledFrom(p.Enum).Draw(t, p.Name)
			} else {
				values[p.Name] = rapid.OneOf(rapid.SampledFrom([]float64{*p.Min, *p.Max}), rapid.Float64Range(*p.Min, *p.Max)).Draw(t, p.Name)
			}
		}
		refusal := w.Check(values)
		_, err := w.Open(t.Context(), workloads.Env{Params: values})
		if (refusal == nil) != (err == nil) || err != nil && err.Error() != refusal.Error() {
			t.Fatalf("%v: Check says %v, Open says %v", values, refusal, err)
		}
		counts[refusal == nil]++
	})
	if counts[true] == 0 || counts[false] == 0 {
		t.Errorf("accepted and refused: %v", counts)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	w := Workload()
	for want, bad := range map[string]workloads.Values{
		"shape is the probability of bimodal's slow mode and at most 1, not 1.5": {"distribution": "bimodal", "shape": 1.5},
		"size^exponent is 0^-1, which is not finite":                             {"size": 0.0, "exponent": -1.0},
		"size^exponent is 1e-300^-2, which is not finite":                        {"size": 1e-300, "exponent": -2.0},
	} {
		values := workloadtest.Values(w, bad)
		if err := w.Check(values); err == nil || err.Error() != want {
			t.Errorf("%v: %v, want %q", bad, err, want)
		}
	}
}
