package claims

import (
	"math"
	"math/rand/v2"
	"testing"

	"runx/spec"
	"runx/workloads"
)

// trials are so many experiments of which the truth is known, in one run.
const trials = 300

const trialsSpec = `
sweep: {trial: {range: [1, 300, 1]}, size: [1, 2, 4]}
measure: {samples: 40}
summary: {latency_ms: [mean, p50], memory_bytes: [max]}
claims:
`

// covered runs the trials, and returns the judgements of their claims by the
// place of the claim.
func covered(t *testing.T, claims string, rounds int, latency func(rng *rand.Rand, p workloads.Values, drift float64) float64) [][]Judgement {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	drifts := make(map[[2]int]float64)
	r := reading(t, trialsSpec+claims, func(p workloads.Values) []sample {
		var samples []sample
		for k := range rounds {
			at := [2]int{p["trial"].(int), k}
			if _, ok := drifts[at]; !ok {
				drifts[at] = rng.NormFloat64()
			}
			samples = append(samples, sample{round: k, rep: k, latency: latency(rng, p, drifts[at]), memory: 1})
		}
		return samples
	})
	byClaim := make([][]Judgement, len(r.Spec.Claims))
	for _, j := range evaluate(t, r, Options{Resamples: 400}) {
		byClaim[j.Index] = append(byClaim[j.Index], j)
	}
	return byClaim
}

func shareOf(js []Judgement, holds func(j *Judgement) bool) float64 {
	n := 0
	for i := range js {
		if holds(&js[i]) {
			n++
		}
	}
	return float64(n) / float64(len(js))
}

func refuted(j *Judgement) bool   { return j.Verdict == Refuted }
func supported(j *Judgement) bool { return j.Verdict == Supported }

// TestCoverage holds intervals to hold the truth in 95 of 100 experiments, about,
// and claims whose truth lies at their edge to be refuted, or their opposite
// supported, in 2.5 of 100. With 300 experiments the standard error is 1.3 and
// 0.9 of 100.
func TestCoverage(t *testing.T) {
	t.Parallel()
	claims := `
  - {name: exponent, for_each: [trial], value: "exponent(size, latency_ms_p50)", expect: value >= 2}
  - {name: ratio, for_each: [trial], value: 'pick("latency_ms_p50", {size: 2}) / pick("latency_ms_p50", {size: 1})', expect: value <= 4}
  - {name: mean, for_each: [trial], value: 'pick("latency_ms_mean", {size: 1})', expect: value < 5}
  - {name: samples, for_each: [trial], over: samples, value: "mean(latency_ms / size ** 2)", expect: value < 5}
`
	truth := []float64{2, 4, 5 * math.Exp(0.02), 5 * math.Exp(0.02)}
	for _, tt := range []struct {
		rounds       int
		least, wrong float64
	}{
		{3, 0.89, 0.065}, {12, 0.91, 0.05},
	} {
		// Log-normal, with a spread of 20%.
		all := covered(t, claims, tt.rounds, func(rng *rand.Rand, p workloads.Values, _ float64) float64 {
			return 5 * asNumber(p, "size") * asNumber(p, "size") * math.Exp(0.2*rng.NormFloat64())
		})
		for i, js := range all {
			holds := shareOf(js, func(j *Judgement) bool { return j.Lo <= truth[i] && truth[i] <= j.Hi })
			wrong := shareOf(js, refuted)
			if i >= 2 { // the truth is above 5: what is wrong is to support it
				wrong = shareOf(js, supported)
			}
			t.Logf("%d rounds, %s: the interval holds the truth in %.3f, wrong in %.3f", tt.rounds, js[0].Claim, holds, wrong)
			if holds < tt.least || holds > 0.995 || wrong > tt.wrong {
				t.Errorf("%d rounds, %s: the interval holds the truth in %.3f, wrong in %.3f", tt.rounds, js[0].Claim, holds, wrong)
			}
		}
	}
}

// TestCommonDrift holds that a drift that all points share in a round does not
// hide a ratio, and does not make a mean over points look sure.
func TestCommonDrift(t *testing.T) {
	t.Parallel()
	claims := `
  - {name: ratio, for_each: [trial], value: 'pick("latency_ms_mean", {size: 2}) / pick("latency_ms_mean", {size: 1})', expect: value > 1.95}
  - {name: mean, for_each: [trial], value: "mean(latency_ms_mean)", expect: value > 1}
`
	all := covered(t, claims, 20, func(rng *rand.Rand, p workloads.Values, drift float64) float64 {
		return 3 * asNumber(p, "size") * math.Exp(0.2*drift+0.02*rng.NormFloat64())
	})
	if s := shareOf(all[0], supported); s < 0.95 {
		t.Errorf("a ratio 2.5%% above the edge was supported in %.3f: the drift was not taken for common", s)
	}
	truth := 7 * math.Exp(0.02)
	if s := shareOf(all[1], func(j *Judgement) bool { return j.Lo <= truth && truth <= j.Hi }); s < 0.91 || s > 0.98 {
		t.Errorf("the interval of the mean over points holds the truth in %.3f", s)
	}
}

