package claims

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"runx/workloads"
)

const valueSpec = `
sweep: {mode: [slow, fast], size: [1, 2, 4, 8], load: [0.5, 0.9]}
where: load == 0.5 || mode == "fast" && size == 8
measure: {samples: 7}
summary:
  latency_ms: [mean, std, cv, min, max, sum, skewness, p50, p75]
  memory_bytes: [max]
  age_count: [mean]
claims:
  - {name: c, %s}
`

// values are known at every point: latency is 2, 3, 4, ... 8 times size squared,
// times 3 where the mode is slow; memory is the size, and not known at size 4 of
// slow; age counts the repetitions.
func valueSamples(p workloads.Values) []sample {
	var samples []sample
	size := asNumber(p, "size")
	for k := range 7 {
		latency := float64(k+2) * size * size
		if p["mode"] == "slow" {
			latency *= 3
		}
		samples = append(samples, sample{
			round: k, rep: k, latency: latency, memory: 100 * size, age: float64(k),
			withoutValue: p["mode"] == "slow" && size == 4,
		})
	}
	return samples
}

// TestValues holds the value of a claim to what the samples were made of.
func TestValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		claim  string
		want   float64
		reason string
	}{
		{`where: mode == "slow", value: "exponent(size, latency_ms_p50)", expect: value > 1`, 2, ""},
		{`where: mode == "slow", value: "slope(size ** 2, latency_ms_p50)", expect: value > 1`, 15, ""},
		{`where: mode == "slow", value: "r2(size ** 2, latency_ms_mean)", expect: value > 1`, 1, ""},
		{`where: mode == "slow", value: "spearman(size, 0 - latency_ms_p50)", expect: value > 1`, -1, ""},
		{`where: 'mode == "slow"', value: "argmax(size, latency_ms_max)", expect: value > 1`, 8, ""},
		{`where: 'mode == "slow"', value: "knee(size, latency_ms_p50)", expect: value > 1`, 4, ""},
		{`where: 'mode == "slow"', value: "geomean(latency_ms_p50)", expect: value > 1`, 15 * 8, ""},
		{`where: 'mode == "slow"', value: "quantile(latency_ms_p50, 0.5)", expect: value > 1`, 15 * 10, ""},
		{`where: 'mode == "slow"', value: "mean(above(size, latency_ms_p50, 0.5))", expect: value > 1`, 6, ""},
		{`where: 'mode == "slow"', value: "mean(below(size, latency_ms_p50, 0.5))", expect: value > 1`, 1.5, ""},
		{`where: load == 0.5, value: 'pick("latency_ms_p50", {mode: "slow", size: 4}) / pick("latency_ms_p50", {mode: "fast", size: 4})', expect: value > 1`, 3, ""},
		{`where: 'size == 4 && mode == "fast"', value: 'pick("latency" + "_ms_p50") + pick(size[0] > 3 ? "age_count_mean" : "n")', expect: value > 1`, 83, ""},
		{`where: size == 1, value: 'max(latency_ms_p50) / min(latency_ms_p50)', expect: value > 1`, 3, ""},
		{`where: 'size == 1 && mode == "fast"', value: "latency_ms_p50[0]", expect: value > 1`, 5, ""},
		{`where: 'size == 1 && mode == "fast"', value: "latency_ms_sum[0] + latency_ms_min[0]", expect: value > 1`, 37, ""},
		{`where: 'size == 1 && mode == "fast"', value: "latency_ms_std[0] / latency_ms_mean[0] - latency_ms_cv[0]", expect: value == 0`, 0, ""},
		{`value: "count(size, # > 1)", expect: value > 1`, 7, ""},
		{`value: "all(latency_ms_p50, # > 0)", expect: value`, 1, ""},
		{`value: 'len(filter(mode, # == "slow"))', expect: value == 4`, 4, ""},
		{`value: 'warm[0] && all(n_ok, # == 7)', expect: value`, 1, ""},
		{`value: 'let a = max(size); let b = min(size); a / b', expect: value > 1`, 8, ""},
		// The row without memory counts for none of the columns.
		{`where: 'mode == "slow"', value: "exponent(size, memory_bytes_max)", expect: value > 1`, 1, ""},
		{`where: 'mode == "slow"', value: "max(memory_bytes_max - 100 * size + len(size))", expect: value > 1`, 3, ""},
		{`over: samples, where: 'mode == "fast" && size == 1', value: "median(latency_ms)", expect: value > 1`, 5, ""},
		{`over: samples, where: 'mode == "fast" && size == 1 && age_count > 3', value: "min(latency_ms)", expect: value > 1`, 6, ""},
		{`over: samples, where: 'mode == "fast" && size == 1', value: "max(abs(latency_ms - age_count - 2) / latency_ms)", expect: value == 0`, 0, ""},
		{`over: samples, where: 'mode == "fast" && size == 1', value: "count(above(age_count, latency_ms, 0.5), # > 5) + max(rep)", expect: value > 0`, 7, ""},
		// What has no value says why.
		{`value: 'pick("latency_ms_p50", {mode: "slow"})', expect: value > 1`, math.NaN(), "pick: 4 rows have mode=slow, and differ in size"},
		{`where: size == 1, value: 'pick("latency_ms_p50", {size: 2})', expect: value > 1`, math.NaN(), "pick: no row has size=2"},
		{`where: size == 4, value: 'pick("memory_bytes_max", {mode: "slow"})', expect: value > 1`, math.NaN(), "memory_bytes_max has no value at mode=slow"},
		{`where: 'mode == "slow" && size == 4', value: "max(memory_bytes_max)", expect: value > 1`, math.NaN(), "no row has a value"},
		{`where: size == 1, value: "(max(size) - 1) / (min(size) - 1)", expect: value > 1`, math.NaN(), "the value is not a number"},
		{`where: size == 1, value: "max(size) / (min(size) - 1)", expect: value > 1`, math.NaN(), "the value is infinite"},
		{`where: size == 1, value: "exponent(size, latency_ms_p50)", expect: value > 1`, math.NaN(), "exponent has no value over 2 rows"},
		{`value: "latency_ms_p50[99]", expect: value > 1`, math.NaN(), "index out of range"},
		{`where: size == 3, value: "max(size)", expect: value > 1`, math.NaN(), "no row of the run is what the claim is about"},
		{`over: samples, where: latency_ms < 0, value: "max(latency_ms)", expect: value > 1`, math.NaN(), "no row of the run is what the claim is about"},
	}
	for _, tt := range tests {
		t.Run(tt.claim, func(t *testing.T) {
			t.Parallel()
			r := reading(t, fmt.Sprintf(valueSpec, tt.claim), valueSamples)
			j := evaluate(t, r, Options{Resamples: 50})[0]
			if math.IsNaN(tt.want) {
				if !math.IsNaN(j.Value) || j.Verdict != Inconclusive || j.SamplesNeeded != -1 || !strings.Contains(j.Reason, tt.reason) {
					t.Errorf("got %+v, want none because %q", j, tt.reason)
				}
				return
			}
			if math.Abs(j.Value-tt.want) > 1e-9 {
				t.Errorf("got %v, want %v (%s)", j.Value, tt.want, j.Reason)
			}
		})
	}
}

