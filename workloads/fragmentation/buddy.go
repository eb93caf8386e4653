package fragmentation

import "math/bits"

// A buddyHeap allots powers of two. A block of order k is 2^k units of minBlock
// long and begins at a multiple of its length; its buddy is the block beside it
// with which it makes one of the next order (Knowlton 1965).
type buddyHeap struct {
	size     int64
	orders   int     // of blocks; the whole heap has the last one
	tags     []uint8 // per unit: what begins there
	links    []links // per unit: neighbours in the list of its order
	heads    []int32 // per order: the first free block, unit + 1, or 0
	counts   []int   // per order: free blocks
	nonempty uint64  // a bit per order that has free blocks
	allotted int64
	looked   int64
}

// links name units, plus 1; 0 is the end.
type links struct{ prev, next int32 }

// A tag is the order, and whether the block is free or live; 0 where no block
// begins.
const (
	freeTag  = 1 << 6
	liveTag  = 1 << 7
	orderTag = freeTag - 1
)

func newBuddyHeap(size int64) *buddyHeap {
	units := size / minBlock
	orders := bits.Len64(uint64(units))
	b := &buddyHeap{
		size: size, orders: orders,
		tags: make([]uint8, units), links: make([]links, units),
		heads: make([]int32, orders), counts: make([]int, orders),
	}
	clear(b.links) // or the system would map its pages during a measurement
	return b
}

func (b *buddyHeap) reset() {
	clear(b.tags)
	clear(b.heads)
	clear(b.counts)
	b.nonempty, b.allotted, b.looked = 0, 0, 0
	b.push(0, b.orders-1)
}

// order is that of the smallest block for a request.
func order(size int64) int { return bits.Len64(uint64(rounded(size)/minBlock - 1)) }

func (b *buddyHeap) alloc(size int64) handle {
	want := order(size)
	enough := b.nonempty >> want << want
	if enough == 0 {
		return 0
	}
	have := bits.TrailingZeros64(enough)
	b.looked++
	unit := b.heads[have] - 1
	b.remove(unit, have)
	for have > want {
		have--
		b.push(unit+1<<have, have)
	}
	b.tags[unit] = liveTag | uint8(want)
	b.allotted += minBlock << want
	return handle(unit + 1)
}

func (b *buddyHeap) free(h handle) error {
	unit := int32(h) - 1
	if unit < 0 || int(unit) >= len(b.tags) || b.tags[unit]&liveTag == 0 {
		return errNotLive
	}
	k := int(b.tags[unit] & orderTag)
	b.tags[unit] = 0
	b.allotted -= minBlock << k
	for k < b.orders-1 {
		buddy := unit ^ 1<<k
		if b.tags[buddy] != freeTag|uint8(k) {
			break
		}
		b.remove(buddy, k)
		unit = min(unit, buddy)
		k++
	}
	b.push(unit, k)
	return nil
}

// push makes a block free.
func (b *buddyHeap) push(unit int32, k int) {
	head := b.heads[k]
	b.links[unit] = links{next: head}
	if head != 0 {
		b.links[head-1].prev = unit + 1
	}
	b.heads[k] = unit + 1
	b.tags[unit] = freeTag | uint8(k)
	b.counts[k]++
	b.nonempty |= 1 << k
}

// remove takes a free block out of its list.
func (b *buddyHeap) remove(unit int32, k int) {
	l := b.links[unit]
	if l.prev != 0 {
		b.links[l.prev-1].next = l.next
	} else {
		b.heads[k] = l.next
	}
	if l.next != 0 {
		b.links[l.next-1].prev = l.prev
	}
	b.tags[unit] = 0
	if b.counts[k]--; b.counts[k] == 0 {
		b.nonempty &^= 1 << k
	}
}

func (b *buddyHeap) extent(h handle) (start, size int64) {
	unit := int64(h) - 1
	return unit * minBlock, minBlock << (b.tags[unit] & orderTag)
}

func (b *buddyHeap) searched() int64 { return b.looked }

func (b *buddyHeap) stats() stats {
	s := stats{allotted: b.allotted, held: b.size, free: b.size - b.allotted, layout: true}
	for k, n := range b.counts {
		s.freeBlocks += n
		if n > 0 {
			s.largest = minBlock << k
		}
	}
	return s
}
