package tensor

import (
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// The arena against a model: the sizes of the live blocks in a map.
func TestArenaCountsExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := NewArena()
		var live [][]float32
		var liveBytes, peakBytes, allocations int64
		t.Repeat(map[string]func(*rapid.T){
			"alloc": func(t *rapid.T) {
				n := rapid.IntRange(0, 100).Draw(t, "n")
				x, err := a.Alloc(n)
				if err != nil || len(x) != n || cap(x) != n {
					t.Fatalf("alloc %d: %d of %d elements, %v", n, len(x), cap(x), err)
				}
				if n > 0 && uintptr(unsafe.Pointer(&x[0]))%alignment != 0 {
					t.Fatal("block is not aligned")
				}
				for i := range x {
					x[i] = float32(len(live))
				}
				live = append(live, x)
				liveBytes += int64(n) * 4
				peakBytes = max(peakBytes, liveBytes)
				allocations++
			},
			"free": func(t *rapid.T) {
				if len(live) == 0 {
					t.Skip("nothing to free")
				}
				i := rapid.IntRange(0, len(live)-1).Draw(t, "i")
				for _, x := range live[i] {
					if x != live[i][0] {
						t.Fatal("two blocks overlap")
					}
				}
				if err := a.Free(live[i]); err != nil {
					t.Fatal(err)
				}
				liveBytes -= int64(len(live[i])) * 4
				live = append(live[:i], live[i+1:]...)
			},
			"reset peak": func(*rapid.T) { a.ResetPeak(); peakBytes = liveBytes },
			"": func(t *rapid.T) {
				if a.LiveBytes() != liveBytes || a.PeakBytes() != peakBytes || a.Allocations() != allocations {
					t.Fatalf("live %d peak %d allocations %d, want %d %d %d",
						a.LiveBytes(), a.PeakBytes(), a.Allocations(), liveBytes, peakBytes, allocations)
				}
			},
		})
	})
}

func TestArenaReusesFreedBlocks(t *testing.T) {
	a := NewArena()
	if got := testing.AllocsPerRun(10, func() {
		small, err := a.Alloc(100)
		if err != nil {
			t.Fatal(err)
		}
		large, err := a.Alloc(5000)
		if err != nil {
			t.Fatal(err)
		}
		if a.Free(small) != nil || a.Free(large) != nil {
			t.Fatal("free fails")
		}
	}); got != 0 {
		t.Errorf("a steady state allocates %v times", got)
	}
}

// Freed memory serves lengths that differ a little; a small block does not take
// a large one's.
func TestArenaReusesWhatFits(t *testing.T) {
	t.Parallel()
	a := NewArena()
	start := func(n int) *float32 {
		x, err := a.Alloc(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Free(x); err != nil {
			t.Fatal(err)
		}
		return unsafe.SliceData(x)
	}
	large := start(10000)
	if start(9990) != large || start(10005) != large {
		t.Error("a length that differs a little has memory of its own")
	}
	if start(100) == large {
		t.Error("a small block takes the memory of a large one")
	}
}

// Two bytes an element count as two bytes each.
func TestArenaCountsHalves(t *testing.T) {
	t.Parallel()
	a := NewArena()
	for n := range 70 {
		x, err := a.AllocHalf(n)
		if err != nil || len(x) != n || a.LiveBytes() != int64(2*n) {
			t.Fatalf("%d halves: %d elements, %d bytes live, error %v", n, len(x), a.LiveBytes(), err)
		}
		for i := range x {
			x[i] = uint16(i)
		}
		floats, err := a.Alloc(n)
		if err != nil {
			t.Fatal(err)
		}
		clear(floats)
		if n > 0 && x[n-1] != uint16(n-1) {
			t.Fatalf("%d halves overlap what came later", n)
		}
		if a.FreeHalf(x) != nil || a.Free(floats) != nil || a.LiveBytes() != 0 {
			t.Fatalf("%d halves: %d bytes are live after free", n, a.LiveBytes())
		}
	}
	if err := a.FreeHalf(make([]uint16, 4)); err == nil {
		t.Error("free of a foreign block: no error")
	}
	if _, err := a.AllocHalf(-1); err == nil {
		t.Error("a negative length: no error")
	}
}

// A byte an element is what counts, also where four do not fill a float32.
func TestArenaCountsIntegers(t *testing.T) {
	t.Parallel()
	a := NewArena()
	var before []int8
	total := 0
	for n := range 70 {
		x, err := a.AllocInt8(n)
		total += n
		if err != nil || len(x) != n || a.LiveBytes() != int64(total) {
			t.Fatalf("%d integers: %d elements, %d bytes live of %d, error %v", n, len(x), a.LiveBytes(), total, err)
		}
		for i := range x {
			x[i] = int8(n)
		}
		if n > 1 && before[n-2] != int8(n-1) {
			t.Fatalf("%d integers overlap those before", n)
		}
		before = x
	}
	if _, err := a.AllocInt8(-1); err == nil {
		t.Error("a negative length: no error")
	}
}

func TestArenaRefuses(t *testing.T) {
	t.Parallel()
	var a Arena
	x, err := a.Alloc(8)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"negative":    second(a.Alloc(-1)),
		"too large":   second(a.Alloc(math.MaxInt)),
		"foreign":     a.Free(make([]float32, 8)),
		"part":        a.Free(x[:4]),
		"double free": func() error { _ = a.Free(x); return a.Free(x) }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := a.Free(nil); err != nil {
		t.Errorf("free of nil: %v", err)
	}
}

func second(_ []float32, err error) error { return err }
