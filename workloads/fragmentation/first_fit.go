package fragmentation

// A firstFitHeap takes the free block of the lowest address that suffices. Its
// free blocks are a list in the order of addresses, as in the textbooks: the
// search passes all the splinters that gather at the low end.
type firstFitHeap struct {
	blocks
	size     int64
	head     int32 // of the list: left is the previous free block, right the next
	allotted int64
	looked   int64
}

func (f *firstFitHeap) reset() {
	f.blocks.reset()
	f.head = f.add(0, f.size)
	f.allotted, f.looked = 0, 0
}

func (f *firstFitHeap) alloc(size int64) handle {
	size = rounded(size)
	id := f.head
	for id != 0 && f.all[id].size < size {
		id = f.all[id].right
		f.looked++
	}
	if id == 0 {
		return 0
	}
	f.looked++
	if f.all[id].size > size {
		f.replace(id, f.split(id, size))
	} else {
		f.unlink(id)
	}
	f.all[id].live = true
	f.allotted += size
	return handle(id)
}

func (f *firstFitHeap) free(h handle) error {
	if !f.isLive(h) {
		return errNotLive
	}
	id := int32(h)
	b := &f.all[id]
	b.live = false
	f.allotted -= b.size
	prev, next := b.prev, b.next
	switch {
	case f.isFree(prev):
		if f.isFree(next) {
			f.unlink(next)
			f.absorb(id)
		}
		f.absorb(prev)
	case f.isFree(next):
		f.replace(next, id)
		f.absorb(id)
	default:
		f.link(id)
	}
	return nil
}

// link puts a block into the list behind the free block before it, which is
// only a few live ones away.
func (f *firstFitHeap) link(id int32) {
	before := f.all[id].prev
	for before != 0 && f.all[before].live {
		before = f.all[before].prev
	}
	after := f.head
	if before != 0 {
		after = f.all[before].right
	}
	f.join(before, id)
	f.join(id, after)
}

func (f *firstFitHeap) unlink(id int32) {
	b := &f.all[id]
	f.join(b.left, b.right)
	b.left, b.right = 0, 0
}

// replace gives the place of a block in the list to another one.
func (f *firstFitHeap) replace(old, with int32) {
	b := &f.all[old]
	before, after := b.left, b.right
	b.left, b.right = 0, 0
	f.join(before, with)
	f.join(with, after)
}

// join makes two blocks neighbours in the list; 0 is its ends.
func (f *firstFitHeap) join(before, after int32) {
	if before != 0 {
		f.all[before].right = after
	} else {
		f.head = after
	}
	if after != 0 {
		f.all[after].left = before
	}
}

func (f *firstFitHeap) searched() int64 { return f.looked }

func (f *firstFitHeap) stats() stats {
	s := stats{allotted: f.allotted, held: f.size, free: f.size - f.allotted, layout: true}
	for id := f.head; id != 0; id = f.all[id].right {
		s.freeBlocks++
		s.largest = max(s.largest, f.all[id].size)
	}
	return s
}