// TestLeftOut holds that rows without a part in the value are told of.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		claim, what string
		want        float64
	}{
		{`where: 'mode == "slow"', value: "exponent(size, memory_bytes_max)", expect: value > 0`, "1 of 4 rows lack a value", 1},
		{`where: 'mode == "slow" && size != 4', value: "exponent(size - 1, size - 1 + latency_ms_p50 * 0)", expect: value > 0`, "1 of 3 rows are not above 0", 1},
		{`where: 'mode == "slow" && size != 4', value: "exponent(size, memory_bytes_max)", expect: value > 0`, "", 1},
		{`where: 'mode == "slow"', value: "argmax(size, (size - 1) / (latency_ms_p50 - min(latency_ms_p50)))", expect: value > 0`, "", 2},
	} {
		j := evaluate(t, reading(t, fmt.Sprintf(valueSpec, tt.claim), valueSamples), Options{Resamples: 50})[0]
		told := len(j.Warnings) > 0 && tt.what != "" && strings.Contains(j.Warnings[0].What, tt.what)
		if told != (tt.what != "") || tt.what == "" && len(j.Warnings) > 0 || math.Abs(j.Value-tt.want) > 1e-9 {
			t.Errorf("%s: %g, %q, want %g, %q", tt.claim, j.Value, j.Warnings, tt.want, tt.what)
		}
	}
}

