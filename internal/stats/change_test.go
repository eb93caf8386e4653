package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A series without a change is rarely called changed; one with a step is, and
// where.
func TestChangePointFindsSteps(t *testing.T) {
	t.Parallel()
	const trials, n, at = 500, 100, 30
	rng := rand.New(rand.NewPCG(6, 1))
	false05, found, near30 := 0, 0, 0
	x := make([]float64, n)
	for range trials {
		for i := range x {
			x[i] = rng.ExpFloat64()
		}
		if ChangePoint(x).P < 0.05 {
			false05++
		}
		for i := at; i < n; i++ {
			x[i]++
		}
		if c := ChangePoint(x); c.P < 0.001 {
			found++
			if math.Abs(float64(c.At-at)) <= 5 {
				near30++
			}
		}
	}
	if share := float64(false05) / trials; share > 0.06 {
		t.Errorf("%.3f of the series without a step are called changed", share)
	}
	if found < trials*8/10 || near30 < found*8/10 {
		t.Errorf("of %d steps %d are found, %d where they are", trials, found, near30)
	}
}

func TestChangePointOfLittle(t *testing.T) {
	t.Parallel()
	for what, x := range map[string][]float64{"nothing": nil, "one": {1}, "constant": {2, 2, 2, 2}} {
		if c := ChangePoint(x); c.At != 0 || c.P != 1 || !math.IsNaN(c.Before) {
			t.Errorf("%s: %+v", what, c)
		}
	}
	if c := ChangePoint([]float64{1, 1, 1, 9, 9}); c.At != 3 || c.Before != 1 || c.After != 9 {
		t.Errorf("%+v", c)
	}
}

func TestAutocorrelation(t *testing.T) {
	t.Parallel()
	x := []float64{1, 2, 3, 4}
	for lag, want := range []float64{1, 0.25, -0.3, -0.45} { // by hand: 5, 1.25, -1.5, -2.25 over 5
		if got := Autocorrelation(x, lag); !near(got, want, 1e-12) {
			t.Errorf("lag %d: %g, want %g", lag, got, want)
		}
	}
	for _, got := range []float64{Autocorrelation(x, 4), Autocorrelation(x, -1), Autocorrelation([]float64{5, 5}, 1)} {
		if !math.IsNaN(got) {
			t.Errorf("%g, want NaN", got)
		}
	}
}

// A long series is averaged first, and worth the same.
func TestEffectiveSizeOfMany(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(6, 2))
	const rho = 0.8
	x := make([]float64, 20*maxSeries+7)
	for i := 1; i < len(x); i++ {
		x[i] = rho*x[i-1] + rng.NormFloat64()
	}
	want := float64(len(x)) * (1 - rho) / (1 + rho)
	if got := EffectiveSize(x); math.Abs(got/want-1) > 0.15 {
		t.Errorf("worth %.0f, theory says %.0f", got, want)
	}
	clear(x)
	if got := EffectiveSize(x); got != float64(len(x)) {
		t.Errorf("a constant is worth %g of %d", got, len(x))
	}
}
