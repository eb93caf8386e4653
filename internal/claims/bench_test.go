package claims

import (
	"math"
	"math/rand/v2"
	"testing"

	"runx/workloads"
)

const benchSpec = `
sweep: {mode: [slow, fast], size: [1, 2, 4, 8, 16]}
measure: {samples: 10000}
summary: {latency_ms: [mean, std, p50, p95, p99], memory_bytes: [max], age_count: [p50]}
claims:
  - {name: a, for_each: [mode], value: "exponent(size, latency_ms_p50)", expect: value > 1.9}
  - {name: b, for_each: [mode], value: "exponent(size, latency_ms_mean)", expect: value > 1.9}
  - {name: c, for_each: [mode], value: "spearman(size, latency_ms_p95)", expect: value > 0.9}
  - {name: d, for_each: [mode], value: "exponent(size, memory_bytes_max)", expect: value > 0.9}
  - {name: e, for_each: [size], value: 'pick("latency_ms_p50", {mode: "slow"}) / pick("latency_ms_p50", {mode: "fast"})', expect: value > 2}
  - {name: f, value: "knee(size, latency_ms_p50)", expect: value > 1}
  - {name: g, for_each: [mode], value: "max(latency_ms_p99 / latency_ms_p50)", expect: value < 2}
  - {name: h, value: "max(latency_ms_std / latency_ms_mean)", expect: value < 0.3}
  - {name: i, value: "min(latency_ms_p50)", expect: value > 1}
  - {name: j, value: "slope(size, latency_ms_mean)", expect: value > 1}
`

// BenchmarkEvaluate judges ten claims about ten points of 10 000 samples each.
func BenchmarkEvaluate(b *testing.B) { benchmark(b, benchSpec) }

// BenchmarkEvaluateSamples judges a claim that selects among 20 000 samples.
func BenchmarkEvaluateSamples(b *testing.B) {
	benchmark(b, `
sweep: {mode: [slow, fast]}
measure: {samples: 10000}
claims:
  - {name: a, over: samples, value: "median(above(latency_ms, age_count, 0.75)) / median(below(latency_ms, age_count, 0.25))", expect: value > 1}
`)
}

func benchmark(b *testing.B, src string) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := reading(b, src, func(p workloads.Values) []sample {
		samples := make([]sample, 10_000)
		for k := range samples {
			size := asNumber(p, "size")
			samples[k] = sample{round: k, rep: k, latency: size * size * math.Exp(0.1*rng.NormFloat64()), memory: size, age: rng.Float64()}
		}
		return samples
	})
	for b.Loop() {
		evaluate(b, r, Options{})
	}
}
