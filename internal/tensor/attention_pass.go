package tensor

import (
	"fmt"
)

// Algorithm is a way to compute attention.
type Algorithm uint8

const (
	// Naive keeps all scores in memory, and for gradients all probabilities.
	Naive Algorithm = iota
	// Flash works in tiles and keeps one number a row for gradients.
	Flash
)

// String is naive or flash.
func (a Algorithm) String() string {
	switch a {
	case Naive:
		return "naive"
	case Flash:
		return "flash"
	default:
		return fmt.Sprintf("algorithm %d", uint8(a))
	}
}

// AttentionOptions choose the attention that a Pass computes.
type AttentionOptions struct {
	// Heads is the number of heads of the queries, at least 1. KVHeads is that of
	// the keys and values, a divisor of Heads; zero stands for Heads.
	Heads, KVHeads int
	// Causal lets query i attend to the keys up to its own position, which is
	// keys-queries+i: the last query sees all keys.
	Causal    bool
	Algorithm Algorithm
}

// Attention computes scaled dot-product attention of each head: A. Vaswani et
// al., "Attention Is All You Need", arXiv 1706.03762 (2017),
//
//	out = softmax(q*kᵀ/sqrt(d)) * v
//
// for q of [batch, queries, Heads*d] and k, v of [batch, keys, KVHeads*d], to out
// of [batch, queries, Heads*d]. Head h attends to head h/(Heads/KVHeads) of the
// keys. It fails where shapes or numbers of heads do not fit. A query that sees
// no key gives zeros.
//
// Memory in float32 beside out, which lives during the call: copies of k and v
// in the order that the kernels read, padded, and for Naive the scores and the
// probabilities, [batch, Heads, queries, keys] each, for Flash one tile of
// scores a thread (see Engine.FlashAttention).
//
// For gradients Naive keeps the probabilities, as eager frameworks do, and those
// of q, k and v that are needed; Flash keeps q, k, v, out and a number for each
// row, [batch, Heads, queries], and computes the probabilities again in tiles
// (T. Dao et al. 2022, algorithm 4; T. Dao, "FlashAttention-2", arXiv 2307.08691,
// 2023). With S the scores, P the probabilities and dO the gradient of out,
//
//	dV = Pᵀ*dO, dP = dO*Vᵀ, dS = P∘(dP - rowsum(P∘dP)), dQ = dS*K/sqrt(d), dK = dSᵀ*Q/sqrt(d)
//
// where dK and dV add up the heads of a group, always in the same order. Backward
// takes, beside gradients, copies of those factors of these products that are
// read by columns, and for Naive dP and dS, as large as P each, for Flash one more
// number a row and two tiles a thread.
func (p *Pass) Attention(q, k, v *Tensor, o AttentionOptions) *Tensor {
	s, ok := p.attentionShape("attention", q, k, v, o, 0)
	if !ok {
		return &p.none
	}
	out := p.resultLike(q, q.Dim(-1))
	if p.err != nil {
		return &p.none
	}
	call := attention{
		AttentionShape: s,
		q:              interleaved(q.data, s.Heads, s.SeqLen, s.HeadDim),
		k:              interleaved(k.data, s.KVHeads, s.Keys, s.HeadDim),
		v:              interleaved(v.data, s.KVHeads, s.Keys, s.HeadDim),
		out:            interleaved(out.data, s.Heads, s.SeqLen, s.HeadDim),
	}
	recording := p.recording(q, k, v)
	if p.err == nil && o.Algorithm == Flash {
		p.flash(call, recording, q, k, v, out)
	} else if p.err == nil {
		p.naive(call, recording, q, k, v, out)
	}
	if p.err != nil {
		p.Free(out)
		return &p.none
	}
	return out
}

// attend computes without a tape.
func (e *Engine) attend(a *Arena, c attention, algorithm Algorithm) error {
	if algorithm == Flash {
		return e.flashAttention(a, c, nil)
	}
	return e.naiveAttention(a, c, nil)
}

