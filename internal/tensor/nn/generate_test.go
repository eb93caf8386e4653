package nn

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor"
)

// Greedy generation is the argmax of the whole sequence so far, again and again.
func TestGenerateGreedy(t *testing.T) {
	t.Parallel()
	for _, c := range tiny() {
		e, a := newEngine(t, 2), tensor.NewArena()
		m := newModel(t, e, a, c, ModelOptions{Seed: 11})
		sequence := []int32{3, 1, 2}
		var want []int32
		for len(sequence) <= c.MaxSeqLen {
			logits := forward(t, e, m, sequence, 1)
			last := logits[len(logits)-c.VocabSize:]
			next := int32(slices.Index(last, slices.Max(last)))
			want = append(want, next)
			sequence = append(sequence, next)
		}
		cache, err := m.NewCache(e, a, 1, c.MaxSeqLen)
		if err != nil {
			t.Fatal(err)
		}
		p := tensor.NewPass(e, a, tensor.PassOptions{})
		if got := slices.Collect(m.Generate(p, []int32{3, 1, 2}, cache, new(Sampler))); !slices.Equal(got, want) || p.Err() != nil {
			t.Errorf("%s: generated %v, want %v (%v)", c.Name, got, want, p.Err())
		}
		if a.LiveBytes() != m.Bytes()+cache.Bytes() {
			t.Errorf("%s: %d bytes are live besides the model and the cache", c.Name, a.LiveBytes()-m.Bytes()-cache.Bytes())
		}
		if err := cache.Truncate(0); err != nil {
			t.Fatal(err)
		}
		if got := slices.Collect(m.Generate(p, []int32{3, 1, 2}, nil, new(Sampler))); !slices.Equal(got, want) || p.Err() != nil {
			t.Errorf("%s: without a cache %v, want %v (%v)", c.Name, got, want, p.Err())
		}
		var some []int32
		for id := range m.Generate(p, []int32{3, 1, 2}, cache, new(Sampler)) {
			if some = append(some, id); len(some) == 4 {
				break
			}
		}
		if !slices.Equal(some, want[:4]) || cache.Len() != 3+3 {
			t.Errorf("%s: stopped after %v, %d tokens are cached", c.Name, some, cache.Len())
		}
		for range m.Generate(p, []int32{-1}, cache, new(Sampler)) {
			t.Error("a token after a bad prompt")
		}
		if p.Err() == nil {
			t.Error("a bad prompt is no error")
		}
	}
}

func TestSamplerFrequencies(t *testing.T) {
	t.Parallel()
	logits := []float32{float32(math.Log(0.5)), float32(math.NaN()), float32(math.Log(0.3)), float32(math.Inf(-1)), float32(math.Log(0.2))}
	for _, tt := range []struct {
		name string
		s    Sampler
		want []float64
	}{
		{"all", Sampler{Temperature: 1, Seed: 1}, []float64{0.5, 0, 0.3, 0, 0.2}},
		{"two", Sampler{Temperature: 1, TopK: 2, Seed: 2}, []float64{0.625, 0, 0.375, 0, 0}},
		{"more than there are", Sampler{Temperature: 1, TopK: 9, Seed: 3}, []float64{0.5, 0, 0.3, 0, 0.2}},
		{"cool", Sampler{Temperature: 0.5, Seed: 4}, []float64{0.25 / 0.38, 0, 0.09 / 0.38, 0, 0.04 / 0.38}},
		{"one", Sampler{Temperature: 1, TopK: 1}, []float64{1, 0, 0, 0, 0}},
		{"greedy", Sampler{}, []float64{1, 0, 0, 0, 0}},
	} {
		const n = 20000
		counts := make([]float64, len(logits))
		for range n {
			id, err := tt.s.Next(logits)
			if err != nil {
				t.Fatal(err)
			}
			counts[id]++
		}
		for id, want := range tt.want {
			if d := math.Abs(counts[id]/n - want); d > 5*math.Sqrt(want*(1-want)/n) {
				t.Errorf("%s: token %d came in %.4f of cases, want %.4f", tt.name, id, counts[id]/n, want)
			}
		}
	}
}

// The candidates are those that sorting all tokens gives.
func TestTopK(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		values := rapid.SliceOfN(rapid.SampledFrom([]float32{-2, -1, 0, 1, 2, float32(math.NaN())}), 1, 60)
		logits := append(values.Draw(r, "logits"), 0)
		k := rapid.IntRange(1, len(logits)-1).Draw(r, "k")
		s := Sampler{TopK: k}
		s.choose(logits)
		var want []int32
		for i, x := range logits {
			if x == x {
				want = append(want, int32(i))
			}
		}
		slices.SortStableFunc(want, func(a, b int32) int { return int(logits[b]) - int(logits[a]) })
		want = want[:min(k, len(want))]
		slices.Sort(want)
		if !slices.Equal(s.candidates, want) {
			r.Fatalf("top %d of %v: %v, want %v", k, logits, s.candidates, want)
		}
	})
}

func TestSamplerSeeds(t *testing.T) {
	t.Parallel()
	logits := make([]float32, 1000)
	draw := func(seed uint64) []int32 {
		s := Sampler{Temperature: 1, TopK: 900, Seed: seed}
		var ids []int32
		for range 20 {
			id, err := s.Next(logits)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	if !slices.Equal(draw(1), draw(1)) || slices.Equal(draw(1), draw(2)) {
		t.Error("what is picked does not depend on the seed alone")
	}
	if slices.Max(draw(1)) >= 900 {
		t.Error("of equal logits those with the larger ids were taken")
	}
}

func TestSamplerWithoutTokens(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, logits := range [][]float32{nil, {nan, nan}, {-inf, -inf}} {
		if id, err := (&Sampler{Temperature: 1}).Next(logits); !errors.Is(err, ErrNoToken) {
			t.Errorf("%v: %d, %v", logits, id, err)
		}
	}
	for _, temperature := range []float64{0, 1, 1e-30, 1e30} {
		if id, err := (&Sampler{Temperature: temperature}).Next([]float32{nan, -inf, inf, 3}); id != 2 || err != nil {
			t.Errorf("temperature %g: %d, %v", temperature, id, err)
		}
	}
}
