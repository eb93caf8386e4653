package kvcache

import "math/rand/v2"

// mostRequests bounds the search for what a budget holds.
const mostRequests = 1 << 20

// A plan is what the caches of requests take. It is made again and again, and
// keeps its memory.
type plan struct {
	shape        shape
	elementBytes int
	seqLen       int
	requests     int
	blockTokens  int // 0 is contiguous
	budget       int64
	uniform      bool // lengths between 1 and seqLen; else all are seqLen

	random rand.PCG
	pages  pages
	tables [2]table // one a group, used by a request after the other
	// written and reserved are the bytes of tokens and of what was taken for
	// them, so far; formula is what tokens ought to take.
	written, reserved, formula int64
	outcome                    outcome
}

// outcome is what a plan finds out.
type outcome struct {
	cache, reserved, predicted int64 // of the requests asked for
	fitting                    int   // requests that the budget holds
}

// make plans from a seed: requests come until those asked for are there and
// the budget is full.
func (p *plan) make(seed uint64) {
	p.random.Seed(seed, 0)
	p.pages.reset()
	p.written, p.reserved, p.formula = 0, 0, 0
	p.outcome = outcome{}
	for n, full := 0, false; n < p.requests || !full && n < mostRequests; n++ {
		p.admit(p.length())
		if n < p.requests {
			p.outcome.cache, p.outcome.reserved, p.outcome.predicted = p.written, p.reserved, p.formula
		}
		if full = full || p.reserved > p.budget; !full {
			p.outcome.fitting = n + 1
		}
	}
}

// length draws the tokens of the next request.
func (p *plan) length() int {
	if !p.uniform {
		return p.seqLen
	}
	// The bias of a remainder is below 2^-30 for any seqLen that Check admits.
	return 1 + int(p.random.Uint64()%uint64(p.seqLen))
}

// admit gives a request the cache for its tokens.
func (p *plan) admit(tokens int) {
	p.formula += p.shape.requestBytes(p.elementBytes, tokens)
	row := int64(p.shape.elements) * int64(p.elementBytes)
	if p.blockTokens == 0 {
		p.written += p.shape.requestBytes(p.elementBytes, tokens)
		p.reserved += p.shape.requestBytes(p.elementBytes, p.seqLen)
		return
	}
	lane := p.shape.lane()
	for i, g := range p.shape.groups {
		t := &p.tables[i]
		for range g.layers / lane {
			t.grow(&p.pages, tokens, g.window, p.blockTokens)
			p.written += t.tokens(tokens, g.window, p.blockTokens) * int64(lane) * row
		}
	}
	// What the peak of a request took stays with the pool: the next one gets it.
	p.reserved = p.pages.next * int64(p.blockTokens) * int64(lane) * row
}

// tokens counts those of the request's tokens that its pages hold and its
// window sees, page by page.
func (t *table) tokens(tokens, window, blockTokens int) int64 {
	n := 0
	for i := range t.pages() {
		first := (t.first + i) * blockTokens
		last := min(first+blockTokens, tokens)
		if window > 0 {
			first = max(first, tokens-window)
		}
		n += last - first
	}
	return int64(n)
}

// blocks is about how many pages a plan goes through, as a float64, which no
// parameters overflow.
func (p *plan) blocks() float64 {
	if p.blockTokens == 0 {
		return float64(p.requests) + mostRequests
	}
	lanes := float64(p.shape.layers() / p.shape.lane())
	request := lanes * float64((p.seqLen+p.blockTokens-1)/p.blockTokens)
	fitting := min(float64(p.budget)/float64(p.shape.requestBytes(p.elementBytes, p.seqLen)), mostRequests)
	if p.uniform {
		fitting *= 2 // a request is half as long as the longest
	}
	return request * (float64(p.requests) + fitting + 1)
}
