package tensor

import (
	"fmt"
	"math"
	"math/bits"
	"runtime/debug"
	"slices"
	"unsafe"
)

// alignment is that of a cache line, in bytes; every block begins on it.
const alignment = 64

// floatBytes and halfBytes are the sizes of what tensors consist of.
const (
	floatBytes = 4
	halfBytes  = 2
)

// Arena hands out blocks of numbers and counts them to the byte, so that the
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
// on, of which the first bytes are in use.
type block struct {
	room  []float32
	bytes int64
}

// number is what an arena has blocks of.
type number interface{ float32 | uint16 | int8 }

// NewArena returns an empty arena.
func NewArena() *Arena { return new(Arena) }

// Alloc returns a block of n float32 that begins on a 64-byte boundary. Its
// content is unspecified. It fails when n is negative or its bytes cannot be
// counted in an int, and with an OutOfMemoryError when the machine has less
// memory available than that, where this is known (Linux).
func (a *Arena) Alloc(n int) ([]float32, error) { return alloc[float32](a, n) }

// AllocHalf is Alloc for elements of two bytes, which FreeHalf takes back.
func (a *Arena) AllocHalf(n int) ([]uint16, error) { return alloc[uint16](a, n) }

// AllocInt8 is Alloc for elements of one byte. Such blocks live as long as the
// arena.
func (a *Arena) AllocInt8(n int) ([]int8, error) { return alloc[int8](a, n) }

func alloc[T number](a *Arena, n int) ([]T, error) {
	var element T
	size := int(unsafe.Sizeof(element))
	if n < 0 || n > math.MaxInt/size/2 {
		return nil, fmt.Errorf("allocate %d elements of %d bytes: length out of range", n, size)
	}
	b, err := a.take(n * size)
	if err != nil {
		return nil, err
	}
	a.used = append(a.used, b)
	a.allocs++
	a.liveBytes += b.bytes
	a.peakBytes = max(a.peakBytes, a.liveBytes)
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b.room))), n), nil
}

// take reuses the smallest freed block that the bytes fit in or makes one. A
// block more than twice as large is left alone: a large tensor will want it.
func (a *Arena) take(bytes int) (block, error) {
	n := roomLen(bytes)
	best := -1
	for i, b := range a.free {
		if len(b.room) >= n && len(b.room) <= 2*n && (best < 0 || len(b.room) < len(a.free[best].room)) {
			best = i
		}
	}
	if best >= 0 {
		room := a.free[best].room
		a.free = slices.Delete(a.free, best, best+1)
		return block{room: room, bytes: int64(bytes)}, nil
	}
	if err := a.checkMemory(int64(bytes)); err != nil {
		return block{}, err
	}
	room := newRoom(n)
	touch(room[:bytes/floatBytes])
	return block{room: room, bytes: int64(bytes)}, nil
}

// roomLen is how many float32 a block of so many bytes gets: up to an eighth
// more than needed, so that lengths that differ a little share blocks.
func roomLen(bytes int) int {
	const least = alignment / floatBytes
	n := max((bytes+floatBytes-1)/floatBytes, least)
	step := 1 << max(bits.Len(uint(n))-4, 0)
	return (n + step - 1) / step * step
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
func (a *Arena) Free(buf []float32) error { return free(a, buf) }

// FreeHalf is Free for a block from AllocHalf.
func (a *Arena) FreeHalf(buf []uint16) error { return free(a, buf) }

func free[T number](a *Arena, buf []T) error {
	if buf != nil && !release(a, buf) {
		return fmt.Errorf("free %d elements: not a live block of this arena", len(buf))
	}
	return nil
}

// release reports whether buf was live and now is free.
func (a *Arena) release(buf []float32) bool { return release(a, buf) }

// release looks from the newest block on, as most do not live long.
func release[T number](a *Arena, buf []T) bool {
	start := unsafe.Pointer(unsafe.SliceData(buf))
	var element T
	bytes := int64(len(buf)) * int64(unsafe.Sizeof(element))
	for i := len(a.used) - 1; i >= 0; i-- {
		b := a.used[i]
		if unsafe.Pointer(unsafe.SliceData(b.room)) != start || b.bytes != bytes {
			continue
		}
		a.used = slices.Delete(a.used, i, i+1)
		a.free = append(a.free, b)
		a.liveBytes -= bytes
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
