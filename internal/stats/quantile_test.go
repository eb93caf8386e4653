package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	// numpy 2.4: numpy.quantile([2.1, 3.4, ...], q).
	x := []float64{2.1, 3.4, 1.9, 8.8, 2.2, 2.0, 2.7, 5.1, 2.3, 2.4}
	slices.Sort(x)
	for _, c := range []struct{ q, want float64 }{
		{0, 1.9}, {.1, 1.99}, {.25, 2.125}, {.5, 2.35}, {.9, 5.47}, {.95, 7.135}, {.99, 8.467}, {1, 8.8},
	} {
		if got := Quantile(x, c.q); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("Quantile(x, %g) = %v, numpy says %v", c.q, got, c.want)
		}
	}
	inf := math.Inf(1)
	if got := Quantile([]float64{1, inf, inf}, 0.75); got != inf {
		t.Errorf("between two infinities: %v", got)
	}
	for _, x := range [][]float64{nil, {}} {
		if got := Quantile(x, 0.5); !math.IsNaN(got) {
			t.Errorf("of nothing: %v, want NaN", got)
		}
	}
}

func TestIntervalRanks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source        string
		n             int
		q, confidence float64
		l, u          int
	}{
		{"benchstat: needs 6 samples", 6, .5, .95, 1, 6},
		{"Conover, Practical Nonparametric Statistics, 3rd ed., 1999, 3.2", 10, .5, .95, 2, 9},
		{"scipy.stats.binom", 25, .5, .95, 8, 18},
		{"David and Nagaraja, Order Statistics, 7.1", 100, .5, .95, 40, 61},
		{"scipy.stats.binom", 100, .9, .95, 84, 96},
		{"scipy.stats.binom", 72, .95, .95, 64, 72},
		{"scipy.stats.binom", 400, .99, .95, 392, 400},
		{"scipy.stats.binom", 1000, .95, .99, 931, 968},
	} {
		l, u, ok := intervalRanks(c.n, c.q, (1-c.confidence)/2)
		if !ok || l != c.l || u != c.u {
			t.Errorf("n %d, q %g, confidence %g: ranks %d, %d, %t, want %d, %d (%s)", c.n, c.q, c.confidence, l, u, ok, c.l, c.u, c.source)
		}
	}
}

// MLPerf LoadGen's early stopping passes p99 at 99% confidence with one query
// over the latency from 662 queries on: there the second largest bounds the
// quantile, and with one query less the largest has to.
func TestUpperRankAgreesWithLoadGen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, want int }{{661, 661}, {662, 661}} {
		if _, u, ok := intervalRanks(c.n, .99, .01); !ok || u != c.want {
			t.Errorf("of %d samples rank %d bounds p99, %t, want %d", c.n, u, ok, c.want)
		}
	}
}

func TestMinSamplesForQuantile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source        string
		q, confidence float64
		want          int
	}{
		{"benchstat", .5, .95, 6},
		{"0.95^n <= 0.025", .95, .95, 72},
		{"0.99^n <= 0.025", .99, .95, 368},
		{"0.999^n <= 0.025", .999, .95, 3688},
		{"Wilks 1941, 95/95 one-sided tolerance bound", .95, .90, 59},
		{"Wilks 1941, 95/99 one-sided tolerance bound", .99, .90, 299},
		{"MLPerf LoadGen, t = 0: p99 at 99%", .99, .98, 459},
		{"symmetric", .05, .95, 72},
		{"not a quantile", 1, .95, 0},
		{"not a confidence", .5, 1, 0},
	} {
		if got := MinSamplesForQuantile(c.q, c.confidence); got != c.want {
			t.Errorf("MinSamplesForQuantile(%g, %g) = %d, want %d (%s)", c.q, c.confidence, got, c.want, c.source)
		}
	}
}

func TestIntervalStartsAtMinSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.Float64Range(0.001, 0.999).Draw(t, "q")
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		n := MinSamplesForQuantile(q, confidence)
		sorted := make([]float64, n)
		if _, ok := QuantileInterval(sorted, q, confidence); !ok {
			t.Fatalf("none from %d samples", n)
		}
		if _, ok := QuantileInterval(sorted[1:], q, confidence); ok {
			t.Fatalf("one from %d samples", n-1)
		}
	})
}

// The definition, summed term by term: the ranks keep both tails below their
// share, and no closer rank does.
func TestIntervalRanksAreTheClosest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		q := rapid.Float64Range(0.01, 0.99).Draw(t, "q")
		tail := rapid.Float64Range(0.001, 0.2).Draw(t, "tail")
		l, u, ok := intervalRanks(n, q, tail)
		if !ok {
			return
		}
		below := func(k int) float64 { // P(B < k)
			sum := 0.0
			w := binomialMass(n, q)
			for i, p := range w.mass {
				if w.first+i < k {
					sum += p
				}
			}
			return sum
		}
		const rounding = 1e-9
		if below(l) > tail+rounding || 1-below(u) > tail+rounding {
			t.Fatalf("ranks %d, %d miss more than %g: %g, %g", l, u, tail, below(l), 1-below(u))
		}
		if below(l+1) < tail-rounding || 1-below(u-1) < tail-rounding {
			t.Fatalf("ranks %d, %d are not the closest", l, u)
		}
	})
}

func TestQuantileIntervalCovers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	const trials = 4000
	for _, c := range []struct {
		n int
		q float64
	}{{10, .5}, {60, .5}, {100, .95}} {
		truth := -math.Log1p(-c.q) // of the exponential distribution
		covered := 0
		x := make([]float64, c.n)
		for range trials {
			for i := range x {
				x[i] = rng.ExpFloat64()
			}
			slices.Sort(x)
			if i, ok := QuantileInterval(x, c.q, .95); ok && i.Lo <= truth && truth <= i.Hi {
				covered++
			}
		}
		// Three standard errors below the promise; it is conservative, so the
		// upper side is free.
		if got := float64(covered) / trials; got < .95-3*math.Sqrt(.95*.05/trials) {
			t.Errorf("n %d, q %g: covers %.3f", c.n, c.q, got)
		}
	}
}

func TestQuantileProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1e9, 1e9), 1, 200).Draw(t, "x")
		slices.Sort(x)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		v := Quantile(x, q)
		if v < x[0] || v > x[len(x)-1] {
			t.Fatalf("%g is outside the samples", v)
		}
		if higher := Quantile(x, min(1, q+.1)); higher < v {
			t.Fatalf("falls from %g to %g", v, higher)
		}
		if i, ok := QuantileInterval(x, q, .9); ok && !(i.Valid() && i.Lo <= v && v <= i.Hi) {
			t.Fatalf("interval %v does not hold the estimate %g", i, v)
		}
	})
}
