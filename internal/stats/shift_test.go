package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func mannWhitney(a, b []float64) RankSum {
	return MannWhitneyWorth(a, b, float64(len(a)), float64(len(b)))
}

func hodgesLehmann(a, b []float64, confidence float64) Shift {
	return HodgesLehmannWorth(a, b, float64(len(a)), float64(len(b)), confidence)
}

// drawTwo draws two samples, mostly with ties.
func drawTwo(t *rapid.T) (a, b []float64) {
	quarter := rapid.Map(rapid.IntRange(-60, 60), func(i int) float64 { return float64(i) / 4 })
	return rapid.SliceOfN(quarter, 1, 70).Draw(t, "a"), rapid.SliceOfN(quarter, 1, 70).Draw(t, "b")
}

// The differences written out and sorted give the same estimate and ends.
func TestShiftIsThatOfAllDifferences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTwo(t)
		var all []float64
		for _, v := range a {
			for _, w := range b {
				all = append(all, w-v)
			}
		}
		slices.Sort(all)
		d := differences{slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))}
		k := rapid.IntRange(1, len(all)).Draw(t, "k")
		if got := d.nth(k); got != all[k-1] {
			t.Fatalf("difference %d is %v, want %v", k, got, all[k-1])
		}
		if s := hodgesLehmann(a, b, 0.95); !near(s.Estimate, Quantile(all, 0.5), 1e-12) {
			t.Fatalf("estimate %v, want %v", s.Estimate, Quantile(all, 0.5))
		}
	})
}

func TestOrdinalKeepsTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64().Draw(t, "a"), rapid.Float64().Draw(t, "b")
		if fromOrdinal(ordinal(a)) != a || (ordinal(a) < ordinal(b)) != (a < b) {
			t.Fatalf("%v is %d, %v is %d", a, ordinal(a), b, ordinal(b))
		}
	})
}

// To swap the sides turns the shift around; to add to one side adds to it; the
// order of the samples says nothing.
func TestShiftProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTwo(t)
		s, r := hodgesLehmann(a, b, 0.9), mannWhitney(a, b)
		back, there := hodgesLehmann(b, a, 0.9), mannWhitney(b, a)
		if back.Estimate != -s.Estimate || s.Interval.Valid() && (back.Interval.Lo != -s.Interval.Hi || back.Interval.Hi != -s.Interval.Lo) {
			t.Fatalf("%v, and back %v", s, back)
		}
		if !near(r.P, there.P, 1e-12) || r.U+there.U != float64(len(a)*len(b)) || !near(r.Superiority, 1-there.Superiority, 1e-12) && r.Superiority != 0 {
			t.Fatalf("%+v, and back %+v", r, there)
		}
		moved := make([]float64, len(b))
		for i, v := range b {
			moved[len(b)-1-i] = v + 64
		}
		if m := hodgesLehmann(a, moved, 0.9); m.Estimate != s.Estimate+64 || s.Interval.Valid() && m.Interval.Lo != s.Interval.Lo+64 {
			t.Fatalf("%v, moved by 64 %v", s, m)
		}
		wider := hodgesLehmann(a, b, 0.99).Interval
		if wider.Valid() && !(wider.Lo <= s.Interval.Lo && s.Interval.Hi <= wider.Hi && s.Interval.Lo <= s.Estimate && s.Estimate <= s.Interval.Hi) {
			t.Fatalf("%v in %v", s, wider)
		}
	})
}

// The interval leaves no shift out exactly where the test does not tell the sides
// apart: they are one method.
func TestShiftAndTestAgree(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 1))
	for trial := range 300 {
		n, m := 4+trial%50, 4+trial%37
		if n >= exactBelow != (m >= exactBelow) {
			continue
		}
		a, b := make([]float64, n), make([]float64, m)
		for i := range a {
			a[i] = rng.NormFloat64()
		}
		for i := range b {
			b[i] = rng.NormFloat64() + 0.5
		}
		i := hodgesLehmann(a, b, 0.95).Interval
		if excludes, rare := i.Lo > 0 || i.Hi < 0, mannWhitney(a, b).P <= 0.05; excludes != rare {
			t.Errorf("%d and %d samples: interval %v, P %g", n, m, i, mannWhitney(a, b).P)
		}
	}
}

