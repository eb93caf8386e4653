package tensor

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor/kernels"
)

// positions are those from first to before end of a tensor [batch, n, width].
func positions(x []float32, batch, n, width, first, end int) []float32 {
	var part []float32
	for b := range batch {
		part = append(part, x[(b*n+first)*width:(b*n+end)*width]...)
	}
	return part
}

// cached computes a causal attention in pieces that end at ends, and returns
// the output of all positions, [batch, n, heads*d].
func (c *passCase) cached(t rapid.TB, set *kernels.Set, capacity int, ends []int) []float32 {
	t.Helper()
	e, a := mustEngine(t, set, c.threads), NewArena()
	defer e.Close()
	cache, err := NewKVCache(e, a, c.Batch, c.KVHeads, capacity, c.HeadDim)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPass(e, a, PassOptions{})
	width, kvWidth := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	out := make([]float32, len(c.q))
	first := 0
	for _, end := range ends {
		piece := tensorOf(t, a, false, positions(c.q, c.Batch, c.SeqLen, width, first, end), c.Batch, end-first, width)
		k := tensorOf(t, a, false, positions(c.k, c.Batch, c.Keys, kvWidth, first, end), c.Batch, end-first, kvWidth)
		v := tensorOf(t, a, false, positions(c.v, c.Batch, c.Keys, kvWidth, first, end), c.Batch, end-first, kvWidth)
		y := p.CachedAttention(piece, k, v, cache, c.options())
		if p.Err() != nil || cache.Len() != end {
			t.Fatalf("positions %d to %d: error %v, %d are cached", first, end, p.Err(), cache.Len())
		}
		for b := range c.Batch {
			copy(out[(b*c.SeqLen+first)*width:(b*c.SeqLen+end)*width], y.Data()[b*(end-first)*width:])
		}
		p.Free(piece, k, v, y)
		first = end
	}
	if a.LiveBytes() != cache.Bytes() {
		t.Fatalf("%d bytes are live, the cache has %d", a.LiveBytes(), cache.Bytes())
	}
	if err := cache.Free(); err != nil || a.LiveBytes() != 0 {
		t.Fatalf("free: error %v, %d bytes are live", err, a.LiveBytes())
	}
	return out
}

// In pieces of any length, down to single positions, a sequence has the output
// that it has at once.
func TestCachedAttentionIsAttention(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		rapid.Check(t, func(t *rapid.T) {
			s := drawAttention(t, 40)
			s.Causal, s.Keys = true, s.SeqLen
			c := newPassCase(s, algorithm, rapid.IntRange(1, 3).Draw(t, "threads"), rapid.Uint64().Draw(t, "seed"))
			ends := rapid.SliceOfN(rapid.IntRange(0, s.SeqLen), 0, 8).Draw(t, "ends")
			ends = append(ends, s.SeqLen)
			slices.Sort(ends)
			capacity := s.SeqLen + rapid.IntRange(0, 40).Draw(t, "room")
			want := attention64(s, float64s(c.q), float64s(c.k), float64s(c.v))
			checkClose(t, s, c.cached(t, set, capacity, ends), want, 5*attentionBound(s, 1))
		})
		// Several chunks and ranges: a prefill, single positions, a later prefill.
		s := AttentionShape{Batch: 1, Heads: 2, KVHeads: 1, SeqLen: 1100, Keys: 1100, HeadDim: 9, Causal: true}
		c := newPassCase(s, algorithm, 2, 1)
		ends := []int{500, 501, 512, 513, 514, 530, 1040, 1041, 1042, 1100}
		want := attention64(s, float64s(c.q), float64s(c.k), float64s(c.v))
		checkClose(t, s, c.cached(t, set, 1100, ends), want, 5*attentionBound(s, 1))
	})
}

