package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestEffectiveSize(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 100_000
	// An AR(1) series is worth n (1-rho)/(1+rho) independent samples.
	for _, c := range []struct{ rho, within float64 }{{0, .1}, {.5, .1}, {.9, .15}, {.99, .3}} {
		rho := c.rho
		x := make([]float64, n)
		for i := 1; i < n; i++ {
			x[i] = rho*x[i-1] + rng.NormFloat64()
		}
		want := n * (1 - rho) / (1 + rho)
		if got := EffectiveSize(x); math.Abs(got/want-1) > c.within {
			t.Errorf("rho %g: worth %.0f, theory says %.0f", rho, got, want)
		}
	}
	alternating := make([]float64, 100)
	for i := range alternating {
		alternating[i] = float64(i % 2)
	}
	for what, x := range map[string][]float64{
		"constant": {.1, .1, .1, .1, .1, .1, .1}, "alternating": alternating, "short": {1, 2, 3}, "none": {},
	} {
		if got := EffectiveSize(x); got != float64(len(x)) {
			t.Errorf("%s: worth %g of %d", what, got, len(x))
		}
	}
}

func TestEffectiveSizeIsWithinTheSize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 4, 100).Draw(t, "x")
		if got := EffectiveSize(x); !(got > 0 && got <= float64(len(x))) {
			t.Fatalf("%d samples are worth %g", len(x), got)
		}
	})
}

func TestMeanIntervalCovers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	const trials = 1000
	for _, c := range []struct {
		name  string
		n     int
		least float64
		draw  func() float64 // of mean 1
	}{
		{"normal", 10, .94, func() float64 { return 1 + rng.NormFloat64() }},
		{"exponential", 30, .93, rng.ExpFloat64},
	} {
		covered := 0
		x := make([]float64, c.n)
		for k := range trials {
			for i := range x {
				x[i] = c.draw()
			}
			if i, ok := MeanInterval(x, .95, uint64(k)); ok && i.Lo <= 1 && 1 <= i.Hi {
				covered++
			}
		}
		got := float64(covered) / trials
		t.Logf("%s, n %d: covers %.3f", c.name, c.n, got)
		if got < c.least {
			t.Errorf("%s, n %d: covers %.3f", c.name, c.n, got)
		}
	}
}

func TestMeanInterval(t *testing.T) {
	t.Parallel()
	x := []float64{2.1, 3.4, 1.9, 8.8, 2.2, 2.0, 2.7, 5.1, 2.3, 2.4}
	a, ok := MeanInterval(x, .95, 1)
	b, _ := MeanInterval(x, .95, 1)
	if !ok || a != b {
		t.Errorf("the same seed gives %v and %v, %t", a, b, ok)
	}
	// scipy 1.17's BCa says 2.44..5.40 for these; bootstrap-t is wider on the
	// long side.
	if !(a.Lo > 2.2 && a.Lo < 2.6 && a.Hi > 5.2 && a.Hi < 9) {
		t.Errorf("the interval is %v", a)
	}
	if i, ok := MeanInterval([]float64{7, 7, 7, 7, 7, 7}, .95, 1); !ok || i != (Interval{7, 7}) {
		t.Errorf("of equals: %v, %t", i, ok)
	}
	if _, ok := MeanInterval(x[:5], .95, 1); ok {
		t.Error("five samples suffice")
	}
	if i, ok := MeanInterval([]float64{0, 0, 0, 0, 0, 0, 0, 1}, .95, 1); ok {
		t.Errorf("one sample out of line decides: %v", i)
	}
}

// Averaging over blocks leaves the interval of a long series where it belongs.
func TestMeanIntervalOfManySamples(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	x := make([]float64, 50_001)
	for i := range x {
		x[i] = rng.ExpFloat64()
	}
	i, ok := MeanInterval(x, .95, 1)
	half := 1.96 * Std(x) / math.Sqrt(float64(len(x)))
	if mean := Mean(x); !ok || !near(i.Lo, mean-half, 2e-3) || !near(i.Hi, mean+half, 2e-3) {
		t.Errorf("interval %v, normal theory says %g +- %g", i, mean, half)
	}
}

func BenchmarkMeanInterval200(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	x := make([]float64, 200)
	for i := range x {
		x[i] = rng.ExpFloat64()
	}
	for b.Loop() {
		MeanInterval(x, .95, 1)
	}
}
