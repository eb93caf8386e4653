package tensor

import (
	"fmt"
	"math"
	"unsafe"
)

// alignment is that of a cache line, in bytes; every block begins on it.
const alignment = 64

const floatBytes = 4

// Arena hands out float32 blocks and counts them to the byte, so that the
// memory an algorithm needs is a fact and not an estimate. Freed blocks are
// kept for reuse by a later Alloc of the same length and then cost no Go
// allocation; they do not count as live.
//
// The zero Arena is ready to use. An Arena serves one goroutine at a time.
type Arena struct {
	liveBytes int64
	peakBytes int64
	allocs    int64
	used      []block
	free      []block
}

// block is one allocation: raw is what Go gave, view the aligned part of it.
type block struct {
	raw  []float32
	view []float32
}

// NewArena returns an empty arena.
func NewArena() *Arena { return new(Arena) }

// Alloc returns a block of n float32 that begins on a 64-byte boundary. Its
// content is unspecified. It fails when n is negative or n*4 bytes cannot be
// counted in an int.
func (a *Arena) Alloc(n int) ([]float32, error) {
	if n < 0 || n > math.MaxInt/floatBytes-alignment {
		return nil, fmt.Errorf("allocate %d float32: length out of range", n)
	}
	b := a.take(n)
	a.used = append(a.used, b)
	a.allocs++
	a.liveBytes += int64(n) * floatBytes
	a.peakBytes = max(a.peakBytes, a.liveBytes)
	return b.view, nil
}

// take reuses a freed block of exactly n elements or makes one.
func (a *Arena) take(n int) block {
	for i := len(a.free) - 1; i >= 0; i-- {
		if len(a.free[i].view) == n {
			b := a.free[i]
			last := len(a.free) - 1
			a.free[i], a.free[last] = a.free[last], block{}
			a.free = a.free[:last]
			return b
		}
	}
	return newBlock(n)
}

func newBlock(n int) block {
	raw := make([]float32, n+alignment/floatBytes)
	misaligned := uintptr(unsafe.Pointer(&raw[0])) % alignment
	skip := int((alignment-misaligned)%alignment) / floatBytes
	return block{raw: raw, view: raw[skip : skip+n : skip+n]}
}

// Free takes a block from Alloc back. The caller must not use it afterwards.
// Freeing nil does nothing; freeing what is not live fails and changes nothing.
func (a *Arena) Free(buf []float32) error {
	if buf == nil {
		return nil
	}
	for i := len(a.used) - 1; i >= 0; i-- {
		b := a.used[i]
		if unsafe.SliceData(b.view) != unsafe.SliceData(buf) || len(b.view) != len(buf) {
			continue
		}
		last := len(a.used) - 1
		a.used[i], a.used[last] = a.used[last], block{}
		a.used = a.used[:last]
		a.free = append(a.free, b)
		a.liveBytes -= int64(len(buf)) * floatBytes
		return nil
	}
	return fmt.Errorf("free %d float32: not a live block of this arena", len(buf))
}

// LiveBytes is the sum of the sizes of the blocks not yet freed.
func (a *Arena) LiveBytes() int64 { return a.liveBytes }

// PeakBytes is the largest LiveBytes since the arena was made or ResetPeak.
func (a *Arena) PeakBytes() int64 { return a.peakBytes }

// Allocations counts the calls of Alloc that succeeded, reused blocks too.
func (a *Arena) Allocations() int64 { return a.allocs }

// ResetPeak sets the peak to what is live now.
func (a *Arena) ResetPeak() { a.peakBytes = a.liveBytes }

// Release gives the freed blocks that are kept for reuse back to Go.
func (a *Arena) Release() { a.free = nil }