// decode computes single queries with a cache that has been filled at random.
func (c *passCase) decode(t testing.TB, e *Engine, cached, steps int) []float32 {
	t.Helper()
	a := NewArena()
	cache := mustCache(t, e, a, c.Batch, c.KVHeads, cached+steps, c.HeadDim)
	FillNormal(cache.keys.data, 1)
	FillNormal(cache.values.data, 2)
	cache.length = cached
	q, k, v := c.tensors(t, a, [3]bool{})
	p := NewPass(e, a, PassOptions{})
	var out []float32
	for range steps {
		out = append(out, p.CachedAttention(q, k, v, cache, c.options()).Data()...)
	}
	if p.Err() != nil {
		t.Error(p.Err())
	}
	return out
}

// Nor do other requests at the same time change anything.
func TestDecodeIsTheSameForAnyThreads(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		s := AttentionShape{Batch: 1, Heads: 4, KVHeads: 2, SeqLen: 1, Keys: 1, HeadDim: 37, Causal: true}
		c := newPassCase(s, algorithm, 1, 1)
		var first []float32
		for _, threads := range []int{1, 2, 3, 5} {
			e := mustEngine(t, set, threads)
			if threads == 1 {
				first = c.decode(t, e, 2000, 3)
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					if !slices.Equal(first, c.decode(t, e, 2000, 3)) {
						t.Errorf("%d threads differ from 1", threads)
					}
				})
			}
			wg.Wait()
			e.Close()
		}
	})
}

// After Truncate other positions follow, as if those forgotten had never been.
func TestTruncateForgets(t *testing.T) {
	t.Parallel()
	forEachAlgorithm(t, func(t *testing.T, set *kernels.Set, algorithm Algorithm) {
		e, a := mustEngine(t, set, 1), NewArena()
		defer e.Close()
		const n, d = 70, 5
		attend := func(cache *KVCache, seed uint64, count int) []float32 {
			c := newPassCase(AttentionShape{Batch: 2, Heads: 2, KVHeads: 2, SeqLen: count, Keys: count, HeadDim: d, Causal: true}, algorithm, 1, seed)
			q, k, v := c.tensors(t, a, [3]bool{})
			p := NewPass(e, a, PassOptions{})
			out := p.CachedAttention(q, k, v, cache, c.options())
			if p.Err() != nil {
				t.Fatal(p.Err())
			}
			return out.Data()
		}
		kept, fresh := mustCache(t, e, a, 2, 2, n, d), mustCache(t, e, a, 2, 2, n, d)
		attend(kept, 1, 41)
		attend(kept, 2, 29)
		if err := kept.Truncate(41); err != nil {
			t.Fatal(err)
		}
		attend(fresh, 1, 41)
		for seed := range uint64(3) {
			if !slices.Equal(attend(kept, 3+seed, 1), attend(fresh, 3+seed, 1)) {
				t.Errorf("position %d differs", 41+seed)
			}
		}
	})
}

func mustCache(t rapid.TB, e *Engine, a *Arena, batch, kvHeads, capacity, headDim int) *KVCache {
	t.Helper()
	cache, err := NewKVCache(e, a, batch, kvHeads, capacity, headDim)
	if err != nil {
		t.Fatal(err)
	}
	return cache
}

func TestCacheBytesExactly(t *testing.T) {
	t.Parallel()
	for _, set := range kernels.Supported() {
		e, a := mustEngine(t, set, 1), NewArena()
		defer e.Close()
		width := set.ColStep()
		for _, size := range [][4]int{{1, 1, 64, 64}, {2, 3, 65, 5}, {1, 4, 0, 8}, {0, 2, 7, 3}} {
			batch, heads, capacity, d := size[0], size[1], size[2], size[3]
			cache := mustCache(t, e, a, batch, heads, capacity, d)
			up := func(n int) int { return (n + width - 1) / width * width }
			want := int64(4 * batch * heads * (up(capacity)*d + capacity*up(d)))
			if cache.Bytes() != want || a.LiveBytes() != want || cache.Capacity() != capacity || cache.Len() != 0 {
				t.Errorf("%s, %v: %d bytes, %d live, want %d; capacity %d, length %d",
					set.Name(), size, cache.Bytes(), a.LiveBytes(), want, cache.Capacity(), cache.Len())
			}
			if err := cache.Free(); err != nil || a.LiveBytes() != 0 {
				t.Errorf("free: %v", err)
			}
			if err := cache.Free(); !errors.Is(err, ErrFreed) {
				t.Errorf("second free: %v", err)
			}
		}
	}
}

