package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The promise of a stop rule, simulated: the interval at the moment of
// stopping covers the truth in 95% of the runs, whichever look it is.
func TestCoverageAtTheStoppingTime(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 10))
	lognormal := func() float64 { return math.Exp(0.2 * rng.NormFloat64()) }
	for _, c := range []struct {
		name   string
		rule   StopRule
		truth  float64
		draw   func() float64
		trials int
	}{
		{"median of lognormal", StopRule{Quantile: .5, RelativeCI: .06, Min: 10, Max: 300}, 1, lognormal, 1000},
		{"p95 of exponential", StopRule{Quantile: .95, RelativeCI: .2, Min: 10, Max: 2000}, -math.Log(.05), rng.ExpFloat64, 250},
		{"mean of exponential", StopRule{Quantile: math.NaN(), RelativeCI: .45, Min: 10, Max: 100}, 1, rng.ExpFloat64, 100},
	} {
		s, err := c.rule.Schedule()
		if err != nil {
			t.Fatal(err)
		}
		stopped, covered, samples := 0, 0, 0
		for range c.trials {
			var x []float64
			var d Decision
			for _, n := range s.Looks() {
				for len(x) < n {
					x = append(x, c.draw())
				}
				if d = s.Decide(x); d.Enough {
					stopped++
					break
				}
			}
			samples += len(x)
			if d.Interval.Lo <= c.truth && c.truth <= d.Interval.Hi {
				covered++
			}
		}
		share := func(n int) float64 { return float64(n) / float64(c.trials) }
		t.Logf("%s: %d looks at %.4f, stops %.3f, covers %.4f, samples %.1f of %d",
			c.name, len(s.Looks()), s.Confidence(), share(stopped), share(covered), share(samples), c.rule.Max)
		if least := .95 - 3*math.Sqrt(.95*.05/float64(c.trials)); share(covered) < least {
			t.Errorf("%s: covers %.4f at the stopping time", c.name, share(covered))
		}
		if share(stopped) < .8 {
			t.Errorf("%s: stops in %.3f of the runs only", c.name, share(stopped))
		}
		if share(samples) > .8*float64(c.rule.Max) {
			t.Errorf("%s: takes %.1f samples on average", c.name, share(samples))
		}
	}
}

// The joint probability, computed, agrees with a count over simulated walks.
func TestJointMiss(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	looks, q, tail := []int{10, 20, 40, 80}, 0.4, 0.02
	const trials = 30_000
	missed := 0
	for range trials {
		n, k, miss := 0, 0, false
		for _, look := range looks {
			for ; n < look; n++ {
				if rng.Float64() < q {
					k++
				}
			}
			l, u, ok := intervalRanks(n, q, tail)
			miss = miss || ok && (k < l || k >= u)
		}
		if miss {
			missed++
		}
	}
	got, want := jointMiss(looks, q, tail), float64(missed)/trials
	if math.Abs(got-want) > 4*math.Sqrt(want/trials) {
		t.Errorf("computed %.5f, counted %.5f", got, want)
	}
	if one := jointMiss(looks[2:3], q, tail); one > 2*tail || one < tail/2 {
		t.Errorf("one look misses with %g, made for at most %g", one, 2*tail)
	}
}

func TestScheduleProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := StopRule{RelativeCI: .1, Min: rapid.IntRange(1, 200).Draw(t, "min")}
		rule.Max = rule.Min + rapid.IntRange(0, 2000).Draw(t, "more")
		rule.Quantile = rapid.SampledFrom([]float64{math.NaN(), .5, .9, .95, .99}).Draw(t, "q")
		s, err := rule.Schedule()
		if err != nil {
			t.Fatal(err)
		}
		looks := s.Looks()
		if !slices.IsSorted(looks) || len(slices.Compact(slices.Clone(looks))) != len(looks) {
			t.Fatalf("looks %v do not ascend", looks)
		}
		if len(looks) > 0 && (looks[0] < rule.Min || looks[len(looks)-1] != rule.Max) {
			t.Fatalf("looks %v leave %d..%d", looks, rule.Min, rule.Max)
		}
		if c := s.Confidence(); !(c >= .95-1e-12 && c < 1) {
			t.Fatalf("a look has the confidence %g", c)
		}
		if !math.IsNaN(rule.Quantile) && jointMiss(looks, rule.Quantile, s.tail) > .05+1e-9 {
			t.Fatalf("all looks together miss with %g", jointMiss(looks, rule.Quantile, s.tail))
		}
	})
}

func TestScheduleOfManySamples(t *testing.T) {
	t.Parallel()
	s, err := StopRule{Quantile: .99, RelativeCI: .01, Min: 10, Max: 100_000}.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	if looks := s.Looks(); looks[0] != 368 || s.Confidence() < .99 {
		t.Errorf("looks %v at %g", looks, s.Confidence())
	}
}

func TestScheduleRefuses(t *testing.T) {
	t.Parallel()
	good := StopRule{Quantile: .5, RelativeCI: .1, Min: 10, Max: 20}
	for name, spoil := range map[string]func(*StopRule){
		"quantile":   func(r *StopRule) { r.Quantile = 1 },
		"confidence": func(r *StopRule) { r.Confidence = 1.5 },
		"relative":   func(r *StopRule) { r.RelativeCI = 0 },
		"range":      func(r *StopRule) { r.Max = 9 },
		"nothing":    func(r *StopRule) { r.Min = 0 },
	} {
		rule := good
		spoil(&rule)
		if _, err := rule.Schedule(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	s, err := StopRule{Quantile: .99, RelativeCI: .1, Min: 10, Max: 20}.Schedule()
	if err != nil || len(s.Looks()) != 0 {
		t.Errorf("20 samples for p99: looks %v, %v", s.Looks(), err)
	}
}

func TestDecideAroundZero(t *testing.T) {
	t.Parallel()
	s, err := StopRule{Quantile: .5, RelativeCI: .1, Min: 10, Max: 20}.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	if d := s.Decide(make([]float64, 10)); !d.Enough {
		t.Error("ten zeros are not enough to know zero")
	}
	if d := s.Decide([]float64{-2, -1, -1, -1, 0, 0, 1, 1, 1, 2}); d.Enough {
		t.Errorf("enough around zero: %+v", d)
	}
}

func BenchmarkSchedule10k(b *testing.B) {
	for b.Loop() {
		if _, err := (StopRule{Quantile: .5, RelativeCI: .02, Min: 10, Max: 10_000}).Schedule(); err != nil {
			b.Fatal(err)
		}
	}
}