// TestAutocorrelation holds intervals of samples that follow each other in one
// round, and are alike, to be nearly as wide as they have to be: 62 of 100 hold
// the truth where each is drawn for itself.
func TestAutocorrelation(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	r := reading(t, `
sweep: {trial: {range: [1, 100, 1]}}
measure: {samples: 400, order: sequential}
summary: {latency_ms: [mean]}
claims:
  - {name: c, for_each: [trial], value: "max(latency_ms_mean)", expect: value > 0}
  - {name: d, for_each: [trial], over: samples, value: "mean(latency_ms)", expect: value > 0}
`, func(workloads.Values) []sample {
		var samples []sample
		state := rng.NormFloat64()
		for k := range 400 {
			state = 0.7*state + math.Sqrt(1-0.49)*rng.NormFloat64()
			samples = append(samples, sample{rep: k, latency: 10 + state})
		}
		return samples
	})
	js := evaluate(t, r, Options{Resamples: 300})
	for _, of := range [][]Judgement{js[:100], js[100:]} {
		if s := shareOf(of, func(j *Judgement) bool { return j.Lo <= 10 && 10 <= j.Hi }); s < 0.82 {
			t.Errorf("%s: the interval holds the truth in %.2f", of[0].Claim, s)
		}
	}
}

// TestSamplesNeeded holds the estimate to be right within a factor of two: with
// so many samples most claims that were open are decided, and with a quarter of
// them few are.
func TestSamplesNeeded(t *testing.T) {
	t.Parallel()
	const first = 8
	claims := `
  - {name: mean, for_each: [trial], value: "mean(latency_ms_mean / size)", expect: value < 10.45}
`
	measure := func(rounds int) []Judgement {
		return covered(t, claims, rounds, func(rng *rand.Rand, p workloads.Values, _ float64) float64 {
			return asNumber(p, "size") * (10 + 1.5*rng.NormFloat64())
		})[0]
	}
	// The truth is 0.45 below the edge: 2.8 standard errors decide it four times
	// out of five, and one of them is 1.5/sqrt(samples).
	const enough = 87
	var total []float64
	for _, j := range measure(first) {
		if j.Verdict == Inconclusive && j.SamplesNeeded > 0 {
			total = append(total, float64(j.Samples+j.SamplesNeeded))
		}
	}
	if len(total) < trials/10 {
		t.Fatalf("only %d of %d claims are open", len(total), trials)
	}
	if m := spec.Column(total).Quantile(0.5); m < enough/2 || m > enough*2 {
		t.Errorf("the estimate is %v samples in the middle, want about %v", m, enough)
	}
	if s := shareOf(measure(enough/3), supported); s < 0.6 {
		t.Errorf("with %v samples %.2f are decided", enough, s)
	}
}

// TestBand holds that of a claim between two edges the estimate takes both into
// account.
func TestBand(t *testing.T) {
	t.Parallel()
	d := drawnValues{original: 1.0, blocks: 1000, samples: 100, all: 1000}
	rng := rand.New(rand.NewPCG(3, 4))
	for range d.all {
		d.values = append(d.values, 1+rng.NormFloat64())
	}
	r := reading(t, trialsSpec+"\n  - {name: c, value: \"max(latency_ms_p50)\", expect: value > 0 && value < 2}\n", func(workloads.Values) []sample { return nil })
	w, err := newWorker(&r.Spec.Claims[0])
	must(t, err)
	d.workers = []*worker{w}
	met, _, err := d.shares(d.values, 0)
	must(t, err)
	got, err := d.needed(d.values, met, 0)
	must(t, err)
	// 2.24 standard errors have to fit, and one does: 5 times as many samples.
	if got < 250 || got > 600 {
		t.Errorf("%d samples more, want about 400", got)
	}
}

// TestRounds holds that a draw takes one block less than there are, and the same
// rounds for points that took part in the same, whatever others did.
func TestRounds(t *testing.T) {
	t.Parallel()
	d := drawer{seed: 5, rounds: 40, reps: 40}
	ramp := func(n int) []int32 {
		x := make([]int32, n)
		for i := range x {
			x[i] = int32(i)
		}
		return x
	}
	long, _ := d.newRoster(ramp(40), ramp(40), 1)
	short, block := d.newRoster(ramp(10), ramp(10), 1)
	if short.blocks != 10 || block[9] != 9 {
		t.Fatalf("got %d blocks", short.blocks)
	}
	sums := make([]int, 10)
	together, apart := 0.0, 0.0
	for number := range 4000 {
		a, b := make([]int32, 40), make([]int32, 10)
		d.draw(a, long, number)
		d.draw(b, short, number)
		n := 0
		for i, c := range b {
			sums[i] += int(c)
			n += int(c)
		}
		if n != 9 {
			t.Fatalf("%d blocks were drawn", n)
		}
		together += float64(a[0] * b[0])
		apart += float64(a[0] * b[1])
	}
	for i, n := range sums {
		if math.Abs(float64(n)/3600-1) > 0.1 {
			t.Errorf("round %d was drawn %d times, want about 3600", i, n)
		}
	}
	if together < 1.5*apart {
		t.Errorf("the points were drawn apart: %v, %v", together, apart)
	}
}

// TestOneRound holds that repetitions are the blocks where all are in one round.
func TestOneRound(t *testing.T) {
	t.Parallel()
	r := reading(t, "sweep: {size: [1, 2]}\nmeasure: {samples: 8}\nsummary: {latency_ms: [mean]}\n"+
		"claims:\n  - {name: c, over: samples, value: \"mean(latency_ms)\", expect: value > 0}\n", func(p workloads.Values) []sample {
		var samples []sample
		for k := range 8 {
			for row := range 5 { // rows of one repetition are alike
				samples = append(samples, sample{rep: k, latency: float64(k+1) + 1e-3*float64(row)})
			}
		}
		return samples
	})
	u, err := load(r, Options{})
	must(t, err)
	if b := u.points[0].blocks; b != 8 {
		t.Errorf("%d blocks, want the 8 repetitions", b)
	}
	j := evaluate(t, r, Options{})[0]
	// The standard error of the mean of 1..8 is 0.87, and t of 7 degrees 2.36.
	if width := j.Hi - j.Lo; width < 3.3 || width > 5 {
		t.Errorf("the interval is %v wide, want about 4.1: rows count as repetitions", width)
	}
}
