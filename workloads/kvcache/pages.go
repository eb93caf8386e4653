package kvcache

// pages hands out equal pieces of memory by number. Those that were given back
// are handed out first, so that next is the most that were in use at once.
type pages struct {
	next  int64
	freed []int64
}

func (p *pages) take() int64 {
	if n := len(p.freed); n > 0 {
		page := p.freed[n-1]
		p.freed = p.freed[:n-1]
		return page
	}
	p.next++
	return p.next - 1
}

func (p *pages) give(page int64) { p.freed = append(p.freed, page) }

func (p *pages) reset() { p.next, p.freed = 0, p.freed[:0] }

// A table is the pages of one request in one lane of layers, oldest first.
type table struct {
	first int // of entries that are still held
	held  []int64
}

// grow fills the table for a request of so many tokens, block after block as
// they are written. A page goes back as soon as the window, if there is one, has
// left its last token.
func (t *table) grow(p *pages, tokens, window, blockTokens int) {
	t.first, t.held = 0, t.held[:0]
	for start := 0; start < tokens; start += blockTokens {
		for window > 0 && (t.first+1)*blockTokens <= start+1-window {
			p.give(t.held[t.first])
			t.first++
		}
		t.held = append(t.held, p.take())
	}
	for window > 0 && (t.first+1)*blockTokens <= tokens-window {
		p.give(t.held[t.first])
		t.first++
	}
}

// pages are those that the request holds.
func (t *table) pages() []int64 { return t.held[t.first:] }