// A single query of each of the algorithms, with what it takes beside the cache.
func TestDecodeMemoryExactly(t *testing.T) {
	t.Parallel()
	const batch, heads, kvHeads, d, threads = 2, 8, 2, 32, 2
	e := mustEngine(t, kernels.Best(), threads)
	defer e.Close()
	const tile = threads * 4 * (heads / kvHeads) * (flashCols + flashPad + 2)
	for keys, flash := range map[int]int{flashCols: tile, flashCols + 1: tile + 2*4*batch*heads*(d+2)} {
		naive := 2 * 4 * batch * heads * keys
		for algorithm, want := range map[Algorithm]int{Naive: naive, Flash: flash} {
			a := NewArena()
			cache := mustCache(t, e, a, batch, kvHeads, keys, d)
			cache.length = keys - 1
			c := newPassCase(AttentionShape{Batch: batch, Heads: heads, KVHeads: kvHeads, SeqLen: 1, Keys: 1, HeadDim: d, Causal: true}, algorithm, threads, 1)
			q, k, v := c.tensors(t, a, [3]bool{})
			p := NewPass(e, a, PassOptions{})
			before := a.LiveBytes()
			out := p.CachedAttention(q, k, v, cache, c.options())
			if got := a.PeakBytes() - before - 4*int64(out.Len()); got != int64(want) || p.Err() != nil {
				t.Errorf("%v with %d keys takes %d bytes, want %d; error %v", algorithm, keys, got, want, p.Err())
			}
		}
	}
}

