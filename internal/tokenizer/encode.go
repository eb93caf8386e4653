package tokenizer

// An Encoder splits text into tokens, with room of its own that it keeps between
// calls. It serves one goroutine at a time.
type Encoder struct {
	tokenizer *Tokenizer
	links     []link
	queue     queue
}

// NewEncoder returns an encoder of the vocabulary.
func (t *Tokenizer) NewEncoder() *Encoder { return &Encoder{tokenizer: t} }

// Append appends the ids of text to dst. It allocates nothing where dst has the
// room and no word is longer than all before it. A word of n bytes takes
// O(n log n).
func (e *Encoder) Append(dst []int32, text string) []int32 {
	for len(text) > 0 {
		n := wordLen(text)
		dst = e.appendWord(dst, text[:n])
		text = text[n:]
	}
	return dst
}

// A link is a token of the word that is being encoded. Joined tokens stay where
// the left one was.
type link struct {
	id         int32 // gone once joined with the one before
	prev, next int32 // index, none at the ends
}

const (
	gone = -1
	none = -1
)

// appendWord joins the pair that was learned first until none is left; of
// several at the place furthest left. What a join makes possible was learned
// later than the join, so that the order is that of replaying the training.
func (e *Encoder) appendWord(dst []int32, word string) []int32 {
	if len(word) == 1 {
		return append(dst, int32(word[0]))
	}
	e.links, e.queue = e.links[:0], e.queue[:0]
	for i := range len(word) {
		e.links = append(e.links, link{id: int32(word[i]), prev: int32(i) - 1, next: int32(i) + 1})
	}
	e.links[len(word)-1].next = none
	for i := range e.links {
		e.offer(int32(i))
	}
	for len(e.queue) > 0 {
		e.join(e.queue.pop())
	}
	for i := int32(0); i != none; i = e.links[i].next {
		dst = append(dst, e.links[i].id)
	}
	return dst
}

// offer queues the pair that begins at place i if it is a token.
func (e *Encoder) offer(i int32) {
	if i == none || e.links[i].next == none {
		return
	}
	if id, ok := e.tokenizer.merges[pair{e.links[i].id, e.links[e.links[i].next].id}]; ok {
		e.queue.push(candidate(id, i))
	}
}

// join makes one token of a queued pair, unless one of its halves has been
// joined with another meanwhile.
func (e *Encoder) join(c uint64) {
	id, i := int32(c>>32), int32(uint32(c))
	left := &e.links[i]
	if left.id == gone || left.next == none {
		return
	}
	right := &e.links[left.next]
	if now, ok := e.tokenizer.merges[pair{left.id, right.id}]; !ok || now != id {
		return
	}
	left.id, left.next, right.id = id, right.next, gone
	if left.next != none {
		e.links[left.next].prev = i
	}
	e.offer(left.prev)
	e.offer(i)
}

// candidate is an element of the queue: the id that a pair makes, then its
// place.
func candidate(id, place int32) uint64 { return uint64(id)<<32 | uint64(uint32(place)) }

// A queue is a binary heap with the least element first.
type queue []uint64

func (q *queue) push(c uint64) {
	*q = append(*q, c)
	h := *q
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if h[parent] <= h[i] {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (q *queue) pop() uint64 {
	h := *q
	least, n := h[0], len(h)-1
	h[0] = h[n]
	h = h[:n]
	*q = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= n {
			return least
		}
		if child+1 < n && h[child+1] < h[child] {
			child++
		}
		if h[i] <= h[child] {
			return least
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
