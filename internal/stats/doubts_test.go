package stats

import (
	"math/rand/v2"
	"testing"
)

// What is said of a number, word by word.
func TestWarnings(t *testing.T) {
	t.Parallel()
	step, coarse := make([]float64, 40), make([]float64, 60)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range step {
		step[i] = 4 + 0.001*rng.Float64()
		if i >= 15 {
			step[i] += 2
		}
	}
	for i := range coarse {
		coarse[i] = float64(i / 20)
	}
	say := func(w Warning, ok bool) Warning {
		if !ok {
			return Warning{}
		}
		return w
	}
	for _, c := range []struct {
		got, want Warning
	}{
		{say(QuantileWarning(12, 0.95, 0.95)), Warning{"12 samples give no 95% interval of p95", "take at least 72"}},
		{say(QuantileWarning(1, 0.999, 0.9)), Warning{"1 sample gives no 90% interval of p99.9", "take at least 2995"}},
		{say(QuantileWarning(72, 0.95, 0.95)), Warning{}},
		{say(QuantileWarning(0, 0.95, 0.95)), Warning{}},
		{say(CorrelationWarning(coarse)), Warning{"60 samples are worth 3 independent ones, because neighbours are alike: autocorrelation 0.95", "spread them over more rounds or processes"}},
		{say(CorrelationWarning(step[:15])), Warning{}},
		{say(CorrelationWarning(step[15:])), Warning{}},
		{say(DriftWarning(step)), Warning{"the level moved after 15 of 40 samples: median 4.001, then 6", "a longer warmup, or a quieter machine"}},
		{say(DriftWarning(step[:15])), Warning{}},
		{say(DriftWarning(step[15:])), Warning{}},
		{say(TiesWarning(coarse)), Warning{"60 samples hold 3 different values: the measure is coarse", "measure more work at once"}},
		{say(TiesWarning(coarse[:20])), Warning{}},
		{say(TiesWarning(step)), Warning{}},
	} {
		if c.got != c.want {
			t.Errorf("got  %+v\nwant %+v", c.got, c.want)
		}
	}
}

// Independent samples are rarely doubted: a run has many points.
func TestWarningsAreRare(t *testing.T) {
	t.Parallel()
	const trials = 1000
	rng := rand.New(rand.NewPCG(1, 2))
	moved, alike := 0, 0
	x := make([]float64, 50)
	for range trials {
		for i := range x {
			x[i] = rng.ExpFloat64()
		}
		if _, ok := DriftWarning(x); ok {
			moved++
		}
		if _, ok := CorrelationWarning(x); ok {
			alike++
		}
	}
	if moved > 4 || alike > 25 {
		t.Errorf("of %d series without a fault %d are said to move, %d to be alike", trials, moved, alike)
	}
}
