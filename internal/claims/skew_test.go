package claims

import (
	"math"
	"math/rand/v2"
	"testing"

	"runx/workloads"
)

// The mean of skewed samples is more likely far above than far below what was
// seen.
func TestMeansAreCorrectedForSkew(t *testing.T) {
	t.Parallel()
	const claims = `
claims:
  - {name: mean, value: max(latency_ms_mean), expect: value > 0}
  - {name: median, value: max(latency_ms_p50), expect: value > 0}
`
	judged := func(rounds int, skewed bool) []Judgement {
		rng := rand.New(rand.NewPCG(uint64(rounds), 5))
		return evaluate(t, reading(t, "sweep: {size: [1]}\nmeasure: {samples: 30}\nsummary: {latency_ms: [mean, p50]}\n"+claims,
			func(workloads.Values) []sample {
				var samples []sample
				for k := range rounds {
					x := 10 + rng.NormFloat64()
					if skewed {
						x = math.Exp(rng.NormFloat64())
					}
					samples = append(samples, sample{round: k, rep: k, latency: x})
				}
				return samples
			}), Options{})
	}
	lean := func(j Judgement) float64 { return (j.Hi - j.Value) / (j.Value - j.Lo) }
	many := judged(30, true)
	if got := lean(many[0]); got < 1.5 {
		t.Errorf("the interval of a skewed mean reaches %.2f times as far up as down", got)
	}
	if got := lean(judged(30, false)[0]); got < 0.75 || got > 1.35 {
		t.Errorf("the interval of a symmetric mean reaches %.2f times as far up as down", got)
	}
	for _, j := range many {
		if !(j.Lo <= j.Value && j.Value <= j.Hi) || j.Verdict != Supported {
			t.Errorf("%s: %g in [%g, %g], %s", j.Claim, j.Value, j.Lo, j.Hi, j.Verdict)
		}
	}
}
