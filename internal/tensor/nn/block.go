package nn

import "runx/internal/tensor"

// Block is a decoder block with the norms before each half (R. Xiong et al.,
// arXiv 2002.04745, 2020):
//
//	y = x + Attention(AttentionNorm(x))
//	z = y + MLP(MLPNorm(y))
type Block struct {
	AttentionNorm Norm
	Attention     Attention
	MLPNorm       Norm
	MLP           MLP
}

// Forward maps [batch, seq, dim] to the same; cache is as for Attention. x stays
// the caller's.
func (b *Block) Forward(p *tensor.Pass, x *tensor.Tensor, cache *tensor.KVCache) *tensor.Tensor {
	h := b.AttentionNorm.Forward(p, x)
	attended := b.Attention.Forward(p, h, cache)
	p.Free(h)
	y := p.Add(x, attended)
	p.Free(attended)
	h = b.MLPNorm.Forward(p, y)
	mapped := b.MLP.Forward(p, h)
	p.Free(h)
	z := p.Add(y, mapped)
	p.Free(y, mapped)
	return z
}
