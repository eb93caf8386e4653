package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFitsFindWhatWasThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Float64Range(0.1, 50).Draw(t, "a")
		b := rapid.Float64Range(-3, 3).Draw(t, "b")
		x := []float64{0.5, 1, 2, 4, 7}
		line, power, exponential := make([]float64, 5), make([]float64, 5), make([]float64, 5)
		for i, v := range x {
			line[i], power[i], exponential[i] = a+b*v, a*math.Pow(v, b), a*math.Exp(b*v)
		}
		l, p, e := FitLine(x, line), FitPower(x, power), FitExponential(x, exponential)
		for what, c := range map[string][2]float64{
			"slope": {l.Slope, b}, "intercept": {l.Intercept, a}, "exponent": {p.Exponent, b}, "factor": {p.Factor, a},
			"rate": {e.Rate, b}, "factor of the exponential": {e.Factor, a},
			"line at 3": {l.At(3), a + 3*b}, "power at 3": {p.At(3) / (a * math.Pow(3, b)), 1}, "exponential at 3": {e.At(3) / (a * math.Exp(3*b)), 1},
		} {
			if math.Abs(c[0]-c[1]) > 1e-9*(1+math.Abs(c[1])) {
				t.Fatalf("%s is %v, want %v", what, c[0], c[1])
			}
		}
	})
}

// A unit of time or of memory says nothing of an exponent.
func TestExponentIsFreeOfUnits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfNDistinct(rapid.Float64Range(0.01, 1000), 3, 20, rapid.ID[float64]).Draw(t, "x")
		y := rapid.SliceOfN(rapid.Float64Range(0.01, 1000), len(x), len(x)).Draw(t, "y")
		if slices.Max(x)/slices.Min(x) < 1.01 {
			return
		}
		p := FitPower(x, y)
		scaled := slices.Clone(y)
		for i := range scaled {
			scaled[i] *= 1e6
		}
		q := FitPower(x, scaled)
		i, _ := p.Interval(0.95)
		j, _ := q.Interval(0.95)
		if math.Abs(p.Exponent-q.Exponent) > 1e-7*(1+math.Abs(p.Exponent)) || math.Abs(i.Lo-j.Lo) > 1e-6*(1+math.Abs(i.Lo)) {
			t.Fatalf("%v %v, in other units %v %v", p, i, q, j)
		}
	})
}

func TestFitsOfLittle(t *testing.T) {
	t.Parallel()
	for what, l := range map[string]Line{
		"nothing": FitLine(nil, nil), "one": FitLine([]float64{1}, []float64{2}), "one x": FitLine([]float64{1, 1}, []float64{2, 3}),
	} {
		if _, ok := l.SlopeInterval(0.95); ok || !math.IsNaN(l.Slope) || !math.IsNaN(l.At(1)) {
			t.Errorf("%s: %+v", what, l)
		}
	}
	two := FitLine([]float64{1, 2}, []float64{3, 5})
	if _, ok := two.SlopeInterval(0.95); ok || two.Slope != 2 || two.R2 != 1 {
		t.Errorf("two: %+v", two)
	}
	if flat := FitLine([]float64{1, 2, 3}, []float64{4, 4, 4}); flat.Slope != 0 || !math.IsNaN(flat.R2) {
		t.Errorf("flat: %+v", flat)
	}
	p := FitPower([]float64{0, 1, 2, 4, 8}, []float64{9, 1, 4, -1, 64})
	if p.Dropped != 2 || p.N != 3 || !near(p.Exponent, 2, 1e-12) {
		t.Errorf("with what has no logarithm: %+v", p)
	}
	if e := FitExponential([]float64{-1, 0, 1}, []float64{0, 1, math.E}); e.Dropped != 1 || !near(e.Rate, 1, 1e-12) {
		t.Errorf("with what has no logarithm: %+v", e)
	}
}

// The interval of an exponent holds it as often as it says.
func TestExponentIntervalCovers(t *testing.T) {
	t.Parallel()
	const trials = 2000
	rng := rand.New(rand.NewPCG(2, 2))
	covered := 0
	x, y := []float64{128, 256, 512, 1024, 2048}, make([]float64, 5)
	for range trials {
		for i, v := range x {
			y[i] = 3e-6 * v * v * math.Exp(0.1*rng.NormFloat64())
		}
		if i, ok := FitPower(x, y).Interval(0.95); ok && i.Lo <= 2 && 2 <= i.Hi {
			covered++
		}
	}
	if share := float64(covered) / trials; math.Abs(share-0.95) > 0.016 {
		t.Errorf("covers %.3f", share)
	}
}

func TestSpearmanAndRanks(t *testing.T) {
	t.Parallel()
	// The rank correlation of IQ and hours of television of ten people, -29/165: E. L.
	// Lehmann's formula 1 - 6 sum d^2 / (n (n^2-1)) with sum d^2 = 194.
	iq := []float64{106, 100, 86, 101, 99, 103, 97, 113, 112, 110}
	hours := []float64{7, 27, 2, 50, 28, 29, 20, 12, 6, 17}
	if got := Spearman(iq, hours); !near(got, -29.0/165, 1e-12) {
		t.Errorf("%g, want %g", got, -29.0/165)
	}
	if got := Spearman([]float64{1, 1}, []float64{1, 2}); !math.IsNaN(got) {
		t.Errorf("without variation: %g", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 12), func(i int) float64 { return float64(i) }), 2, 80).Draw(t, "x")
		sorted, ranks := slices.Sorted(slices.Values(x)), MidRanks(x)
		grown := make([]float64, len(x))
		for i, v := range x {
			if got := MidRank(sorted, v); got != ranks[i] {
				t.Fatalf("rank of %g is %g, among all %g", v, got, ranks[i])
			}
			grown[i] = math.Exp(v)
		}
		if rho := Spearman(x, grown); !math.IsNaN(rho) && rho != 1 && !near(rho, 1, 1e-12) {
			t.Fatalf("what grows together has %g", rho)
		}
	})
}
