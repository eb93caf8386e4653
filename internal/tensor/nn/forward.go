package nn

import (
	"errors"
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
	return m.Logits(p, x)
}

// Prefill computes the logits of the token after each of batch sequences of the
// same length, [batch, vocab], and appends the tokens to the cache. Only the
// last token goes through the head. A cache that already has tokens goes on with
// these; a nil one keeps nothing, so that to go on means to begin anew with all
// tokens. Errors are the pass's.
func (m *Model) Prefill(p *tensor.Pass, ids []int32, batch int, cache *Cache) *tensor.Tensor {
	if err := cache.check(m, batch); err != nil {
		p.Fail(err)
		return nil
	}
	first := cache.Len()
	x := m.hidden(p, ids, batch, cache)
	logits := m.NextLogits(p, x)
	p.Free(x)
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
	x := m.Embed(p, ids, batch, cache.Len())
	blocks := m.Blocks()
	for i := range blocks {
		y := blocks[i].Forward(p, x, cache.Layer(i))
		p.Free(x)
		x = y
	}
	return x
}

// Embed, Blocks and Logits or NextLogits are the parts of a model, for those who
// look at each by itself: Forward and Prefill are nothing but these, in order.
//
// Embed looks the tokens up and adds learned positions: ids are batch sequences
// of the same length whose first tokens are at position first, and the result is
// [batch, seq, dim]. Errors are the pass's.
func (m *Model) Embed(p *tensor.Pass, ids []int32, batch, first int) *tensor.Tensor {
	if batch < 1 || len(ids) == 0 || len(ids)%batch != 0 {
		p.Fail(fmt.Errorf("model %q: %d tokens are not %d sequences of the same length", m.config.Name, len(ids), batch))
		return nil
	}
	seq := len(ids) / batch
	if first < 0 || first > m.config.MaxSeqLen-seq {
		p.Fail(fmt.Errorf("model %q: %d tokens from position %d go beyond its %d positions", m.config.Name, seq, first, m.config.MaxSeqLen))
		return nil
	}
	x := p.Embedding(m.embedding, ids, batch, seq)
	if m.positions == nil {
		return x
	}
	defer p.Free(x)
	return p.AddRows(x, m.positions, first)
}

// Blocks are the layers, in order; layer i appends to Cache.Layer(i). The caller
// must not change them.
func (m *Model) Blocks() []Block { return m.blocks }

// Logits is the head of a model: the last norm and the matrix that gives a logit
// for each entry of the vocabulary, from [.., dim] to [.., vocab].
func (m *Model) Logits(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	h := m.norm.Forward(p, x)
	defer p.Free(h)
	return m.head.Forward(p, h)
}

// NextLogits is Logits of the last token of each sequence alone, from [batch,
// seq, dim] to [batch, vocab]. It cannot be differentiated through.
func (m *Model) NextLogits(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	last := m.lastRows(p, x)
	defer p.Free(last)
	return m.Logits(p, last)
}

// lastRows is x[:, seq-1], a copy.
func (m *Model) lastRows(p *tensor.Pass, x *tensor.Tensor) *tensor.Tensor {
	switch {
	case p.Err() != nil:
	case x == nil || len(x.Shape()) != 3 || x.Dim(1) == 0 || x.Data() == nil:
		p.Fail(errors.New("logits of the next token: want [batch, seq, dim] of at least one token"))
	case x.NeedsGrad():
		p.Fail(errors.New("logits of the next token have no gradient\nhint: use Forward, or a pass without gradients"))
	}
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
