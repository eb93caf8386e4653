package fragmentation

import (
	"errors"
	"fmt"
)

// minBlock is what sizes are rounded up to, as PyTorch does (kMinBlockSize).
const minBlock = 512

// errNotLive is the answer to a free of what is not allocated.
var errNotLive = errors.New("the block is not allocated")

// A handle names an allocated block to its allocator. Zero is none.
type handle int32

// An allocator hands out stretches of a heap. Sizes and addresses are in bytes.
type allocator interface {
	// alloc returns 0 where no free block suffices.
	alloc(size int64) handle
	// free gives a live block back; errNotLive where it is not live.
	free(h handle) error
	// extent tells where a live block lies, and its whole size.
	extent(h handle) (start, size int64)
	// searched counts the free blocks that were looked at for allocations since
	// reset; the runtime's heap does not tell, and says 0.
	searched() int64
	// stats describes the heap as it is. It may take long.
	stats() stats
	// reset makes the heap as new and keeps the allocator's own memory.
	reset()
}

// stats are the state of a heap, in bytes where nothing else is said.
type stats struct {
	allotted int64 // in live blocks
	held     int64 // that nobody else can have: the heap, or its segments
	free     int64 // that could still be allotted, if it were one block
	// layout tells whether the two that follow are known.
	layout     bool
	largest    int64 // the largest request that would succeed
	freeBlocks int   // number of free blocks
}

// external is the share of the free memory that one request cannot have.
func (s stats) external() float64 {
	if s.free == 0 {
		return 0
	}
	return 1 - float64(s.largest)/float64(s.free)
}

const (
	firstFit  = "first_fit"
	bestFit   = "best_fit"
	buddyName = "buddy"
	caching   = "caching"
	goName    = "go"
)

var allocators = []string{firstFit, bestFit, buddyName, goName, caching}

// newAllocator makes an allocator for a heap whose size is a power of two.
func newAllocator(name string, heap int64) (allocator, error) {
	var a allocator
	switch name {
	case firstFit:
		a = &firstFitHeap{size: heap}
	case bestFit:
		a = &bestFitHeap{size: heap}
	case buddyName:
		a = newBuddyHeap(heap)
	case caching:
		a = &cachingHeap{device: heap}
	case goName:
		a = newGoHeap()
	default:
		return nil, fmt.Errorf("no allocator is named %q", name)
	}
	a.reset()
	return a, nil
}

// rounded is the size of the block for a request.
func rounded(size int64) int64 { return (max(size, 1) + minBlock - 1) &^ (minBlock - 1) }
