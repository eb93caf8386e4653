package tensor

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/tensor/kernels"
)

// attend is one of the two algorithms.
type attend func(e *Engine, a *Arena, s AttentionShape, q, k, v, out []float32) error

var algorithms = map[string]attend{"naive": (*Engine).NaiveAttention, "flash": (*Engine).FlashAttention}

// forEach runs a test for every algorithm on every set of kernels.
func forEach(t *testing.T, test func(t *testing.T, set *kernels.Set, attend attend)) {
	for name, attend := range algorithms {
		for _, set := range kernels.Supported() {
			t.Run(name+"/"+set.Name(), func(t *testing.T) {
				t.Parallel()
				test(t, set, attend)
			})
		}
	}
}

// inputs are q, k and v with scores that spread as far as spread says.
func inputs(s AttentionShape, seed uint64, spread float32) (q, k, v []float32) {
	q, k, v = make([]float32, s.Elems()), make([]float32, s.Elems()), make([]float32, s.Elems())
	FillNormal(q, seed)
	FillNormal(k, seed+1)
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range q {
		q[i] *= spread
		v[i] = 2*r.Float32() - 1
	}
	return q, k, v
}

func mustEngine(t rapid.TB, set *kernels.Set, threads int) *Engine {
	t.Helper()
	e, err := newEngine(set, threads)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// checkAttention computes out and compares it with the reference: every row if
// there are few, some dozens otherwise, which ones depends on the seed.
func checkAttention(t rapid.TB, set *kernels.Set, attend attend, s AttentionShape, threads int, seed uint64, spread float32) {
	t.Helper()
	e := mustEngine(t, set, threads)
	defer e.Close()
	a := NewArena()
	q, k, v := inputs(s, seed, spread)
	out := slices.Repeat([]float32{float32(math.NaN())}, s.Elems())
	if err := attend(e, a, s, q, k, v, out); err != nil {
		t.Fatal(err)
	}
	if a.LiveBytes() != 0 {
		t.Fatalf("%d bytes are live after the call", a.LiveBytes())
	}
	bound := attentionBound(s, spread)
	want := make([]float64, s.HeadDim)
	rows := s.Batch * s.Heads * s.SeqLen
	step := 1 + rows/64
	for i := int(seed % uint64(step)); i < rows; i += step {
		batch, head, row := i/s.SeqLen/s.Heads, i/s.SeqLen%s.Heads, i%s.SeqLen
		if err := ReferenceAttentionRow(s, q, k, v, batch, head, row, want); err != nil {
			t.Fatal(err)
		}
		for z, w := range want {
			if got := float64(out[i*s.HeadDim+z]); !(math.Abs(got-w) <= bound) {
				t.Fatalf("%+v: out[%d, %d, %d, %d] is %v, want %v ± %v", s, batch, head, row, z, got, w, bound)
			}
		}
	}
}

// attentionBound is the error that rounding explains, values being in [-1, 1]: a
// score is wrong by about sqrt(HeadDim)*eps of the size of its terms, which is a
// relative error of its exponential; the sums over the row add SeqLen*eps.
func attentionBound(s AttentionShape, spread float32) float64 {
	const epsilon = 1.0 / (1 << 24)
	d := float64(s.HeadDim)
	scoreSize := 10 * float64(spread) * math.Sqrt(d)
	return epsilon * (scoreSize*(d+3) + 100 + float64(s.SeqLen))
}

func TestAttentionAgainstFloat64(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, set *kernels.Set, attend attend) {
		rapid.Check(t, func(t *rapid.T) {
			s := AttentionShape{
				Batch:   rapid.IntRange(0, 2).Draw(t, "batch"),
				Heads:   rapid.IntRange(0, 3).Draw(t, "heads"),
				SeqLen:  rapid.IntRange(0, 130).Draw(t, "seq_len"),
				HeadDim: rapid.IntRange(1, 70).Draw(t, "head_dim"),
				Causal:  rapid.Bool().Draw(t, "causal"),
			}
			spread := rapid.SampledFrom([]float32{0, 1, 20}).Draw(t, "spread")
			checkAttention(t, set, attend, s, rapid.IntRange(1, 3).Draw(t, "threads"), rapid.Uint64().Draw(t, "seed"), spread)
		})
	})
}