// naive computes attention and records it.
func (p *Pass) naive(c attention, recording bool, q, k, v, out *Tensor) {
	if !recording {
		p.fail("attention", p.engine.attend(p.arena, c, Naive))
		return
	}
	probs := p.result([]int{c.Batch, c.Heads, c.SeqLen, c.Keys})
	if p.err != nil {
		return
	}
	p.fail("attention", p.engine.naiveAttention(p.arena, c, probs.data))
	kept := []*Tensor{probs}
	if needs(q, k) {
		kept = append(kept, v)
	}
	if needs(q) {
		kept = append(kept, k)
	}
	if needs(k) {
		kept = append(kept, q)
	}
	p.record(out, func(dy []float32) {
		g := p.attentionGradient(c, q, k, v, dy)
		p.fail("gradient of attention", p.engine.naiveGradient(p.arena, g, probs.data))
	}, kept...)
	p.Free(probs)
}

// flash computes attention and records it.
func (p *Pass) flash(c attention, recording bool, q, k, v, out *Tensor) {
	if !recording {
		p.fail("attention", p.engine.attend(p.arena, c, Flash))
		return
	}
	logSums := p.result([]int{c.Batch, c.Heads, c.SeqLen})
	if p.err != nil {
		return
	}
	p.fail("attention", p.engine.flashAttention(p.arena, c, logSums.data))
	kept := []*Tensor{logSums, q, k}
	if needs(q, k) {
		kept = append(kept, v, out)
	}
	p.record(out, func(dy []float32) {
		g := p.attentionGradient(c, q, k, v, dy)
		p.fail("gradient of attention", p.engine.flashGradient(p.arena, g, logSums.data))
	}, kept...)
	p.Free(logSums)
}

// fail fails with what was being done.
func (p *Pass) fail(doing string, err error) {
	if err != nil {
		p.Fail(fmt.Errorf("%s: %w", doing, err))
	}
}

// attentionShape is the shape of a call, whose k and v come after so many keys
// that are cached; false after an error.
func (p *Pass) attentionShape(name string, q, k, v *Tensor, o AttentionOptions, cached int) (AttentionShape, bool) {
	if !p.ready(name, q, k, v) {
		return AttentionShape{}, false
	}
	if o.KVHeads == 0 {
		o.KVHeads = o.Heads
	}
	if o.Heads < 1 || o.KVHeads < 1 || o.Heads%o.KVHeads != 0 || o.Algorithm > Flash {
		p.Fail(fmt.Errorf("%s with %d heads, %d of keys, %v: heads must be at least 1, those of keys divide them, and the algorithm be naive or flash",
			name, o.Heads, o.KVHeads, o.Algorithm))
		return AttentionShape{}, false
	}
	if !fitAttention(q, k, v, o) {
		p.failShapes(name, fmt.Sprintf("want [batch, queries, %d*d] and twice [batch, keys, %d*d], d at least 1", o.Heads, o.KVHeads), q, k, v)
		return AttentionShape{}, false
	}
	s := AttentionShape{
		Batch: q.Dim(0), Heads: o.Heads, KVHeads: o.KVHeads, SeqLen: q.Dim(1), Keys: cached + k.Dim(1),
		HeadDim: q.Dim(2) / o.Heads, Causal: o.Causal,
	}
	if err := s.validate(); err != nil {
		p.Fail(fmt.Errorf("%s: %w", name, err))
		return s, false
	}
	return s, true
}

// fitAttention reports whether the shapes of q, k and v belong together.
func fitAttention(q, k, v *Tensor, o AttentionOptions) bool {
	if q.rank != 3 || k.rank != 3 || !k.sameShape(v) || q.Dim(0) != k.Dim(0) {
		return false
	}
	d := q.Dim(2) / o.Heads
	return d > 0 && q.Dim(2) == d*o.Heads && k.Dim(2) == d*o.KVHeads
}
