package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The shapes that are met: a throughput that levels off, one that falls beyond its
// best, a latency that takes off, a cost that stops falling.
func TestKneeOfShapes(t *testing.T) {
	t.Parallel()
	x := []float64{1, 2, 4, 8, 16, 32, 64}
	for what, c := range map[string]struct {
		y    func(float64) float64
		want float64
	}{
		"levels off":      {func(v float64) float64 { return min(v, 8) }, 8},
		"falls beyond":    {func(v float64) float64 { return min(v, 8) - max(0, v-8)/50 }, 8},
		"takes off":       {func(v float64) float64 { return 3 + max(0, v-16) }, 16},
		"stops falling":   {func(v float64) float64 { return 9 - min(v, 4) }, 4},
		"begins to fall":  {func(v float64) float64 { return 90 - max(0, v-32) }, 32},
		"a straight line": {func(v float64) float64 { return 0.1 * v }, math.NaN()},
		"flat":            {func(v float64) float64 { return 0.1 }, math.NaN()},
	} {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = c.y(v)
		}
		if got := Knee(x, y); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: %g, want %g", what, got, c.want)
		}
	}
	if got := Knee([]float64{1, 2, 2, 1}, []float64{1, 2, 3, 4}); !math.IsNaN(got) {
		t.Errorf("of two x: %g", got)
	}
	if got := Knee([]float64{0, 1, 2, 3}, []float64{0, 1, 1, 0}); got != 1 {
		t.Errorf("of two that are as far the first: %g, want 1", got)
	}
	if got := Knee([]float64{4, 1, 2, 2, 8}, []float64{4, 1, 3, 5, 4}); got != 2 {
		t.Errorf("with two y at one x, out of order: %g, want 2", got)
	}
}

func TestKneeIsFreeOfUnits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 20).Draw(t, "n")
		x, y, u, v := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = float64(i*i), float64(rapid.IntRange(0, 1<<20).Draw(t, "y"))
			u[n-1-i], v[n-1-i] = 64*x[i]+8, 1024-y[i]/4
		}
		if a, b := Knee(x, y), Knee(u, v); 64*a+8 != b && !math.IsNaN(a) {
			t.Fatalf("%g, in other units and turned over %g", a, (b-8)/64)
		}
	})
}
