package tokenizer

import (
	"cmp"
	"container/heap"
	"slices"
)

// Train learns a vocabulary of at most vocabSize tokens, at least 256, from text.
// It is smaller where no pair occurs twice any more. The same text gives the same
// vocabulary: of equally frequent pairs the one with the smaller ids comes first.
func Train(text string, vocabSize int) (*Tokenizer, error) {
	if err := checkVocabSize(vocabSize); err != nil {
		return nil, err
	}
	t := newTokenizer()
	l := newLesson(text)
	for t.VocabSize() < vocabSize {
		p, ok := l.mostFrequent()
		if !ok {
			break
		}
		l.merge(p, t.add(p))
	}
	return t, nil
}

// A lesson is the text in training: each different word once.
type lesson struct {
	words  []word
	counts map[pair]int
	// where lists the words that a pair was in at some time.
	where map[pair][]int
	// ranking has each pair with a count of at least what it is now.
	ranking ranking
}

type word struct {
	ids   []int32
	count int
}

func newLesson(text string) *lesson {
	l := &lesson{counts: map[pair]int{}, where: map[pair][]int{}}
	known := map[string]int{}
	for len(text) > 0 {
		w := text[:wordLen(text)]
		text = text[len(w):]
		i, ok := known[w]
		if !ok {
			i = len(l.words)
			known[w] = i
			ids := make([]int32, len(w))
			for j := range len(w) {
				ids[j] = int32(w[j])
			}
			l.words = append(l.words, word{ids: ids})
		}
		l.words[i].count++
	}
	changed := map[pair]bool{}
	for i := range l.words {
		l.note(i, changed)
	}
	l.rank(changed)
	return l
}

// note counts the pairs of word i.
func (l *lesson) note(i int, changed map[pair]bool) {
	w := l.words[i]
	for j := range len(w.ids) - 1 {
		p := pair{w.ids[j], w.ids[j+1]}
		l.counts[p] += w.count
		if at := l.where[p]; len(at) == 0 || at[len(at)-1] != i {
			l.where[p] = append(at, i)
		}
		changed[p] = true
	}
}

// forget takes the pairs of word i off the count.
func (l *lesson) forget(i int) {
	w := l.words[i]
	for j := range len(w.ids) - 1 {
		l.counts[pair{w.ids[j], w.ids[j+1]}] -= w.count
	}
}

// rank queues pairs with their new counts.
func (l *lesson) rank(changed map[pair]bool) {
	for p := range changed {
		heap.Push(&l.ranking, ranked{p, l.counts[p]})
	}
}

// mostFrequent is the next pair to become a token.
func (l *lesson) mostFrequent() (pair, bool) {
	for len(l.ranking) > 0 {
		r := heap.Pop(&l.ranking).(ranked)
		now := l.counts[r.pair]
		switch {
		case now < 2:
		case now == r.count:
			return r.pair, true
		case now < r.count:
			heap.Push(&l.ranking, ranked{r.pair, now})
		}
	}
	return pair{}, false
}

// merge makes one token of a pair in all words.
func (l *lesson) merge(p pair, id int32) {
	changed := map[pair]bool{}
	for _, i := range l.where[p] {
		w := &l.words[i]
		l.forget(i)
		w.ids = mergePair(w.ids, p, id)
		l.note(i, changed)
	}
	delete(l.counts, p)
	delete(l.where, p)
	l.rank(changed)
}

// mergePair replaces p by id, from the left, in place.
func mergePair(ids []int32, p pair, id int32) []int32 {
	out := ids[:0]
	for i := 0; i < len(ids); i++ {
		if i+1 < len(ids) && ids[i] == p.left && ids[i+1] == p.right {
			out = append(out, id)
			i++
			continue
		}
		out = append(out, ids[i])
	}
	return slices.Clip(out)
}

// ranked is a pair with the count that it had.
type ranked struct {
	pair  pair
	count int
}

// A ranking has the most frequent pair first.
type ranking []ranked

func (r ranking) Len() int      { return len(r) }
func (r ranking) Swap(i, j int) { r[i], r[j] = r[j], r[i] }
func (r ranking) Less(i, j int) bool {
	a, b := r[i], r[j]
	return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.pair.left, b.pair.left), cmp.Compare(a.pair.right, b.pair.right)) < 0
}
func (r *ranking) Push(x any) { *r = append(*r, x.(ranked)) }
func (r *ranking) Pop() any {
	old := *r
	last := old[len(old)-1]
	*r = old[:len(old)-1]
	return last
}