func TestCacheFailures(t *testing.T) {
	t.Parallel()
	e, portable, a := mustEngine(t, kernels.Best(), 1), mustEngine(t, kernels.Portable(), 1), NewArena()
	defer e.Close()
	defer portable.Close()
	x := func(shape ...int) *Tensor { return tensorOf(t, a, false, nil, shape...) }
	cache := mustCache(t, e, a, 2, 2, 3, 4)
	other := mustCache(t, portable, a, 2, 2, 3, 4)
	other.set = "another"
	freed := mustCache(t, e, a, 2, 2, 3, 4)
	if err := freed.Free(); err != nil {
		t.Fatal(err)
	}
	o := AttentionOptions{Heads: 4, KVHeads: 2}
	for want, call := range map[string]func(p *Pass){
		"cache is full: 4 new positions after 0 of 3": func(p *Pass) { p.CachedAttention(x(2, 4, 16), x(2, 4, 8), x(2, 4, 8), cache, o) },
		"1 queries with 2 new keys":                   func(p *Pass) { p.CachedAttention(x(2, 1, 16), x(2, 2, 8), x(2, 2, 8), cache, o) },
		"3 sequences":                                 func(p *Pass) { p.CachedAttention(x(3, 1, 16), x(3, 1, 8), x(3, 1, 8), cache, o) },
		"with 2 heads of 5":                           func(p *Pass) { p.CachedAttention(x(2, 1, 20), x(2, 1, 10), x(2, 1, 10), cache, o) },
		"with 4 heads of 4": func(p *Pass) {
			p.CachedAttention(x(2, 1, 16), x(2, 1, 16), x(2, 1, 16), cache, AttentionOptions{Heads: 4})
		},
		"want [batch, queries, 4*d]": func(p *Pass) { p.CachedAttention(x(2, 1, 16), x(2, 1, 9), x(2, 1, 9), cache, o) },
		"in the order of another":    func(p *Pass) { p.CachedAttention(x(2, 1, 16), x(2, 1, 8), x(2, 1, 8), other, o) },
		"there is no cache":          func(p *Pass) { p.CachedAttention(x(2, 1, 16), x(2, 1, 8), x(2, 1, 8), freed, o) },
		"no gradient": func(p *Pass) {
			p.CachedAttention(tensorOf(t, a, true, nil, 2, 1, 16), x(2, 1, 8), x(2, 1, 8), cache, o)
		},
	} {
		p := NewPass(e, a, PassOptions{Gradients: true})
		call(p)
		if p.Err() == nil || !strings.Contains(p.Err().Error(), want) || cache.Len() != 0 {
			t.Errorf("error %v with %d cached, want %q", p.Err(), cache.Len(), want)
		}
	}
	p := NewPass(e, a, PassOptions{})
	p.CachedAttention(x(2, 4, 16), x(2, 4, 8), x(2, 4, 8), cache, o)
	if !errors.Is(p.Err(), ErrCacheFull) {
		t.Errorf("error %v, want ErrCacheFull", p.Err())
	}
	for _, n := range []int{-1, 1} {
		if cache.Truncate(n) == nil {
			t.Errorf("truncate of an empty cache to %d: no error", n)
		}
	}
	for _, size := range [][4]int{{-1, 1, 1, 1}, {1, 0, 1, 1}, {1, 1, -1, 1}, {1, 1, 1, 0}, {1 << 40, 1 << 10, 1 << 20, 1}} {
		if _, err := NewKVCache(e, a, size[0], size[1], size[2], size[3]); err == nil {
			t.Errorf("cache of %v: no error", size)
		}
	}
	if _, err := NewKVCache(nil, a, 1, 1, 1, 1); err == nil {
		t.Error("cache without an engine: no error")
	}
}

// A model of slices against the packing of positions at any place.
func FuzzCachePieces(f *testing.F) {
	f.Add(uint16(40), uint8(3), uint64(1))
	f.Add(uint16(600), uint8(20), uint64(2))
	f.Fuzz(func(t *testing.T, n uint16, pieces uint8, seed uint64) {
		length := int(n % 700)
		s := AttentionShape{Batch: 1, Heads: 2, KVHeads: 1, SeqLen: length, Keys: length, HeadDim: 9, Causal: true}
		r := rand.New(rand.NewPCG(seed, 0))
		ends := []int{length}
		for range pieces % 30 {
			ends = append(ends, r.IntN(length+1))
		}
		slices.Sort(ends)
		for _, set := range kernels.Supported() {
			c := newPassCase(s, Flash, 2, seed)
			want := attention64(s, float64s(c.q), float64s(c.k), float64s(c.v))
			checkClose(t, s, c.cached(t, set, length, ends), want, 5*attentionBound(s, 1))
		}
	})
}

func TestDecodeDoesNotAllocateInASteadyState(t *testing.T) {
	for _, algorithm := range []Algorithm{Naive, Flash} {
		e, a := mustEngine(t, kernels.Best(), 2), NewArena()
		cache := mustCache(t, e, a, 2, 2, 700, 16)
		cache.length = 600
		c := newPassCase(AttentionShape{Batch: 2, Heads: 4, KVHeads: 2, SeqLen: 1, Keys: 1, HeadDim: 16}, algorithm, 2, 1)
		q, k, v := c.tensors(t, a, [3]bool{})
		p := NewPass(e, a, PassOptions{})
		// A pass makes headers of tensors by the dozen: one allocation in some dozen calls.
		if got := testing.AllocsPerRun(20, func() {
			p.Free(p.CachedAttention(q, k, v, cache, c.options()))
		}); got != 0 || p.Err() != nil {
			t.Errorf("%v allocates %v times a call; error %v", algorithm, got, p.Err())
		}
		e.Close()
	}
}