// TestPairedValues holds that samples are resampled and not only statistics: of
// two metrics of which one is a function of the other the resamples are so too.
func TestPairedValues(t *testing.T) {
	t.Parallel()
	r := reading(t, fmt.Sprintf(valueSpec, `over: samples, where: 'mode == "fast" && size == 1', value: "max(abs(latency_ms - age_count - 2)) + mean(latency_ms) * 0", expect: value == 0`), valueSamples)
	j := evaluate(t, r, Options{Resamples: 50})[0]
	if j.Exact || j.Lo != 0 || j.Hi != 0 || j.Verdict != Supported || j.Samples != 7 || j.Points != 1 {
		t.Errorf("got %+v, want it between 0 and 0: what it is made of varies", j)
	}
}

// TestGroups holds groups to the order of the grid and claims to that of the
// spec, and the settings to the types of the parameters.
func TestGroups(t *testing.T) {
	t.Parallel()
	r := reading(t, fmt.Sprintf(valueSpec, `for_each: [mode, load, warm], value: "max(size)", expect: value > 1}
  - {name: d, over: samples, where: size >= 4, for_each: [size], value: "mean(latency_ms)", expect: value > 1000`), valueSamples)
	var got []string
	for _, j := range evaluate(t, r, Options{Resamples: 50}) {
		got = append(got, fmt.Sprintf("%d %s %v %s %d", j.Index, j.Claim, j.Group, j.Verdict, j.Points))
	}
	want := []string{
		"0 c [{mode slow} {load 0.5} {warm true}] supported 4",
		"0 c [{mode fast} {load 0.5} {warm true}] supported 4",
		"0 c [{mode fast} {load 0.9} {warm true}] supported 1",
		"1 d [{size 4}] refuted 2",
		"1 d [{size 8}] refuted 3",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestDeterministic holds that the judgements are those of the seed, however
// many cores there are.
func TestDeterministic(t *testing.T) {
	// Not parallel: it changes the number of cores.
	r := reading(t, fmt.Sprintf(valueSpec, `for_each: [mode], value: "mean(latency_ms_p75)", expect: value > 1}
  - {name: d, over: samples, value: "quantile(latency_ms, 0.75)", expect: value > 1`), valueSamples)
	before := runtime.GOMAXPROCS(1)
	one := evaluate(t, r, Options{Resamples: 300, Seed: 7})
	runtime.GOMAXPROCS(4)
	four := evaluate(t, r, Options{Resamples: 300, Seed: 7})
	runtime.GOMAXPROCS(before)
	if !reflect.DeepEqual(one, four) {
		t.Errorf("one core: %+v\nfour: %+v", one, four)
	}
	if other := evaluate(t, r, Options{Resamples: 300, Seed: 8}); reflect.DeepEqual(one, other) {
		t.Error("another seed gave the same")
	}
}

// TestExact holds that what does not vary has no interval, and that one
// repetition decides nothing.
func TestExact(t *testing.T) {
	t.Parallel()
	same := func(n int) func(workloads.Values) []sample {
		return func(p workloads.Values) []sample {
			var samples []sample
			for k := range n {
				samples = append(samples, sample{rep: k, latency: float64(k + 1), memory: asNumber(p, "size")})
			}
			return samples
		}
	}
	src := fmt.Sprintf(valueSpec, `value: "exponent(size, memory_bytes_max)", expect: value > 0.9}
  - {name: d, value: "exponent(size, memory_bytes_max)", expect: value < 0.9}
  - {name: e, value: "knee(size, latency_ms_p50 + size ** 2)", expect: value == 4}
  - {name: f, value: "max(latency_ms_p50) / min(latency_ms_p50)", expect: value == 1}
  - {name: g, over: samples, value: "max(memory_bytes)", expect: value == 8`)
	js := evaluate(t, reading(t, src, same(3)), Options{Resamples: 60})
	for i, want := range []Verdict{Supported, Refuted} {
		if j := js[i]; !j.Exact || j.Verdict != want || !math.IsNaN(j.Lo) || j.Reason == "" || j.SamplesNeeded != 0 {
			t.Errorf("got %+v, want it exact and %s", j, want)
		}
	}
	// A knee may be the same in all resamples of numbers that vary.
	if j := js[2]; j.Exact || j.Lo != 4 || j.Hi != 4 || j.Verdict != Supported || len(j.Warnings) == 0 {
		t.Errorf("got %+v, want it between 4 and 4, with a warning", j)
	}
	// So may any number: that of each resample is a fact, that there is no other is not.
	if j := js[3]; j.Exact || j.Lo != 1 || j.Hi != 1 || j.Verdict != Supported {
		t.Errorf("got %+v, want it between 1 and 1", j)
	}
	if j := js[4]; !j.Exact || !math.IsNaN(j.Lo) || j.Verdict != Supported {
		t.Errorf("got %+v, want it exact", j)
	}
	for _, j := range evaluate(t, reading(t, src, same(1)), Options{Resamples: 60}) {
		if j.Exact || j.Verdict != Inconclusive || !strings.Contains(j.Reason, "one repetition") || math.IsNaN(j.Value) || j.SamplesNeeded != -1 {
			t.Errorf("one repetition: got %+v", j)
		}
	}
}

// TestDoubts holds that quantiles beyond the samples decide nothing, and that
// neighbours that are alike are told of.
func TestDoubts(t *testing.T) {
	t.Parallel()
	src := `
sweep: {size: [1, 2]}
measure: {samples: %d}
summary: {latency_ms: [mean, p50, p95], memory_bytes: [p95]}
claims:
  - {name: tail, value: "max(latency_ms_p95)", expect: value > 0}
  - {name: constant, value: "max(memory_bytes_p95)", expect: value > 0}
  - {name: middle, value: "max(latency_ms_p50)", expect: value > 0}
  - {name: edge, value: "max(latency_ms_mean)", expect: value < 12.4}
`
	drifting := func(n int) func(workloads.Values) []sample {
		return func(workloads.Values) []sample {
			var samples []sample
			for k := range n {
				samples = append(samples, sample{round: k, rep: k, latency: 10 + float64(k/20) + float64(k*7%5)/100, memory: 1})
			}
			return samples
		}
	}
	few := evaluate(t, reading(t, fmt.Sprintf(src, 40), drifting(12)), Options{Resamples: 100})
	if j := few[0]; j.Verdict != Inconclusive || !strings.Contains(j.Reason, "take at least 20") || j.SamplesNeeded != 16 || math.IsNaN(j.Value) {
		t.Errorf("p95 of 12 samples: %+v", j)
	}
	if few[1].Verdict != Supported || few[2].Verdict != Supported {
		t.Errorf("what does not vary, or is no tail, is %s and %s", few[1].Verdict, few[2].Verdict)
	}
	many := evaluate(t, reading(t, fmt.Sprintf(src, 100), drifting(100)), Options{Resamples: 100})
	for i, want := range []int{0, 0, 0, 1} { // only one is near its edge
		if j := many[i]; j.Verdict != Supported || len(j.Warnings) != want || want == 1 && !strings.Contains(j.Warnings[0].What, "alike") {
			t.Errorf("%s of samples that drift: %+v", j.Claim, j)
		}
	}
}

// TestFailedResamples holds that resamples without a value decide neither way.
func TestFailedResamples(t *testing.T) {
	t.Parallel()
	r := reading(t, fmt.Sprintf(valueSpec, `where: 'mode == "fast" && size == 1', value: "latency_ms_min[0] > 2.5 ? latency_ms_p50[99] : 1.0", expect: value > 2`), valueSamples)
	j := evaluate(t, r, Options{Resamples: 400})[0]
	if j.Verdict != Inconclusive || j.Share != 0 || !math.IsNaN(j.Lo) || !strings.Contains(j.Reason, "resamples have no value") || len(j.Warnings) == 0 {
		t.Errorf("got %+v", j)
	}
}

// TestParallel holds that there are as many at work as were asked for, however many
// cores there are by then, and that each number is done once.
func TestParallel(t *testing.T) {
	t.Parallel()
	var begun atomic.Int64
	done := make([]atomic.Int64, 100)
	must(t, parallel(t.Context(), len(done), 5, func() func(int) {
		begun.Add(1)
		return func(i int) { done[i].Add(1) }
	}))
	if n := begun.Load(); n != 5 {
		t.Errorf("%d at work, want 5", n)
	}
	for i := range done {
		if n := done[i].Load(); n != 1 {
			t.Errorf("number %d was done %d times", i, n)
		}
	}
}
