package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b, relative float64) bool {
	return a == b || math.Abs(a-b) <= relative*max(math.Abs(a), math.Abs(b))
}

func TestMoments(t *testing.T) {
	t.Parallel()
	// numpy 2.4 and scipy 1.17: mean, std(ddof=1), skew(bias=False).
	x := []float64{2.1, 3.4, 1.9, 8.8, 2.2, 2.0, 2.7, 5.1, 2.3, 2.4}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"mean", Mean(x), 3.29},
		{"std", Std(x), 2.159449518331517},
		{"skewness", Skewness(x), 2.2553541041572096},
	} {
		if !near(c.got, c.want, 1e-12) {
			t.Errorf("%s is %v, want %v", c.what, c.got, c.want)
		}
	}
	for what, v := range map[string]float64{
		"mean of none": Mean(nil), "std of one": Std(x[:1]), "skewness of two": Skewness(x[:2]), "skewness of equals": Skewness([]float64{3, 3, 3}),
	} {
		if !math.IsNaN(v) {
			t.Errorf("%s is %v, want NaN", what, v)
		}
	}
	if got := Mean([]float64{math.MaxFloat64, math.MaxFloat64}); got != math.MaxFloat64 {
		t.Errorf("the mean of the largest numbers is %v", got)
	}
}

// NIST's StRD NumAcc4: a large mean beside a small spread.
func TestMomentsAreStable(t *testing.T) {
	t.Parallel()
	x := []float64{10000000.2}
	for range 500 {
		x = append(x, 10000000.1, 10000000.3)
	}
	if got := Mean(x); !near(got, 10000000.2, 1e-15) {
		t.Errorf("mean %v, NIST certifies 10000000.2", got)
	}
	if got := Std(x); !near(got, 0.1, 1e-7) {
		t.Errorf("standard deviation %v, NIST certifies 0.1", got)
	}
}

func TestMomentsMoveWithTheData(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(0, 1000), 3, 60).Draw(t, "x")
		scale, shift := rapid.Float64Range(0.5, 100).Draw(t, "scale"), rapid.Float64Range(0, 1000).Draw(t, "shift")
		if Std(x) < 1 {
			return
		}
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = scale*v + shift
		}
		if !near(Mean(y), scale*Mean(x)+shift, 1e-9) || !near(Std(y), scale*Std(x), 1e-9) || math.Abs(Skewness(y)-Skewness(x)) > 1e-6 {
			t.Fatalf("mean %v std %v skewness %v of %v moved to %v %v %v", Mean(x), Std(x), Skewness(x), x, Mean(y), Std(y), Skewness(y))
		}
	})
}