func TestShiftOfFewOrNone(t *testing.T) {
	t.Parallel()
	if s := hodgesLehmann(nil, []float64{1}, 0.95); !math.IsNaN(s.Estimate) || s.Interval.Valid() {
		t.Errorf("of nothing: %v", s)
	}
	if r := mannWhitney(nil, []float64{1}); r.P != 1 || !math.IsNaN(r.U) {
		t.Errorf("of nothing: %+v", r)
	}
	if s := hodgesLehmann([]float64{1, 2, 3}, []float64{7, 8, 9}, 0.95); s.Estimate != 6 || s.Interval.Valid() {
		t.Errorf("three and three support no 95%%: %v", s)
	}
	if s := hodgesLehmann([]float64{1, 2, 3, 4}, []float64{7, 8, 9, 11}, 0.95); s.Interval != (Interval{3, 10}) {
		t.Errorf("four and four: %v", s)
	}
	same := []float64{2, 2, 2, 2, 2, 2}
	if r := mannWhitney(same, same); r.P != 1 || r.Superiority != 0.5 {
		t.Errorf("all equal: %+v", r)
	}
}

// thousands are ten thousand on either side, a hundred million differences.
func thousands() (a, b []float64) {
	rng := rand.New(rand.NewPCG(8, 9))
	a, b = make([]float64, 10_000), make([]float64, 10_000)
	for i := range a {
		a[i], b[i] = rng.ExpFloat64(), rng.ExpFloat64()+0.25
	}
	return a, b
}

func TestShiftOfMany(t *testing.T) {
	t.Parallel()
	a, b := thousands()
	s := hodgesLehmann(a, b, 0.95)
	if !(s.Interval.Lo < 0.25 && 0.25 < s.Interval.Hi && s.Interval.Hi-s.Interval.Lo < 0.05) {
		t.Errorf("%v", s)
	}
}

func BenchmarkShiftOfMany(b *testing.B) {
	x, y := thousands()
	for b.Loop() {
		hodgesLehmann(x, y, 0.95)
	}
}

// A series whose neighbours are alike says "changed" far more often than promised,
// and keeps the promise once it counts for what it is worth.
func TestWorthHoldsTheLevel(t *testing.T) {
	t.Parallel()
	const trials, n, rho = 600, 120, 0.6
	rng := rand.New(rand.NewPCG(4, 4))
	naive, meant, missed := 0, 0, 0
	series := func() []float64 {
		x := make([]float64, n)
		v := 0.0
		for range 20 {
			v = rho*v + rng.NormFloat64()
		}
		for i := range x {
			v = rho*v + rng.NormFloat64()
			x[i] = v
		}
		return x
	}
	for range trials {
		a, b := series(), series()
		worthA, worthB := EffectiveSize(MidRanks(a)), EffectiveSize(MidRanks(b))
		if mannWhitney(a, b).P < 0.05 {
			naive++
		}
		if MannWhitneyWorth(a, b, worthA, worthB).P < 0.05 {
			meant++
		}
		if i := HodgesLehmannWorth(a, b, worthA, worthB, 0.95).Interval; i.Lo > 0 || i.Hi < 0 {
			missed++
		}
	}
	if share := float64(naive) / trials; share < 0.2 {
		t.Errorf("naively %.3f: the test shows nothing", share)
	}
	if share := float64(meant) / trials; share > 0.09 {
		t.Errorf("by worth %.3f, want 0.05", share)
	}
	if missed < meant-3 || missed > meant+3 {
		t.Errorf("the interval excludes 0 %d times, the test finds %d", missed, meant)
	}
}

func TestCorrectedPAreMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 30).Draw(t, "p")
		holm := Holm(p)
		for i := range p {
			if holm[i] < p[i] || holm[i] > 1 {
				t.Fatalf("%g becomes %g", p[i], holm[i])
			}
			for j := range p {
				if p[i] < p[j] && holm[i] > holm[j] {
					t.Fatalf("%g and %g change their order", p[i], p[j])
				}
			}
		}
	})
}
