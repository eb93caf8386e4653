package tensor

import (
	"errors"
	"fmt"
)

// KVCache keeps the keys and values of the positions so far of one layer, for a
// number of sequences of the same length, so that a new position computes only
// its own. See Pass.CachedAttention.
//
// They lie in the order in which the kernels read the factors of a product,
// keys in panels of columns and values in panels of rows: neither a prefill nor
// a single query copies what is cached. The order belongs to the instruction
// set of the engine. A cache serves one goroutine at a time.
type KVCache struct {
	arena        *Arena
	set          string
	keys, values packing
	length       int
}

// NewKVCache takes the memory for batch sequences of up to capacity positions
// with kvHeads heads of headDim elements from the arena at once, for an engine
// or others with the same kernels. It fails where kvHeads or headDim is below 1,
// another number negative, or the memory is missing.
func NewKVCache(e *Engine, a *Arena, batch, kvHeads, capacity, headDim int) (*KVCache, error) {
	s := AttentionShape{Batch: batch, Heads: kvHeads, KVHeads: kvHeads, SeqLen: 1, Keys: capacity, HeadDim: headDim}
	if e == nil || a == nil {
		return nil, errors.New("a cache needs an engine and an arena")
	}
	if err := s.validate(); err != nil || kvHeads < 1 {
		return nil, fmt.Errorf("cache of [%d, %d, %d, %d]: batch and capacity must be at least 0, heads and their dimension at least 1, and all addressable",
			batch, kvHeads, capacity, headDim)
	}
	c := &KVCache{arena: a, set: e.Kernels()}
	size := packingSize{sequences: batch * kvHeads, heads: kvHeads, capacity: capacity, headDim: headDim}
	var err error
	if c.keys, err = newPacking(a, e.team.Set(), size, true, headRows{}); err != nil {
		return nil, fmt.Errorf("keys of a cache: %w", err)
	}
	if c.values, err = newPacking(a, e.team.Set(), size, false, headRows{}); err != nil {
		a.release(c.keys.data)
		return nil, fmt.Errorf("values of a cache: %w", err)
	}
	return c, nil
}

// Len is how many positions are cached.
func (c *KVCache) Len() int { return c.length }

// Capacity is how many positions there is room for.
func (c *KVCache) Capacity() int { return c.keys.capacity }

// Truncate forgets the positions from n on. It fails where n is negative or
// above Len.
func (c *KVCache) Truncate(n int) error {
	if n < 0 || n > c.length {
		return fmt.Errorf("truncate a cache of %d positions to %d", c.length, n)
	}
	c.length = n
	return nil
}

// Bytes is the size of the cache, used or not: for keys and values each 4 bytes
// * batch * kvHeads * capacity * headDim, capacity for the keys and headDim for
// the values rounded up to a multiple of the kernels' width: 32, 16 or 4.
func (c *KVCache) Bytes() int64 {
	return int64(len(c.keys.data)+len(c.values.data)) * floatBytes
}

// Free gives the memory back to the arena. A second call returns ErrFreed.
func (c *KVCache) Free() error {
	if c.arena == nil {
		return fmt.Errorf("free a cache: %w", ErrFreed)
	}
	err := errors.Join(c.arena.Free(c.keys.data), c.arena.Free(c.values.data))
	*c = KVCache{}
	return err
}

// ErrCacheFull is returned where a cache has no room for new positions.
var ErrCacheFull = errors.New("cache is full")

// CachedAttention appends k and v, [batch, new, KVHeads*d] each, to the cache
// and computes Attention of q, [batch, new, Heads*d], with all that is cached
// then. With Causal, query i is at position Len+i, Len being that before the
// call.
//
// It fails with ErrCacheFull where Len+new exceeds Capacity, where the shapes do
// not fit one another or the cache, and where a gradient would be needed; after
// an error the cache has the length that it had.
//
// Memory: that of Attention without the copies of k and v. With one query, heads
// of a group are computed together and read the cache once; where Flash needs
// several ranges of keys, of 512 to 2048, it takes 4*(d+2) bytes for each
// sequence, head and range besides, and brings them together in order, so that
// the threads can share one sequence (see Engine.FlashAttention).
func (p *Pass) CachedAttention(q, k, v *Tensor, c *KVCache, o AttentionOptions) *Tensor {
	if c == nil || c.arena == nil {
		p.Fail(errors.New("cached attention: there is no cache"))
		return &p.none
	}
	s, ok := p.attentionShape("cached attention", q, k, v, o, c.length)
	if !ok {
		return &p.none
	}
	if err := c.check(s, p.engine); err != nil {
		p.Fail(fmt.Errorf("cached attention: %w", err))
		return &p.none
	}
	if p.recording(q, k, v) {
		p.Fail(errors.New("cached attention has no gradient\nhint: use Attention, or a pass without gradients"))
	}
	out := p.resultLike(q, q.Dim(-1))
	if p.err != nil {
		return &p.none
	}
	call := attention{
		AttentionShape: s, cached: true,
		q:      interleaved(q.data, s.Heads, s.SeqLen, s.HeadDim),
		out:    interleaved(out.data, s.Heads, s.SeqLen, s.HeadDim),
		keys:   c.keys.next(interleaved(k.data, s.KVHeads, s.SeqLen, s.HeadDim), c.length, s.SeqLen),
		values: c.values.next(interleaved(v.data, s.KVHeads, s.SeqLen, s.HeadDim), c.length, s.SeqLen),
	}
	p.fail("cached attention", p.engine.attend(p.arena, call, o.Algorithm))
	if p.err != nil {
		p.Free(out)
		return &p.none
	}
	c.length = s.Keys
	return out
}

// check returns an error unless a call of this shape can append to the cache.
func (c *KVCache) check(s AttentionShape, e *Engine) error {
	size := packingSize{sequences: s.Batch * s.KVHeads, heads: s.KVHeads, capacity: c.keys.capacity, headDim: s.HeadDim}
	switch {
	case size != c.keys.packingSize:
		return fmt.Errorf("%d sequences with %d heads of %d for a cache of %d sequences with %d heads of %d",
			s.Batch, s.KVHeads, s.HeadDim, c.keys.sequences/c.keys.heads, c.keys.heads, c.keys.headDim)
	case s.Keys != c.length+s.SeqLen:
		return fmt.Errorf("%d queries with %d new keys: must be as many", s.SeqLen, s.Keys-c.length)
	case s.Keys > c.keys.capacity:
		return fmt.Errorf("%w: %d new positions after %d of %d", ErrCacheFull, s.SeqLen, c.length, c.keys.capacity)
	case c.set != e.Kernels():
		return fmt.Errorf("an engine with kernels %s for a cache in the order of %s", e.Kernels(), c.set)
	}
	return nil
}
