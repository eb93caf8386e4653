package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var halfFormats = []Format{Float16, BFloat16}

// halfValue is the value of a half by the definition of its format.
func halfValue(h uint16, f Format) float64 {
	exponentBits, mantissaBits := 5, 10
	if f == BFloat16 {
		exponentBits, mantissaBits = 8, 7
	}
	bias := 1<<(exponentBits-1) - 1
	exponent := int(h>>mantissaBits) & (1<<exponentBits - 1)
	mantissa := float64(h & (1<<mantissaBits - 1))
	sign := 1.0
	if h>>15 != 0 {
		sign = -1
	}
	switch {
	case exponent == 1<<exponentBits-1 && mantissa != 0:
		return math.NaN()
	case exponent == 1<<exponentBits-1:
		return math.Inf(int(sign))
	case exponent == 0:
		return math.Copysign(math.Ldexp(mantissa, 1-bias-mantissaBits), sign)
	}
	return sign * math.Ldexp(1+math.Ldexp(mantissa, -mantissaBits), exponent-bias)
}

func allHalves() []uint16 {
	h := make([]uint16, 1<<16)
	for i := range h {
		h[i] = uint16(i)
	}
	return h
}

func TestExpandEveryHalf(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, f := range halfFormats {
			all := allHalves()
			got, portable := make([]float32, len(all)), make([]float32, len(all))
			set.Expand(got, all, f)
			Portable().Expand(portable, all, f)
			if !sameBits(got, portable) {
				t.Errorf("%s: the bits are not those of the portable set", f)
			}
			for i, h := range all {
				want := halfValue(h, f)
				if x := float64(got[i]); x != want && !(math.IsNaN(x) && math.IsNaN(want)) || math.Signbit(x) != (h>>15 != 0) {
					t.Fatalf("%s %#04x is %v, want %v", f, h, x, want)
				}
			}
		}
	})
}

// What is stored in two bytes comes back as it was, NaN aside, which becomes quiet.
func TestRoundGivesBackEveryHalf(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, f := range halfFormats {
			all := allHalves()
			expanded, got := make([]float32, len(all)), make([]uint16, len(all))
			set.Expand(expanded, all, f)
			set.Round(got, expanded, f)
			for i, h := range all {
				if got[i] != h && !(math.IsNaN(halfValue(h, f)) && math.IsNaN(halfValue(got[i], f))) {
					t.Fatalf("%s %#04x comes back as %#04x", f, h, got[i])
				}
			}
		}
	})
}

// nearestHalf searches the half next to x among all that are positive. Half way
// it takes the even one; Inf is where the next number would be.
func nearestHalf(x float32, f Format) uint16 {
	infinite := uint16(0x7c00)
	if f == BFloat16 {
		infinite = 0x7f80
	}
	value := func(h uint16) float64 {
		if h == infinite {
			return 2*halfValue(infinite-1, f) - halfValue(infinite-2, f)
		}
		return halfValue(h, f)
	}
	var sign uint16
	if math.Signbit(float64(x)) {
		sign = 0x8000
	}
	size := math.Abs(float64(x))
	low, high := uint16(0), infinite // value(low) <= size
	for low+1 < high {
		if middle := low + (high-low)/2; value(middle) <= size {
			low = middle
		} else {
			high = middle
		}
	}
	below, above := size-value(low), value(high)-size
	if above < below || above == below && low%2 == 1 {
		return sign | high
	}
	return sign | low
}

// roundCases are the places where rounding decides: every half, the middle to the
// next one, and the float32 beside these; then floats of any bits.
func roundCases(f Format, r *rand.Rand) []float32 {
	var x []float32
	beside := func(e float32) {
		x = append(x, e, math.Nextafter32(e, inf), math.Nextafter32(e, -inf))
	}
	for h := range 1 << 16 {
		value, next := halfValue(uint16(h), f), halfValue(uint16(h+1), f)
		beside(float32(value))
		beside(float32(value/2 + next/2))
	}
	for _, e := range []float32{65504, 65519.996, 65520, 65536, math.MaxFloat32, math.SmallestNonzeroFloat32} {
		x = append(x, e, -e)
	}
	for range 1 << 16 {
		x = append(x, math.Float32frombits(r.Uint32()))
	}
	return x
}

func TestRoundToNearestEven(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		for _, f := range halfFormats {
			x := roundCases(f, rand.New(rand.NewPCG(16, 16)))
			got, portable := make([]uint16, len(x)), make([]uint16, len(x))
			set.Round(got, x, f)
			Portable().Round(portable, x, f)
			for i, e := range x {
				if got[i] != portable[i] {
					t.Fatalf("%s: %v (%#08x) is %#04x, %#04x by the portable set", f, e, math.Float32bits(e), got[i], portable[i])
				}
				if e != e {
					if !math.IsNaN(halfValue(got[i], f)) || got[i]>>15 != uint16(math.Float32bits(e)>>31) {
						t.Fatalf("%s: NaN %#08x is %#04x", f, math.Float32bits(e), got[i])
					}
				} else if want := nearestHalf(e, f); got[i] != want {
					t.Fatalf("%s: %v (%#08x) is %#04x, want %#04x", f, e, math.Float32bits(e), got[i], want)
				}
			}
		}
	})
}

// Room behind the end of a slice is not the slice's.
func TestShortHalvesPanic(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		const n = 9
		floats, halves := make([]float32, n), make([]uint16, n)
		for _, f := range halfFormats {
			for name, convert := range map[string]func(){
				"Expand": func() { set.Expand(floats[:n-1], halves, f) },
				"Round":  func() { set.Round(halves[:n-1], floats, f) },
			} {
				func() {
					defer func() {
						if recover() == nil {
							t.Errorf("%s of %s into a slice that is too short: nobody says so", name, f)
						}
					}()
					convert()
				}()
			}
		}
	})
}

// Every length takes another way through the loops of the vector kernels.
func TestHalvesOfAnyLength(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		r := rand.New(rand.NewPCG(4, 4))
		for _, f := range halfFormats {
			for n := range 150 {
				x := normals(r, n)
				rounded := slices.Repeat([]uint16{0x4242}, n+2)
				set.Round(rounded[1:n+1:n+1], x, f)
				expanded, intact := guarded(n)
				set.Expand(expanded, rounded[1:n+1], f)
				if !intact() || rounded[0] != 0x4242 || rounded[n+1] != 0x4242 {
					t.Fatalf("%s, %d elements: written beyond the slice", f, n)
				}
				for i, e := range x {
					if want := halfValue(nearestHalf(e, f), f); float64(expanded[i]) != want {
						t.Fatalf("%s, %d elements: element %d is %v, want %v", f, n, i, expanded[i], want)
					}
				}
			}
		}
	})
}
