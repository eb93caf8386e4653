package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRotateAgainstFloat64(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) {
			half := rapid.OneOf(rapid.IntRange(0, 140), rapid.Just(maxChunk+11)).Draw(t, "half")
			r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			x, cos, sin := normals(r, 2*half), make([]float32, half), make([]float32, half)
			for i := range half {
				s, c := math.Sincos(r.Float64() * 1000)
				cos[i], sin[i] = float32(c), float32(s)
			}
			got, intact := guarded(2 * half)
			copy(got, x)
			set.Rotate(got, cos, sin)
			if !intact() {
				t.Fatal("written beyond the head")
			}
			for i := range half {
				a, b := float64(x[i]), float64(x[i+half])
				c, s := float64(cos[i]), float64(sin[i])
				bound := 2 * epsilon * (math.Abs(a) + math.Abs(b))
				for k, want := range [2]float64{a*c - b*s, b*c + a*s} {
					if g := float64(got[i+k*half]); !(math.Abs(g-want) <= bound) {
						t.Fatalf("element %d of half %d of %d is %v, want %v ± %v", i, k, 2*half, g, want, bound)
					}
				}
			}
		})
	})
}

// A head turned by an angle and by the opposite one is what it was, and its
// length never changes.
func TestRotateIsARotation(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		const half = 37
		r := rand.New(rand.NewPCG(9, 9))
		x, cos, sin, back := normals(r, 2*half), make([]float32, half), make([]float32, half), make([]float32, half)
		for i := range half {
			s, c := math.Sincos(float64(i))
			cos[i], sin[i], back[i] = float32(c), float32(s), float32(-s)
		}
		turned := slices.Clone(x)
		set.Rotate(turned, cos, sin)
		if before, after := set.Dot(x, x), set.Dot(turned, turned); math.Abs(float64(before/after-1)) > 1e-6 {
			t.Errorf("the square of the length goes from %v to %v", before, after)
		}
		set.Rotate(turned, cos, back)
		for i := range x {
			if math.Abs(float64(turned[i]-x[i])) > 1e-6 {
				t.Fatalf("element %d is %v after turning back, was %v", i, turned[i], x[i])
			}
		}
	})
}
