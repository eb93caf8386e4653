package figure

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEvenEdges(t *testing.T) {
	t.Parallel()
	if got, want := evenEdges(0, 10, 4, false), []float64{0, 2.5, 5, 7.5, 10}; !slices.Equal(got, want) {
		t.Errorf("edges are %v, want %v", got, want)
	}
	for i, got := range evenEdges(1, 1000, 3, true) {
		if want := math.Pow(10, float64(i)); math.Abs(got/want-1) > 1e-12 {
			t.Errorf("edge %d is %v, want %v", i, got, want)
		}
	}
}

// TestCountBins has the counts of numpy.histogram.
func TestCountBins(t *testing.T) {
	t.Parallel()
	got := countBins([]float64{0, 0.5, 1, 1, 2, 2.9, 3}, []float64{0, 1, 2, 3})
	if want := []int{2, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("counts are %v, want %v", got, want)
	}
}

func TestCountBinsProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sorted := rapid.SliceOfN(rapid.Float64Range(1, 1e6), 1, 100).Draw(t, "samples")
		slices.Sort(sorted)
		lo, hi := sorted[0], sorted[len(sorted)-1]
		if lo == hi {
			hi = lo + 1
		}
		edges := evenEdges(lo, hi, rapid.IntRange(1, 30).Draw(t, "bins"), rapid.Bool().Draw(t, "log"))
		sum := 0
		for _, n := range countBins(sorted, edges) {
			sum += n
		}
		if sum != len(sorted) {
			t.Fatalf("bins hold %d of %d samples", sum, len(sorted))
		}
	})
}
