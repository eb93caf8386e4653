package tensor

import (
	"math"
	"slices"
	"testing"
)

func TestFillIsSeededAndNormal(t *testing.T) {
	t.Parallel()
	const n = 100_000
	x, again, other := make([]float32, n), make([]float32, n), make([]float32, n)
	FillNormal(x, 3)
	FillNormal(again, 3)
	FillNormal(other, 4)
	if !slices.Equal(x, again) || slices.Equal(x, other) {
		t.Error("the seed does not decide")
	}
	var sum, squares float64
	for _, e := range x {
		sum += float64(e)
		squares += float64(e) * float64(e)
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	if math.Abs(mean) > 5/math.Sqrt(n) || math.Abs(deviation-1) > 0.02 {
		t.Errorf("mean %v deviation %v", mean, deviation)
	}
	if slices.Min(x) < -7 || slices.Max(x) > 7 {
		t.Errorf("from %v to %v", slices.Min(x), slices.Max(x))
	}
}
