package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// same compares values, NaN with NaN.
func same(a, b float32) bool { return a == b || a != a && b != b }

func filled(n int, x float32) []float32 { return slices.Repeat([]float32{x}, n) }

func TestArgmaxOfSpecialValues(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		zero, minusZero := float32(0), float32(math.Copysign(0, -1))
		for _, c := range []struct {
			x    []float32
			want int
		}{
			{nil, -1},
			{[]float32{nan}, -1},
			{filled(100, nan), -1},
			{filled(100, -inf), 0},
			{[]float32{nan, -inf, nan}, 1},
			{[]float32{nan, 3, inf, nan, inf}, 2},
			{[]float32{minusZero, zero}, 0},
			{[]float32{-1, zero, minusZero}, 1},
			{append(filled(maxChunk+20, -1), 5, nan, 5), maxChunk + 20},
		} {
			if got := set.Argmax(c.x); got != c.want {
				t.Errorf("argmax of %d elements is %d, want %d", len(c.x), got, c.want)
			}
		}
		for n := 1; n < 100; n++ {
			if got := set.firstEqual(filled(n, -2), 0); got >= 0 {
				t.Fatalf("of %d elements, none of them zero, the first zero is %d", n, got)
			}
			for at := range n {
				x := filled(n, -2)
				for i := at; i < n; i += 3 {
					x[i] = -1
				}
				if got := set.Argmax(x); got != at {
					t.Fatalf("argmax of %d elements is %d, want %d", n, got, at)
				}
			}
		}
	})
}

func TestLogSoftmaxOfSpecialValues(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		if got := set.LogSumExp(nil); got != -inf {
			t.Errorf("the log-sum-exp of nothing is %v", got)
		}
		for _, n := range []int{2, 7, 16, 17, 33, 100} {
			for name, c := range map[string]struct {
				fill, last  float32
				sum         float32 // of LogSumExp
				want, final float32 // of LogSoftmax
			}{
				"all -Inf":      {-inf, -inf, -inf, -inf, -inf},
				"one finite":    {-inf, -3, -3, -inf, 0},
				"one very high": {-3e38, 3e38, 3e38, -inf, 0},
				"all very low":  {-3e38, -3e38, -3e38, float32(-math.Log(float64(n))), float32(-math.Log(float64(n)))},
				"NaN":           {1, nan, nan, nan, nan},
				"NaN in -Inf":   {-inf, nan, nan, nan, nan},
				"+Inf":          {1, inf, nan, nan, nan},
			} {
				x := filled(n, c.fill)
				x[n-1] = c.last
				if got := set.LogSumExp(x); !same(got, c.sum) {
					t.Errorf("%s, %d elements: log-sum-exp is %v, want %v", name, n, got, c.sum)
				}
				set.LogSoftmax(x, x)
				for i, got := range x {
					want := c.want
					if i == n-1 {
						want = c.final
					}
					if !same(got, want) && !(math.Abs(float64(got-want)) < 1e-5) {
						t.Fatalf("%s, %d elements: element %d is %v, want %v", name, n, i, got, want)
					}
				}
			}
		}
	})
}

func TestNormsReturnWhatGradientsNeed(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, n := range []int{1, 2, 15, 16, 100, 1000, maxChunk + 1} {
			x := normals(rand.New(rand.NewPCG(10, uint64(n))), n)
			for i := range x {
				x[i] += 3
			}
			dst, gain, bias := make([]float32, n), filled(n, 1), filled(n, 0)
			mean, rstd := set.LayerNorm(dst, x, gain, bias, testEps)
			rms := set.RMSNorm(dst, x, gain, testEps)
			wantMean, wantRstd := moments(x)
			for name, c := range map[string][2]float64{
				"mean": {float64(mean), wantMean}, "rstd": {float64(rstd), wantRstd},
				"rms": {float64(rms), rootMeanSquare(x)},
			} {
				if math.Abs(c[0]/c[1]-1) > 1e-5 {
					t.Errorf("%d elements: %s is %v, want %v", n, name, c[0], c[1])
				}
			}
		}
	})
}

func TestNormsOfSpecialRows(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		if mean, rstd := set.LayerNorm(nil, nil, nil, nil, testEps); mean != 0 || rstd != 0 {
			t.Errorf("the layer norm of nothing gives %v and %v", mean, rstd)
		}
		if rstd := set.RMSNorm(nil, nil, nil, testEps); rstd != 0 {
			t.Errorf("the RMS norm of nothing gives %v", rstd)
		}
		for _, n := range []int{1, 9, 16, 40} {
			dst, gain, bias := make([]float32, n), filled(n, 2), filled(n, -1.5)
			set.LayerNorm(dst, filled(n, 0.25), gain, bias, testEps)
			if !slices.Equal(dst, bias) {
				t.Errorf("the layer norm of a constant row of %d is %v, not the bias", n, dst)
			}
			set.RMSNorm(dst, filled(n, 0), gain, testEps)
			if !slices.Equal(dst, filled(n, 0)) {
				t.Errorf("the RMS norm of a row of %d zeros is %v", n, dst)
			}
			for _, bad := range []float32{nan, inf, -inf} {
				x := filled(n, 1)
				x[n/2] = bad
				set.LayerNorm(dst, x, gain, bias, testEps)
				if slices.ContainsFunc(dst, func(y float32) bool { return y == y }) {
					t.Errorf("the layer norm of %d elements with %v is %v", n, bad, dst)
				}
			}
		}
	})
}
