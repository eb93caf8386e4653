package nn

import (
	"fmt"

	"runx/internal/tensor"
)

// Forward computes the logits of every token: ids are batch sequences of the
// same length, and the result is [batch, seq, vocab]. It can be differentiated
// through where the model is trainable and the pass has gradients. Errors are
// the pass's.
func (m *Model) Forward(p *tensor.Pass, ids []int32, batch int) *tensor.Tensor {
	x := m.hidden(p, ids, batch, nil)
	defer p.Free(x)
	h := m.norm.Forward(p, x)
	defer p.Free(h)
	return m.head.Forward(p, h)
}

// Prefill computes the logits of the token after each of batch sequences of the
// same length, [batch, vocab], and appends the tokens to the cache. Only the
// last token goes through the head. A cache that already has tokens goes on with
// these. Errors are the pass's.
func (m *Model) Prefill(p *tensor.Pass, ids []int32, batch int, cache *Cache) *tensor.Tensor {
	if cache == nil || cache.batch != batch || len(cache.layers) != len(m.blocks) {
		p.Fail(fmt.Errorf("model %q with %d sequences: the cache is not for this", m.config.Name, batch))
		return nil
	}
	first := cache.Len()
	x := m.hidden(p, ids, batch, cache)
	last := m.lastRows(p, x)
	p.Free(x)
	h := m.norm.Forward(p, last)
	p.Free(last)
	logits := m.head.Forward(p, h)
	p.Free(h)
	if p.Err() != nil {
		cache.forget(first)
	}
	return logits
}

// Decode is Prefill with one token for each sequence.
func (m *Model) Decode(p *tensor.Pass, ids []int32, cache *Cache) *tensor.Tensor {
	return m.Prefill(p, ids, len(ids), cache)
}

// hidden is the output of the last block, [batch, seq, dim].
func (m *Model) hidden(p *tensor.Pass, ids []int32, batch int, cache *Cache) *tensor.Tensor {
	if batch < 1 || len(ids) == 0 || len(ids)%batch != 0 {
		p.Fail(fmt.Errorf("model %q: %d tokens are not %d sequences of the same length", m.config.Name, len(ids), batch))
		return nil
	}
	seq, first := len(ids)/batch, 0
	if cache != nil {
		first = cache.Len()
	}
	if first+seq > m.config.MaxSeqLen {
		p.Fail(fmt.Errorf("model %q: token %d is beyond its %d positions", m.config.Name, first+seq, m.config.MaxSeqLen))
	}
	x := p.Embedding(m.embedding, ids, batch, seq)
	if m.positions != nil {
		placed := p.AddRows(x, m.positions, first)
		p.Free(x)
		x = placed
	}
	for i := range m.blocks {
		var layer *tensor.KVCache
		if cache != nil {
			layer = cache.layers[i]
		}
		y := m.blocks[i].Forward(p, x, layer)
		p.Free(x)
		x = y
	}
	return x
}

// lastRows is x[:, seq-1], a copy.
func (m *Model) lastRows(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	if p.Err() != nil {
		return nil
	}
	batch, seq, dim := x.Dim(0), x.Dim(1), x.Dim(2)
	last := p.Tensor(batch, dim)
	for i := range last.Rows() {
		copy(last.Data()[i*dim:][:dim], x.Data()[((i+1)*seq-1)*dim:])
	}
	return last
}
