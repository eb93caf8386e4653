package tensor

import (
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"unsafe"
)

// alignment is that of a cache line, in bytes; every block begins on it.
const alignment = 64

const floatBytes = 4

// Arena hands out float32 blocks and counts them to the byte, so that the
// memory an algorithm needs is a fact and not an estimate. Freed blocks are
// kept for reuse, so that a repeated computation costs no Go allocation; they
// do not count as live.
//
// The zero Arena is ready to use. An Arena serves one goroutine at a time.
type Arena struct {
	liveBytes int64
	peakBytes int64
	allocs    int64
	used      []block
	free      []block
}

// block is one allocation: room is all of it from its first aligned element
// on, view the part in use.
type block struct {
	room []float32
	view []float32
}

// NewArena returns an empty arena.
func NewArena() *Arena { return new(Arena) }

// Alloc returns a block of n float32 that begins on a 64-byte boundary. Its
// content is unspecified. It fails when n is negative or n*4 bytes cannot be
// counted in an int, and with an OutOfMemoryError when the machine has less
// memory available than that, where this is known (Linux).
func (a *Arena) Alloc(n int) ([]float32, error) {
	if n < 0 || n > math.MaxInt/floatBytes-alignment {
		return nil, fmt.Errorf("allocate %d float32: length out of range", n)
	}
	b, err := a.take(n)
	if err != nil {
		return nil, err
	}
	a.used = append(a.used, b)
	a.allocs++
	a.liveBytes += int64(n) * floatBytes
	a.peakBytes = max(a.peakBytes, a.liveBytes)
	return b.view, nil
}

// take reuses the smallest freed block that n elements fit in or makes one.
func (a *Arena) take(n int) (block, error) {
	best := -1
	for i, b := range a.free {
		if len(b.room) >= n && (best < 0 || len(b.room) < len(a.free[best].room)) {
			best = i
		}
	}
	if best >= 0 {
		room := a.free[best].room
		a.free = slices.Delete(a.free, best, best+1)
		return block{room: room, view: room[:n:n]}, nil
	}
	if err := a.checkMemory(int64(n) * floatBytes); err != nil {
		return block{}, err
	}
	room := newRoom(n)
	touch(room)
	return block{room: room, view: room}, nil
}

// OutOfMemoryError says that the machine lacks the memory for a block. Go itself
// could only end the process.
type OutOfMemoryError struct{ NeedBytes, AvailableBytes int64 }

func (e *OutOfMemoryError) Error() string {
	return fmt.Sprintf("allocate %d bytes: the machine has %d bytes available", e.NeedBytes, e.AvailableBytes)
}

// largeBytes is from where on a block is checked against the machine's memory.
const largeBytes = 64 << 20

// touch writes to every page of a large block: the system hands pages out when
// they are first written, and the next check must see them gone.
func touch(room []float32) {
	const page = 4096 / floatBytes
	if len(room)*floatBytes < largeBytes {
		return
	}
	for i := 0; i < len(room); i += page {
		room[i] = 0
	}
}

// checkMemory looks before a large block is made. What the arena and Go keep for
// reuse is given back to the system before it gives up.
func (a *Arena) checkMemory(need int64) error {
	if need < largeBytes {
		return nil
	}
	available, known := availableBytes()
	if !known || need <= available {
		return nil
	}
	a.free = nil
	debug.FreeOSMemory()
	if available, _ = availableBytes(); need <= available {
		return nil
	}
	return &OutOfMemoryError{NeedBytes: need, AvailableBytes: available}
}

func newRoom(n int) []float32 {
	const slack = alignment / floatBytes
	raw := make([]float32, n+slack)
	misaligned := uintptr(unsafe.Pointer(&raw[0])) % alignment
	skip := int((alignment-misaligned)%alignment) / floatBytes
	return raw[skip : skip+n : skip+n]
}

// Free takes a block from Alloc back. The caller must not use it afterwards.
// Freeing nil does nothing; freeing what is not live fails and changes nothing.
func (a *Arena) Free(buf []float32) error {
	if buf != nil && !a.release(buf) {
		return fmt.Errorf("free %d float32: not a live block of this arena", len(buf))
	}
	return nil
}

// release reports whether buf was live and now is free.
func (a *Arena) release(buf []float32) bool {
	for i := len(a.used) - 1; i >= 0; i-- {
		b := a.used[i]
		if unsafe.SliceData(b.view) != unsafe.SliceData(buf) || len(b.view) != len(buf) {
			continue
		}
		a.used = slices.Delete(a.used, i, i+1)
		a.free = append(a.free, b)
		a.liveBytes -= int64(len(buf)) * floatBytes
		return true
	}
	return false
}

// LiveBytes is the sum of the sizes of the blocks not yet freed.
func (a *Arena) LiveBytes() int64 { return a.liveBytes }

// PeakBytes is the largest LiveBytes since the arena was made or ResetPeak.
func (a *Arena) PeakBytes() int64 { return a.peakBytes }

// Allocations counts the calls of Alloc that succeeded, reused blocks too.
func (a *Arena) Allocations() int64 { return a.allocs }

// ResetPeak sets the peak to what is live now.
func (a *Arena) ResetPeak() { a.peakBytes = a.liveBytes }
