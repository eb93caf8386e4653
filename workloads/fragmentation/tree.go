package fragmentation

import "iter"

// A tree holds free blocks in the order of size, then address. It is a treap
// (Seidel and Aragon 1996): a search tree by that order and a heap by
// priorities that are a hash of the block's index, which balances it.
type tree struct {
	blocks *blocks
	root   int32
	count  int
	looked int64 // blocks that searches have passed
}

func (t *tree) less(a, b int32) bool {
	x, y := &t.blocks.all[a], &t.blocks.all[b]
	return x.size < y.size || x.size == y.size && x.addr < y.addr
}

// priority scrambles the index (the finalizer of MurmurHash3).
func priority(id int32) uint32 {
	h := uint32(id)
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

func (t *tree) insert(id int32) {
	all := t.blocks.all
	at := &t.root
	for *at != 0 && priority(*at) >= priority(id) {
		if t.less(id, *at) {
			at = &all[*at].left
		} else {
			at = &all[*at].right
		}
	}
	rest := *at
	*at = id
	// What was below is cut in two: what is less than id, and what is not.
	below, above := &all[id].left, &all[id].right
	for rest != 0 {
		if t.less(rest, id) {
			*below, below = rest, &all[rest].right
			rest = *below
		} else {
			*above, above = rest, &all[rest].left
			rest = *above
		}
	}
	*below, *above = 0, 0
	t.count++
}

// remove takes a block out that is in the tree.
func (t *tree) remove(id int32) {
	all := t.blocks.all
	at := &t.root
	for *at != id {
		if t.less(id, *at) {
			at = &all[*at].left
		} else {
			at = &all[*at].right
		}
	}
	left, right := all[id].left, all[id].right
	for left != 0 && right != 0 {
		if priority(left) > priority(right) {
			*at, at = left, &all[left].right
			left = *at
		} else {
			*at, at = right, &all[right].left
			right = *at
		}
	}
	*at = left | right // one of them is none
	all[id].left, all[id].right = 0, 0
	t.count--
}

// atLeast returns the smallest block that has so many bytes, the one of the
// lowest address among equals, or 0.
func (t *tree) atLeast(size int64) int32 {
	var best int32
	for id := t.root; id != 0; t.looked++ {
		b := &t.blocks.all[id]
		if b.size >= size {
			best, id = id, b.left
		} else {
			id = b.right
		}
	}
	return best
}

// largest returns the size of the largest block, or 0.
func (t *tree) largest() int64 {
	var size int64
	for id := t.root; id != 0; id = t.blocks.all[id].right {
		size = t.blocks.all[id].size
	}
	return size
}

// each yields the blocks in order. The tree must not change meanwhile.
func (t *tree) each() iter.Seq[int32] {
	return func(yield func(int32) bool) { t.walk(t.root, yield) }
}

func (t *tree) walk(id int32, yield func(int32) bool) bool {
	if id == 0 {
		return true
	}
	b := t.blocks.all[id]
	return t.walk(b.left, yield) && yield(id) && t.walk(b.right, yield)
}

func (t *tree) reset(b *blocks) { *t = tree{blocks: b} }