// Several tiles of keys: the running maximum changes on the way.
func TestAttentionOverManyTiles(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, set *kernels.Set, attend attend) {
		for _, seqLen := range []int{flashCols - 1, flashCols + 1, 2*flashCols + flashRows + 5} {
			for _, causal := range []bool{false, true} {
				s := AttentionShape{Batch: 1, Heads: 1, SeqLen: seqLen, HeadDim: 19, Causal: causal}
				checkAttention(t, set, attend, s, 2, uint64(seqLen), 4)
			}
		}
	})
}

func FuzzAttention(f *testing.F) {
	f.Add(uint8(1), uint8(1), uint16(1), uint8(1), false, uint64(1))
	f.Add(uint8(2), uint8(3), uint16(97), uint8(64), true, uint64(2))
	f.Add(uint8(1), uint8(1), uint16(513), uint8(33), true, uint64(3))
	f.Add(uint8(1), uint8(0), uint16(0), uint8(5), false, uint64(4))
	f.Fuzz(func(t *testing.T, batch, heads uint8, seqLen uint16, headDim uint8, causal bool, seed uint64) {
		s := AttentionShape{
			Batch: int(batch % 3), Heads: int(heads % 4), SeqLen: int(seqLen % 700), HeadDim: 1 + int(headDim%100), Causal: causal,
		}
		for _, attend := range algorithms {
			for _, set := range kernels.Supported() {
				checkAttention(t, set, attend, s, 2, seed, 1)
			}
		}
	})
}

func TestAttentionIsTheSameForAnyThreads(t *testing.T) {
	t.Parallel()
	forEach(t, func(t *testing.T, set *kernels.Set, attend attend) {
		s := AttentionShape{Batch: 1, Heads: 3, SeqLen: 211, HeadDim: 40, Causal: true}
		q, k, v := inputs(s, 1, 1)
		var first []float32
		for _, threads := range []int{1, 2, 5} {
			e := mustEngine(t, set, threads)
			out := make([]float32, s.Elems())
			if err := attend(e, NewArena(), s, q, k, v, out); err != nil {
				t.Fatal(err)
			}
			e.Close()
			if first == nil {
				first = out
			}
			if !slices.Equal(first, out) {
				t.Errorf("%d threads differ from 1", threads)
			}
		}
	})
}

// A score of -Inf hides its key; a row that sees nothing is zero, not NaN.
func TestAttentionWithScoresOfMinusInf(t *testing.T) {
	t.Parallel()
	minusInf := float32(math.Inf(-1))
	forEach(t, func(t *testing.T, set *kernels.Set, attend attend) {
		s := AttentionShape{Batch: 1, Heads: 1, SeqLen: flashCols + 40, HeadDim: 1}
		q, k, v := inputs(s, 1, 0)
		for i := range q {
			q[i], k[i] = 1, minusInf
		}
		last := s.SeqLen - 1
		for _, visible := range []bool{false, true} {
			want := float32(0)
			if visible {
				k[last], want = 0, v[last]
			}
			e := mustEngine(t, set, 1)
			out := make([]float32, s.Elems())
			if err := attend(e, NewArena(), s, q, k, v, out); err != nil {
				t.Fatal(err)
			}
			e.Close()
			for i, got := range out {
				if got != want {
					t.Fatalf("one key visible %v: row %d is %v, want %v", visible, i, got, want)
				}
			}
		}
	})
}

