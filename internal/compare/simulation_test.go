package compare

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"runx/internal/results"
	"runx/workloads"
)

// simulations is how often each comparison is made: 2000 take some minutes.
var simulations = flag.Int("simulations", 24, "how often a simulated comparison is repeated")

// A noise draws the repetitions of one point, and may share what rounds have in
// common.
type noise func(rng *rand.Rand, n int, rounds []float64) []float64

func lognormal(rng *rand.Rand, n int, _ []float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 10 * math.Exp(0.05*rng.NormFloat64())
	}
	return x
}

// bimodal is a machine with two speeds 20% apart.
func bimodal(rng *rand.Rand, n int, _ []float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 10 * (1 + 0.01*rng.NormFloat64())
		if rng.Float64() < 0.4 {
			x[i] *= 1.2
		}
	}
	return x
}

// following is autoregressive noise: each repetition remembers the one before.
func following(memory float64) noise {
	return func(rng *rand.Rand, n int, _ []float64) []float64 {
		x := make([]float64, n)
		v := rng.NormFloat64()
		for i := range x {
			x[i] = 10 * math.Exp(0.05*v)
			v = memory*v + math.Sqrt(1-memory*memory)*rng.NormFloat64()
		}
		return x
	}
}

// mixed is a run in which one point of ten remembers and the others do not.
func mixed(rng *rand.Rand, n int, rounds []float64) []float64 {
	if rng.Float64() < 0.1 {
		return following(0.95)(rng, n, rounds)
	}
	return lognormal(rng, n, rounds)
}

// drifting is noise of which half is that of the machine, which all points of a
// round share and which remembers.
func drifting(rng *rand.Rand, n int, rounds []float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 10 * math.Exp(0.05*(rounds[i]+rng.NormFloat64()))
	}
	return x
}

// counting is a latency as a coarse clock tells it.
func counting(rng *rand.Rand, n int, _ []float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.Round(10 + rng.NormFloat64())
	}
	return x
}

// simulated is a side of points whose repetitions are noise; the first slowed
// points are slower by a factor.
func simulated(rng *rand.Rand, draw noise, points, n, slowed int, factor float64) *side {
	s := &side{params: []string{"i"}, metrics: []string{workloads.LatencyMetric}}
	rounds := following(0.7)(rng, n, nil)
	for i, v := range rounds {
		rounds[i] = math.Log(v/10) / 0.05
	}
	for i := range points {
		p := &point{texts: []string{fmt.Sprint(i)}, values: [][]float64{draw(rng, n, rounds)}, tried: n}
		for r := range n {
			p.rounds = append(p.rounds, r)
			if i < slowed {
				p.values[0][r] *= factor
			}
		}
		s.points = append(s.points, p)
	}
	return s
}

// compared is the verdict on simulated sides.
func compared(t testing.TB, base, next *side) *MetricComparison {
	t.Helper()
	c := &Comparison{}
	column := results.Column{Name: workloads.LatencyMetric, Unit: "ms", Better: workloads.Lower}
	if err := (Options{}).judge(t.Context(), []results.Column{column}, []*Comparison{c}, []*side{base}, []*side{next}, nil); err != nil {
		t.Fatal(err)
	}
	return &c.Metrics[0]
}

func count(m *MetricComparison, v Verdict) int {
	n := 0
	for _, p := range m.Pairs {
		if p.Verdict == v {
			n++
		}
	}
	return n
}

// Of two runs of the same thing with 200 points, at most one in twenty may say
// slower anywhere, at a point or over all of them, whatever the noise is like; and the
// intervals of all points together hold the truth.
func TestSameIsNotSlower(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		draw noise
		n    int
	}{
		{"lognormal, 10 repetitions", lognormal, 10},
		{"lognormal, 30 repetitions", lognormal, 30},
		{"bimodal, 20 repetitions", bimodal, 20},
		{"a coarse clock, 20 repetitions", counting, 20},
		{"a coarse clock, 3 repetitions", counting, 3},
		{"memory 0.3, 10 repetitions", following(0.3), 10},
		{"memory 0.6, 10 repetitions", following(0.6), 10},
		{"memory 0.6, 30 repetitions", following(0.6), 30},
		{"memory 0.8, 30 repetitions", following(0.8), 30},
		{"memory 0.8, 60 repetitions", following(0.8), 60},
		{"some points with memory, 30 repetitions", mixed, 30},
		{"shared drift, 30 repetitions", drifting, 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(3, 5))
			points, whole, outside := 0, 0, 0
			for range *simulations {
				m := compared(t, simulated(rng, c.draw, 200, c.n, 0, 1), simulated(rng, c.draw, 200, c.n, 0, 1))
				if count(m, Slower) > 0 {
					points++
				}
				if m.Verdict == Slower {
					whole++
				}
				if slices.ContainsFunc(m.Pairs, func(p Pair) bool { return p.Lo > 1 || p.Hi < 1 }) {
					outside++
				}
			}
			share := float64(max(points, whole, outside)) / float64(*simulations)
			t.Logf("%s: slower at a point: %d, over all: %d, an interval that misses: %d of %d", c.name, points, whole, outside, *simulations)
			if allowed := 0.05 + 2*math.Sqrt(0.05*0.95/float64(*simulations)); share > allowed {
				t.Errorf("of %d comparisons of the same thing %d say slower at a point, %d over all, and in %d an interval misses",
					*simulations, points, whole, outside)
			}
		})
	}
}

// A shift that is there is found: ten points of 200 that are slower by a tenth,
// and nothing else.
func TestSlowerIsFound(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 11))
	found, others := 0, 0
	const times = 10
	for range times {
		m := compared(t, simulated(rng, lognormal, 200, 30, 0, 1), simulated(rng, lognormal, 200, 30, 10, 1.1))
		for i, p := range m.Pairs {
			if p.Verdict == Slower {
				if i < 10 {
					found++
				} else {
					others++
				}
			}
		}
	}
	if found < times*10*9/10 || others > 1 {
		t.Errorf("%d of %d slower points found, %d others called slower", found, times*10, others)
	}
}

// The interval over all points holds what is there as often as it says, and not
// always: it would be too wide to be of use.
func TestOverallInterval(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 17))
	const times = 200
	inside := 0
	var widths []float64
	for range times {
		m := compared(t, simulated(rng, lognormal, 10, 20, 0, 1), simulated(rng, lognormal, 10, 20, 10, 1.04))
		if m.Lo <= 1.04 && 1.04 <= m.Hi {
			inside++
		}
		widths = append(widths, m.Hi-m.Lo)
	}
	slices.Sort(widths)
	if inside < times*92/100 || widths[times/2] > 0.03 {
		t.Errorf("the interval holds the ratio in %d of %d cases, its width is %.3f", inside, times, widths[times/2])
	}
}
