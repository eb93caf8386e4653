package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBinEdgesHoldAllSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := slices.Sorted(slices.Values(rapid.SliceOfN(rapid.Float64Range(1e-3, 1e6), 1, 200).Draw(t, "x")))
		most := rapid.IntRange(1, 60).Draw(t, "most")
		for what, edges := range map[string][]float64{"linear": BinEdges(x, most), "logarithmic": LogBinEdges(x, most)} {
			if len(edges) < 2 || len(edges) > most+1 || edges[0] > x[0] || edges[len(edges)-1] < x[len(x)-1] {
				t.Fatalf("%s: %d edges %v of %v", what, len(edges), edges, x)
			}
			for i := range edges[1:] {
				if edges[i] > edges[i+1] || edges[i] == edges[i+1] && x[0] != x[len(x)-1] && x[len(x)-1]/x[0] > 1+1e-9 {
					t.Fatalf("%s: edges %v", what, edges)
				}
			}
		}
	})
	if BinEdges(nil, 10) != nil || BinEdges([]float64{1}, 0) != nil || len(LogBinEdges([]float64{-1, 0}, 5)) != 0 {
		t.Error("bins of nothing")
	}
	if got := BinEdges([]float64{1, 5, 5, 5, 5, 5, 5, 9}, 100); len(got) != 5 { // Sturges: log2 8 + 1 bins
		t.Errorf("without a middle range: %v", got)
	}
	if got := BinEdges([]float64{0, 0}, 9); !slices.Equal(got, []float64{-0.5, 0.5}) {
		t.Errorf("all zero: %v", got)
	}
}

// The density of a mixture has its two modes where they are, and sums to what
// lies between the ends.
func TestDensityKeepsTwoModes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 6))
	for _, n := range []int{400, 30_000} {
		x := make([]float64, n)
		for i := range x {
			x[i] = 5 + 0.1*rng.NormFloat64()
			if i%4 == 0 {
				x[i] = 6 + 0.1*rng.NormFloat64()
			}
		}
		x[0] = 9 // a stray one
		slices.Sort(x)
		c := Density(x, 801)
		at := func(v float64) float64 {
			i, _ := slices.BinarySearch(c.X, v)
			return c.Density[i]
		}
		if !(at(5) > 2.3*at(6) && at(6) > 8*at(5.5) && at(5) > 2 && at(5) < 3.5) {
			t.Errorf("%d samples: %.2f at 5, %.2f between, %.2f at 6", n, at(5), at(5.5), at(6))
		}
		sum := 0.0
		for i := range c.X[1:] {
			sum += (c.X[i+1] - c.X[i]) * (c.Density[i] + c.Density[i+1]) / 2
		}
		if math.Abs(sum-1) > 0.01 {
			t.Errorf("%d samples: the density sums to %g", n, sum)
		}
	}
}

// Many samples are merged first, which nobody is to see.
func TestMergedDensityIsTheDensity(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 7))
	x := make([]float64, manyForDensity+1)
	for i := range x {
		x[i] = rng.ExpFloat64()
	}
	slices.Sort(x)
	h := Bandwidth(x)
	at := []float64{0, 0.3, 1, 2.5}
	merged := densityAt(x, at, h)
	for i, v := range at {
		sum := 0.0
		for _, s := range x {
			sum += math.Exp(-(s-v)*(s-v)/(2*h*h)) / (float64(len(x)) * h * math.Sqrt(2*math.Pi))
		}
		if !near(merged[i], sum, 1e-3) {
			t.Errorf("at %g: %g, want %g", v, merged[i], sum)
		}
	}
}

func TestLogDensity(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 8))
	logs, x := make([]float64, 500), make([]float64, 500)
	for i := range x {
		logs[i] = rng.NormFloat64()
	}
	slices.Sort(logs)
	for i, v := range logs {
		x[i] = math.Exp(v)
	}
	a, b := Density(logs, 50), LogDensity(append([]float64{-3, 0}, x...), 50)
	for i := range a.X {
		if !near(math.Exp(a.X[i]), b.X[i], 1e-9) || !near(a.Density[i], b.Density[i], 1e-6) {
			t.Fatalf("at %g: %g and %g", b.X[i], a.Density[i], b.Density[i])
		}
	}
	for what, c := range map[string]Curve{"equal": Density([]float64{3, 3, 3}, 9), "one": Density([]float64{3}, 9), "nothing": LogDensity(nil, 9)} {
		if len(c.X) != 0 {
			t.Errorf("%s: %v", what, c)
		}
	}
}

// Coarse samples get a bandwidth that is a number, not the spikes of their ties.
func TestBandwidthOfTies(t *testing.T) {
	t.Parallel()
	x := make([]float64, 300)
	for i := range x {
		x[i] = float64(i / 100)
	}
	if h := Bandwidth(x); !(h > 0.01 && h < 1) {
		t.Errorf("bandwidth %g", h)
	}
	if h := Bandwidth([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}); !(h > 0) {
		t.Errorf("bandwidth %g", h)
	}
}
