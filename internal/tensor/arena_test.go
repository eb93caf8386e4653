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
