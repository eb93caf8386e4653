package fragmentation

// The constants of c10/cuda/CUDACachingAllocator.cpp, in bytes.
const (
	smallSize     = 1 << 20  // kSmallSize: the largest tensor of the small pool
	smallBuffer   = 2 << 20  // kSmallBuffer: a segment of the small pool
	largeBuffer   = 20 << 20 // kLargeBuffer: a segment for tensors below minLargeAlloc
	minLargeAlloc = 10 << 20 // kMinLargeAlloc
	roundLarge    = 2 << 20  // kRoundLarge: what larger segments are rounded up to
)

// A cachingHeap takes segments from a device, cuts tensors from them and keeps
// what is freed. Segments are of pages that the device maps wherever it likes:
// only their total is limited, and none gets an address twice.
type cachingHeap struct {
	blocks
	device       int64 // bytes
	small, large tree  // free blocks
	held         int64 // in segments
	nextAddr     int64
	allotted     int64
	unused       []int32 // room for release
}

func (c *cachingHeap) reset() {
	c.blocks.reset()
	c.small.reset(&c.blocks)
	c.large.reset(&c.blocks)
	c.held, c.nextAddr, c.allotted = 0, 0, 0
}

func (c *cachingHeap) pool(small bool) *tree {
	if small {
		return &c.small
	}
	return &c.large
}

func (c *cachingHeap) alloc(size int64) handle {
	size = rounded(size)
	small := size <= smallSize
	pool := c.pool(small)
	id := pool.atLeast(size)
	if id != 0 {
		pool.remove(id)
	} else if id = c.segment(size); id == 0 {
		return 0
	}
	rest := c.all[id].size - size
	if small && rest >= minBlock || !small && rest > smallSize {
		pool.insert(c.split(id, size))
	}
	b := &c.all[id]
	b.live = true
	c.allotted += b.size
	return handle(id)
}

func (c *cachingHeap) free(h handle) error {
	if !c.isLive(h) {
		return errNotLive
	}
	b := &c.all[h]
	c.allotted -= b.size
	c.pool(b.small).release(int32(h))
	return nil
}

// segmentSize is what the device is asked for where the pool has no block.
func segmentSize(size int64) int64 {
	switch {
	case size <= smallSize:
		return smallBuffer
	case size < minLargeAlloc:
		return largeBuffer
	}
	return (size + roundLarge - 1) / roundLarge * roundLarge
}

// segment takes a block from the device, and where that is full, gives back
// what is unused and tries again.
func (c *cachingHeap) segment(size int64) int32 {
	bytes := segmentSize(size)
	if c.held+bytes > c.device {
		c.release()
	}
	if c.held+bytes > c.device {
		return 0
	}
	id := c.add(c.nextAddr, bytes)
	c.all[id].small = size <= smallSize
	c.nextAddr += bytes
	c.held += bytes
	return id
}

// release gives the segments back in which no tensor lives.
func (c *cachingHeap) release() {
	for _, pool := range []*tree{&c.small, &c.large} {
		c.unused = c.unused[:0]
		pool.looked += int64(pool.count)
		for id := range pool.each() {
			if c.isWhole(id) {
				c.unused = append(c.unused, id)
			}
		}
		for _, id := range c.unused {
			pool.remove(id)
			c.held -= c.all[id].size
			c.drop(id)
		}
	}
}

// isWhole tells whether a free block is a whole segment.
func (c *cachingHeap) isWhole(id int32) bool { return c.all[id].prev == 0 && c.all[id].next == 0 }

func (c *cachingHeap) searched() int64 { return c.small.looked + c.large.looked }

func (c *cachingHeap) stats() stats {
	available := c.device - c.held
	for _, pool := range []*tree{&c.small, &c.large} {
		for id := range pool.each() {
			if c.isWhole(id) {
				available += c.all[id].size
			}
		}
	}
	largest := max(c.large.largest(), min(c.small.largest(), smallSize))
	switch {
	case available >= minLargeAlloc:
		largest = max(largest, available/roundLarge*roundLarge)
	case available >= smallBuffer:
		largest = max(largest, smallSize)
	}
	return stats{
		allotted: c.allotted, held: c.held, free: c.device - c.allotted,
		layout: true, largest: largest, freeBlocks: c.small.count + c.large.count,
	}
}
