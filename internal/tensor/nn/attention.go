package nn

import "runx/internal/tensor"

// Attention is causal self-attention: of many heads (Vaswani et al. 2017), or
// grouped-query where KVHeads is below Heads (Ainslie et al. 2023). Query and
// Output are [dim, dim], Key and Value [KVHeads*HeadDim, dim].
type Attention struct {
	Query, Key, Value, Output Linear
	Heads, KVHeads, HeadDim   int
	// RopeTheta is the base of the rotary frequencies; zero leaves queries and
	// keys as they are.
	RopeTheta float64
	// Algorithm is that of the layer; the zero value is tensor.Naive.
	Algorithm tensor.Algorithm
}

// Forward maps [batch, seq, dim] to the same. With a cache the positions follow
// those that it has, and their keys and values are appended to it; that cannot
// be differentiated through. Without one they begin at 0.
func (a Attention) Forward(p *tensor.Pass, x *tensor.Tensor, cache *tensor.KVCache) *tensor.Tensor {
	first := 0
	if cache != nil {
		first = cache.Len()
	}
	q := a.turn(p, a.Query.Forward(p, x), first)
	k := a.turn(p, a.Key.Forward(p, x), first)
	v := a.Value.Forward(p, x)
	options := tensor.AttentionOptions{Heads: a.Heads, KVHeads: a.KVHeads, Causal: true, Algorithm: a.Algorithm}
	var heads *tensor.Tensor
	if cache != nil {
		heads = p.CachedAttention(q, k, v, cache, options)
	} else {
		heads = p.Attention(q, k, v, options)
	}
	p.Free(q, k, v)
	out := a.Output.Forward(p, heads)
	p.Free(heads)
	return out
}

// turn gives x the rotary embedding and takes it over.
func (a Attention) turn(p *tensor.Pass, x *tensor.Tensor, first int) *tensor.Tensor {
	if a.RopeTheta == 0 {
		return x
	}
	defer p.Free(x)
	return p.Rotary(x, a.HeadDim, first, a.RopeTheta)
}
