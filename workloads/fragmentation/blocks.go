package fragmentation

// blocks are the stretches of a heap with their boundary tags: each knows its
// neighbours by address. They lie in one slice and are named by index, so that
// the collector has nothing to follow; index 0 is no block.
type blocks struct {
	all   []block
	spare []int32
}

type block struct {
	addr, size int64
	prev, next int32 // neighbours by address within the heap or the segment
	// left and right are the neighbours in a list of free blocks, or the
	// children in a tree of them.
	left, right int32
	live        bool
	small       bool // of the pool for small tensors (caching only)
}

func (b *blocks) reset() {
	if b.all == nil {
		b.all = make([]block, 1, 1024)
	}
	b.all, b.spare = b.all[:1], b.spare[:0]
}

// add makes a block without neighbours.
func (b *blocks) add(addr, size int64) int32 {
	made := block{addr: addr, size: size}
	if last := len(b.spare) - 1; last >= 0 {
		id := b.spare[last]
		b.spare = b.spare[:last]
		b.all[id] = made
		return id
	}
	b.all = append(b.all, made)
	return int32(len(b.all) - 1)
}

func (b *blocks) drop(id int32) {
	b.all[id] = block{}
	b.spare = append(b.spare, id)
}

// split cuts what is beyond size off a block and returns the rest, a block of its
// own.
func (b *blocks) split(id int32, size int64) int32 {
	rest := b.add(b.all[id].addr+size, b.all[id].size-size)
	first, second := &b.all[id], &b.all[rest]
	second.prev, second.next, second.small = id, first.next, first.small
	if first.next != 0 {
		b.all[first.next].prev = rest
	}
	first.size, first.next = size, rest
	return rest
}

// absorb makes a block and the next one a single block.
func (b *blocks) absorb(id int32) {
	first := &b.all[id]
	gone := first.next
	second := b.all[gone]
	first.size += second.size
	first.next = second.next
	if second.next != 0 {
		b.all[second.next].prev = id
	}
	b.drop(gone)
}

// isFree tells whether id is a block and free.
func (b *blocks) isFree(id int32) bool { return id != 0 && !b.all[id].live }

// isLive tells whether a handle names a live block.
func (b *blocks) isLive(h handle) bool { return h > 0 && int(h) < len(b.all) && b.all[h].live }

func (b *blocks) extent(h handle) (start, size int64) { return b.all[h].addr, b.all[h].size }
