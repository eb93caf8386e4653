package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)

// guarded returns a slice of n elements that ends where its array ends, and a
// check that the elements before it are untouched.
func guarded(n int) (x []float32, intact func() bool) {
	const guard = 3
	whole := make([]float32, guard+n+guard)
	for i := range whole {
		whole[i] = 42
	}
	return whole[guard : guard+n : guard+n], func() bool {
		return whole[0] == 42 && whole[guard-1] == 42 && whole[guard+n] == 42 && whole[len(whole)-1] == 42
	}
}

func TestExpSumAgainstFloat64(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(0, 100).Draw(t, "n")
			scale := rapid.SampledFrom([]float32{1, 0.125, 0.0883883}).Draw(t, "scale")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			x := make([]float32, n)
			for i := range x {
				x[i] = 10 - float32(r.Float64()*90)/scale
			}
			dst, intact := guarded(n)
			got := float64(set.ExpSum(dst, x, 10, scale))
			if !intact() {
				t.Fatal("written beyond the row")
			}
			var sum float64
			for i, e := range x {
				argument := (float64(e) - 10) * float64(scale)
				want := math.Exp(argument)
				bound := want * (4e-7 + 1.2e-7*math.Abs(argument))
				if argument < -87.3 {
					bound = 1.3e-38
				}
				if diff := math.Abs(float64(dst[i]) - want); !(diff <= bound) {
					t.Fatalf("exp(%v) is %v, want %v ± %v", argument, dst[i], want, bound)
				}
				sum += float64(dst[i])
			}
			if math.Abs(got-sum) > epsilon*float64(n)*sum {
				t.Fatalf("sum is %v, want %v", got, sum)
			}
		})
	})
}

func TestMax(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		if got := set.Max(nil); got != -inf {
			t.Errorf("max of nothing is %v", got)
		}
		for n := 1; n < 150; n++ {
			for _, at := range []int{0, n / 2, n - 1} {
				x := make([]float32, n)
				for i := range x {
					x[i] = -5 - float32(i)
				}
				x[at] = -1.5
				if got := set.Max(x); got != -1.5 {
					t.Fatalf("max of %d elements with the largest at %d is %v", n, at, got)
				}
				if n > 1 {
					x[(at+1)%n] = nan
					if got := set.Max(x); got != -1.5 {
						t.Fatalf("max of %d elements, NaN at %d, is %v", n, (at+1)%n, got)
					}
				}
			}
		}
		long := make([]float32, 2*maxChunk+5)
		long[len(long)-1] = 7
		if got := set.Max(long); got != 7 {
			t.Errorf("max of a long row is %v", got)
		}
	})
}

func TestScale(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		r := rand.New(rand.NewPCG(3, 3))
		for n := range 150 {
			x := normals(r, n)
			dst, intact := guarded(n)
			set.Scale(dst, x, 0.3)
			if !intact() {
				t.Fatalf("%d elements: written beyond the row", n)
			}
			for i := range x {
				if dst[i] != x[i]*float32(0.3) {
					t.Fatalf("%d elements: element %d is %v, want %v", n, i, dst[i], x[i]*0.3)
				}
			}
		}
	})
}

func TestSoftmaxAgainstFloat64(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.OneOf(rapid.IntRange(0, 70), rapid.IntRange(maxChunk-2, maxChunk+70)).Draw(t, "n")
			spread := rapid.SampledFrom([]float64{0, 1, 30, 1e30}).Draw(t, "spread")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(r.NormFloat64() * spread)
			}
			got := slices.Clone(x)
			set.Softmax(got, got)
			for i, want := range softmaxReference(x) {
				if diff := math.Abs(float64(got[i]) - want); !(diff <= 1.3e-38+want*(2e-6+1.2e-7*90+epsilon*float64(n))) {
					t.Fatalf("%d elements: element %d is %v, want %v", n, i, got[i], want)
				}
			}
		})
	})
}

func softmaxReference(x []float32) []float64 {
	largest, sum := math.Inf(-1), 0.0
	for _, e := range x {
		largest = max(largest, float64(e))
	}
	p := make([]float64, len(x))
	for i, e := range x {
		p[i] = math.Exp(float64(e) - largest)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func TestSoftmaxOfSpecialValues(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, n := range []int{1, 7, 8, 16, 17, 33, 100} {
			for name, c := range map[string]struct {
				fill, last  float32
				want, final float32
			}{
				"all -Inf":      {-inf, -inf, 0, 0},
				"one finite":    {-inf, -3, 0, 1},
				"one very high": {-3e38, 3e38, 0, 1},
				"NaN":           {1, nan, nan, nan},
				"NaN in -Inf":   {-inf, nan, nan, nan},
				"other NaN":     {1, math.Float32frombits(0x7f803030), nan, nan},
				"+Inf":          {1, inf, nan, nan},
			} {
				x := make([]float32, n)
				for i := range x {
					x[i] = c.fill
				}
				x[n-1] = c.last
				set.Softmax(x, x)
				for i, got := range x {
					want := c.want
					if i == n-1 {
						want = c.final
					}
					if got != want && !(got != got && want != want) {
						t.Fatalf("%s, %d elements: element %d is %v, want %v", name, n, i, got, want)
					}
				}
			}
		}
	})
}