func TestAttentionRefusesBadShapes(t *testing.T) {
	t.Parallel()
	good := AttentionShape{Batch: 1, Heads: 2, SeqLen: 3, HeadDim: 4}
	x := make([]float32, good.Elems())
	e := mustEngine(t, kernels.Portable(), 1)
	a := NewArena()
	for name, s := range map[string]AttentionShape{
		"negative":  {Batch: -1, Heads: 2, SeqLen: 3, HeadDim: 4},
		"no dim":    {Batch: 1, Heads: 2, SeqLen: 3},
		"too large": {Batch: math.MaxInt, Heads: 2, SeqLen: 3, HeadDim: 4},
		"square":    {Batch: 1, Heads: 1, SeqLen: math.MaxInt / 2, HeadDim: 1},
		"other":     {Batch: 1, Heads: 2, SeqLen: 3, HeadDim: 5},
	} {
		for algorithm, attend := range algorithms {
			if err := attend(e, a, s, x, x, x, make([]float32, len(x))); err == nil {
				t.Errorf("%s, %s: no error", algorithm, name)
			}
		}
		if err := ReferenceAttentionRow(s, x, x, x, 0, 0, 0, make([]float64, 4)); err == nil {
			t.Errorf("reference, %s: no error", name)
		}
	}
	for name, err := range map[string]error{
		"no arena":  e.FlashAttention(nil, good, x, x, x, x),
		"short q":   e.FlashAttention(a, good, x[1:], x, x, x),
		"short out": e.NaiveAttention(a, good, x, x, x, nil),
		"row":       ReferenceAttentionRow(good, x, x, x, 0, 0, 3, make([]float64, 4)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	e.Close()
	e.Close()
	for algorithm, attend := range algorithms {
		if err := attend(e, a, good, x, x, x, make([]float32, len(x))); !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: the error is %v", algorithm, err)
		}
	}
	for _, threads := range []int{-1, 0, MaxThreads + 1} {
		if _, err := NewEngine(threads); err == nil {
			t.Errorf("%d threads: no error", threads)
		}
	}
}

// The peak is known from the shape: packed k and v, and for naive two square
// tensors; for flash one tile a thread, whatever the length.
func TestAttentionPeakBytes(t *testing.T) {
	t.Parallel()
	const threads = 2
	for _, seqLen := range []int{64, 128, 1024} {
		s := AttentionShape{Batch: 1, Heads: 2, SeqLen: seqLen, HeadDim: 32}
		q, k, v := inputs(s, 1, 1)
		factors := int64(2 * 4 * s.Elems())
		for name, want := range map[string]int64{
			"naive": factors + 2*4*int64(s.Heads*seqLen*seqLen),
			"flash": factors + threads*4*flashRows*(flashCols+flashPad+2),
		} {
			e := mustEngine(t, kernels.Best(), threads)
			a := NewArena()
			if err := algorithms[name](e, a, s, q, k, v, make([]float32, s.Elems())); err != nil {
				t.Fatal(err)
			}
			e.Close()
			if a.PeakBytes() != want || a.LiveBytes() != 0 {
				t.Errorf("%s at %d: peak %d bytes, want %d; live %d", name, seqLen, a.PeakBytes(), want, a.LiveBytes())
			}
		}
	}
}

func TestAttentionDoesNotAllocateInASteadyState(t *testing.T) {
	s := AttentionShape{Batch: 2, Heads: 2, SeqLen: 100, HeadDim: 24, Causal: true}
	q, k, v := inputs(s, 1, 1)
	out := make([]float32, s.Elems())
	for name, attend := range algorithms {
		e := mustEngine(t, kernels.Best(), 2)
		a := NewArena()
		if got := testing.AllocsPerRun(10, func() {
			if err := attend(e, a, s, q, k, v, out); err != nil {
				t.Fatal(err)
			}
		}); got != 0 {
			t.Errorf("%s allocates %v times a call", name, got)
		}
		e.Close()
	}
}

func TestFlops(t *testing.T) {
	t.Parallel()
	s := AttentionShape{Batch: 2, Heads: 3, SeqLen: 4, HeadDim: 5}
	if got := s.Flops(); got != 4*2*3*16*5 {
		t.Errorf("flops are %v", got)
	}
	s.Causal = true
	if got := s.Flops(); got != 4*2*3*10*5 {
		t.Errorf("causal flops are %v", got)
	}
}
