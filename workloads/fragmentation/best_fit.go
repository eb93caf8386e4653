package fragmentation

// A bestFitHeap takes the smallest free block that suffices, and of equal ones
// that of the lowest address.
type bestFitHeap struct {
	blocks
	size     int64
	bySize   tree
	allotted int64
}

func (f *bestFitHeap) reset() {
	f.blocks.reset()
	f.bySize.reset(&f.blocks)
	f.bySize.insert(f.add(0, f.size))
	f.allotted = 0
}

func (f *bestFitHeap) alloc(size int64) handle {
	size = rounded(size)
	id := f.bySize.atLeast(size)
	if id == 0 {
		return 0
	}
	f.bySize.remove(id)
	if f.all[id].size > size {
		f.bySize.insert(f.split(id, size))
	}
	f.all[id].live = true
	f.allotted += size
	return handle(id)
}

func (f *bestFitHeap) free(h handle) error {
	if !f.isLive(h) {
		return errNotLive
	}
	f.allotted -= f.all[h].size
	f.bySize.release(int32(h))
	return nil
}

func (f *bestFitHeap) searched() int64 { return f.bySize.looked }

func (f *bestFitHeap) stats() stats {
	return stats{
		allotted: f.allotted, held: f.size, free: f.size - f.allotted,
		layout: true, largest: f.bySize.largest(), freeBlocks: f.bySize.count,
	}
}

// release makes a live block free, one with the free neighbours that it has,
// and puts it into the tree.
func (t *tree) release(id int32) {
	b := t.blocks
	b.all[id].live = false
	if next := b.all[id].next; b.isFree(next) {
		t.remove(next)
		b.absorb(id)
	}
	if prev := b.all[id].prev; b.isFree(prev) {
		t.remove(prev)
		b.absorb(prev)
		id = prev
	}
	t.insert(id)
}
