package tensor

import (
	"fmt"
	"testing"

	"runx/internal/tensor/kernels"
)

// BenchmarkDecode is one query of one layer with caches that together do not fit
// in any processor cache: bytes a second are those of the cached keys and
// values.
func BenchmarkDecode(b *testing.B) {
	for _, shape := range []struct {
		name                    string
		heads, kvHeads, headDim int
	}{{"gpt2-small", 12, 12, 64}, {"tinyllama-1.1b", 32, 4, 64}, {"llama-3.2-1b", 32, 8, 64}} {
		for _, algorithm := range []Algorithm{Naive, Flash} {
			for _, keys := range []int{128, 1024, 4096} {
				b.Run(fmt.Sprintf("%s/%v/keys=%d", shape.name, algorithm, keys), func(b *testing.B) {
					s := AttentionShape{Batch: 1, Heads: shape.heads, KVHeads: shape.kvHeads, SeqLen: 1, Keys: 1, HeadDim: shape.headDim}
					benchmarkDecode(b, newPassCase(s, algorithm, 1, 1), keys)
				})
			}
		}
	}
}

func benchmarkDecode(b *testing.B, c passCase, keys int) {
	const beyondCaches = 64 << 20
	e, a := mustEngine(b, kernels.Best(), c.threads), NewArena()
	defer e.Close()
	bytes := 2 * floatBytes * c.KVHeads * keys * c.HeadDim
	layers := make([]*KVCache, 1+beyondCaches/bytes)
	for i := range layers {
		layers[i] = mustCache(b, e, a, 1, c.KVHeads, keys, c.HeadDim)
		FillNormal(layers[i].keys.data, 1)
		FillNormal(layers[i].values.data, 2)
	}
	q, k, v := c.tensors(b, a, [3]bool{})
	p := NewPass(e, a, PassOptions{})
	b.SetBytes(int64(bytes))
	for i := 0; b.Loop(); i++ {
		layer := layers[i%len(layers)]
		layer.length = keys - 1
		p.Free(p.CachedAttention(q, k, v, layer, c.options()))
	}
	if p.Err() != nil {
		b.Fatal(p.Err())
	}
}

// BenchmarkAttentionGradient is the backward pass alone, whose products have 2.5
// times the operations of the forward pass.
func BenchmarkAttentionGradient(b *testing.B) {
	for _, algorithm := range []Algorithm{Naive, Flash} {
		for _, seqLen := range []int{128, 1024} {
			b.Run(fmt.Sprintf("%v/seq_len=%d", algorithm, seqLen), func(b *testing.B) {
				s := AttentionShape{Batch: 1, Heads: 8, KVHeads: 8, SeqLen: seqLen, Keys: seqLen, HeadDim: 64, Causal: true}
				benchmarkGradient(b, newPassCase(s, algorithm, 1, 1))
			})
		}
	}
}

func benchmarkGradient(b *testing.B, c passCase) {
	e, a := mustEngine(b, kernels.Best(), c.threads), NewArena()
	defer e.Close()
	q, k, v := c.tensors(b, a, [3]bool{true, true, true})
	p := NewPass(e, a, PassOptions{Gradients: true})
	p.Free(p.Attention(q, k, v, c.options()))
	backward := p.tape.nodes[0].backward
	for b.Loop() {
		backward(c.weights)
	}
	if p.Err() != nil {
		b.Fatal(p.Err())
	}
	b.ReportMetric(2.5*c.Flops()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
