package tensor

import "runx/internal/tensor/kernels"

// attentionGradient is one call of a gradient: the forward call, the gradient of
// its output, and the gradients to add to; those that nobody asks for have no
// data.
type attentionGradient struct {
	attention
	dout       headRows
	dq, dk, dv headRows
	// shared says that q is k or v: one gradient then has several parts.
	shared  bool
	bundles bundles
}

func (p *Pass) attentionGradient(c attention, q, k, v *Tensor, dy []float32) attentionGradient {
	return attentionGradient{
		attention: c,
		dout:      interleaved(dy, c.Heads, c.SeqLen, c.HeadDim),
		dq:        interleaved(p.gradient(q), c.Heads, c.SeqLen, c.HeadDim),
		dk:        interleaved(p.gradient(k), c.KVHeads, c.Keys, c.HeadDim),
		dv:        interleaved(p.gradient(v), c.KVHeads, c.Keys, c.HeadDim),
		shared:    q == k || q == v,
	}
}

// forScores says that the gradient of the scores is needed.
func (g *attentionGradient) forScores() bool { return g.dq.data != nil || g.dk.data != nil }

// keySequences is how many sequences of keys there are.
func (g *attentionGradient) keySequences() int { return g.Batch * g.KVHeads }

// keyBlocks is how many blocks of so many keys a sequence has.
func (g *attentionGradient) keyBlocks(size int) int { return (g.Keys + size - 1) / size }

// keyBlock is some keys of one sequence.
type keyBlock struct{ batch, kvHead, first, count int }

// keyBlock is block i of all sequences.
func (g *attentionGradient) keyBlock(i, size int) keyBlock {
	sequence, first := i/g.keyBlocks(size), i%g.keyBlocks(size)*size
	return keyBlock{sequence / g.KVHeads, sequence % g.KVHeads, first, min(size, g.Keys-first)}
}

// queryBlocks is how many blocks of so many queries a head has.
func (g *attentionGradient) queryBlocks(size int) int { return (g.SeqLen + size - 1) / size }

// queryBlock is block i of all heads.
func (g *attentionGradient) queryBlock(i, size int) rowBlock {
	sequence, first := i/g.queryBlocks(size), i%g.queryBlocks(size)*size
	b := rowBlock{batch: sequence / g.Heads, head: sequence % g.Heads, query: first, count: min(size, g.SeqLen-first)}
	b.kv = b.batch*g.KVHeads + b.head/g.group()
	return b
}

// gradientFactors are right sides of the products of a gradient, packed; those
// that are not needed have no data.
type gradientFactors struct {
	keyCols   packing // kᵀ, to compute scores again
	valueCols packing // vᵀ
	keyRows   packing // k
	queryRows packing // q
	doutRows  packing // the gradient of the output
}

// allocate takes memory for the factors that g needs.
func (f *gradientFactors) allocate(a *Arena, set *kernels.Set, g *attentionGradient, again bool) (blockList, error) {
	queries := packingSize{sequences: g.Batch * g.Heads, heads: g.Heads, capacity: g.SeqLen, headDim: g.HeadDim}
	var taken blockList
	for _, factor := range []struct {
		needed     bool
		packing    *packing
		size       packingSize
		transposed bool
		source     headRows
	}{
		{again, &f.keyCols, g.keySize(), true, g.k},
		{g.forScores(), &f.valueCols, g.keySize(), true, g.v},
		{g.dq.data != nil, &f.keyRows, g.keySize(), false, g.k},
		{g.dk.data != nil, &f.queryRows, queries, false, g.q},
		{g.dv.data != nil, &f.doutRows, queries, false, g.dout},
	} {
		if !factor.needed {
			continue
		}
		p, err := newPacking(a, set, factor.size, factor.transposed, factor.source)
		if err != nil {
			return taken, err
		}
		*factor.packing = p
		taken = append(taken, p.data)
	}
	return taken, nil
}

// steps pack the factors.
func (f *gradientFactors) steps(b *bundles) []kernels.Step {
	return []kernels.Step{f.keyCols.step(b), f.valueCols.step(b), f.keyRows.step(b), f.queryRows.step(b), f.doutRows.step(b)}
}

// blockList is what a call has taken from an arena.
type blockList [][]float32

func (b *blockList) take(a *Arena, n int) ([]float32, error) {
	block, err := a.Alloc(n)
	if err == nil {
		*b = append(*b, block)
	}
	return block, err
}

func (b *blockList) release(a *Arena) {
	for _, block := range *b {
		a.release(block)
	}
}
