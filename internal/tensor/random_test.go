package tensor

import (
	"math"
	"slices"
	"testing"
)

func TestFillsAreSeededAndDistributed(t *testing.T) {
	t.Parallel()
	const n = 100_000
	for name, c := range map[string]struct {
		fill              func([]float32, uint64)
		mean, deviation   float64
		smallest, largest float64
	}{
		"uniform": {
			fill: func(x []float32, seed uint64) { FillUniform(x, seed, -2, 6) },
			mean: 2, deviation: 8 / math.Sqrt(12), smallest: -2, largest: 6,
		},
		"normal": {fill: FillNormal, deviation: 1, smallest: -7, largest: 7},
	} {
		x, again, other := make([]float32, n), make([]float32, n), make([]float32, n)
		c.fill(x, 3)
		c.fill(again, 3)
		c.fill(other, 4)
		if !slices.Equal(x, again) || slices.Equal(x, other) {
			t.Errorf("%s: the seed does not decide", name)
		}
		var sum, squares float64
		for _, e := range x {
			sum += float64(e)
			squares += float64(e) * float64(e)
		}
		mean := sum / n
		deviation := math.Sqrt(squares/n - mean*mean)
		if math.Abs(mean-c.mean) > 5*c.deviation/math.Sqrt(n) || math.Abs(deviation/c.deviation-1) > 0.02 {
			t.Errorf("%s: mean %v deviation %v", name, mean, deviation)
		}
		if float64(slices.Min(x)) < c.smallest || float64(slices.Max(x)) >= c.largest {
			t.Errorf("%s: from %v to %v", name, slices.Min(x), slices.Max(x))
		}
	}
}
