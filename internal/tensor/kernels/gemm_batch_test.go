package kernels

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// layout says how the matrices of a batch lie in memory.
type layout int

const (
	apart  layout = iota // one after the other, with a gap
	shared               // one for all
	heads                // side by side, as the heads of [seq, heads, dim]
	layouts
)

// batchView returns a batch of fresh rows×cols matrices.
func batchView(r *rand.Rand, batch, rows, cols int, l layout, transposed bool) BatchedMatrix {
	if transposed {
		b := batchView(r, batch, cols, rows, l, false)
		b.Matrix = b.Transposed()
		return b
	}
	switch l {
	case shared:
		return BatchedMatrix{Matrix: view(r, rows, cols, 0, false), Batch: batch}
	case heads:
		m := RowMajor(normals(r, rows*batch*cols), rows, batch*cols)
		m.Cols = cols
		return BatchedMatrix{Matrix: m, Batch: batch, BatchStride: cols}
	default:
		const gap = 3
		m := RowMajor(normals(r, batch*(rows*cols+gap)), rows, cols)
		return BatchedMatrix{Matrix: m, Batch: batch, BatchStride: rows*cols + gap}
	}
}

// Every matrix of a batch is what Gemm computes of it, bit for bit, and what
// lies between the results stays as it was.
func TestGemmBatchIsGemmOfEach(t *testing.T) {
	t.Parallel()
	forEachSet(t, func(t *testing.T, set *Set) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawProduct(t)
			batch := rapid.IntRange(0, 5).Draw(t, "batch")
			of := func(name string, from ...layout) layout { return rapid.SampledFrom(from).Draw(t, name) }
			r := rand.New(rand.NewPCG(c.seed, 2))
			a := batchView(r, batch, c.m, c.k, of("a", apart, shared, heads), c.aT)
			b := batchView(r, batch, c.k, c.n, of("b", apart, shared, heads), c.bT)
			got := batchView(r, batch, c.m, c.n, of("c", apart, heads), false)
			checkBatch(t, set, c, a, b, got)
		})
	})
}

func checkBatch(t rapid.TB, set *Set, c productCase, a, b, got BatchedMatrix) {
	t.Helper()
	before, want := got, got
	before.Data, want.Data = slices.Clone(got.Data), slices.Clone(got.Data)
	team := NewTeam(set, c.threads)
	defer team.Close()
	if err := team.GemmBatch(c.alpha, a, b, c.beta, got); err != nil {
		t.Fatal(err)
	}
	for i := range got.Batch {
		if err := team.Gemm(c.alpha, a.at(i), b.at(i), c.beta, want.at(i)); err != nil {
			t.Fatal(err)
		}
		checkProductResult(t, c.seed, c.alpha, a.at(i), b.at(i), c.beta, before.at(i), got.at(i))
	}
	if !sameBits(want.Data, got.Data) {
		t.Fatalf("GemmBatch of %d differs from Gemm of each: %+v", got.Batch, c)
	}
}

// A batch whose right factors do not fit the buffer at once.
func TestGemmBatchInSeveralRounds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	const batch, m, n, k = 3, 2, 1100, 1000
	a, b := batchView(r, batch, m, k, apart, false), batchView(r, batch, k, n, apart, true)
	c := batchView(r, batch, m, n, apart, false)
	checkBatch(t, Best(), productCase{m: m, n: n, k: k, alpha: 1, beta: 1, threads: 2}, a, b, c)
}

func TestGemmBatchRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	data := make([]float32, 24)
	good := BatchedMatrix{Matrix: RowMajor(data, 2, 2), Batch: 6, BatchStride: 4}
	out := BatchedMatrix{Matrix: RowMajor(make([]float32, 24), 2, 2), Batch: 6, BatchStride: 4}
	change := func(m BatchedMatrix, f func(*BatchedMatrix)) BatchedMatrix { f(&m); return m }
	team := NewTeam(Portable(), 2)
	defer team.Close()
	for name, c := range map[string]struct{ a, b, c BatchedMatrix }{
		"another batch":     {good, change(good, func(m *BatchedMatrix) { m.Batch = 5 }), out},
		"negative batch":    {change(good, func(m *BatchedMatrix) { m.Batch = -1 }), change(good, func(m *BatchedMatrix) { m.Batch = -1 }), change(out, func(m *BatchedMatrix) { m.Batch = -1 })},
		"negative stride":   {change(good, func(m *BatchedMatrix) { m.BatchStride = -4 }), good, out},
		"last does not fit": {good, change(good, func(m *BatchedMatrix) { m.Data = data[:23] }), out},
		"overflow":          {good, change(good, func(m *BatchedMatrix) { m.BatchStride = math.MaxInt / 2 }), out},
		"one result":        {good, good, change(out, func(m *BatchedMatrix) { m.BatchStride = 0 })},
		"results overlap":   {good, good, change(out, func(m *BatchedMatrix) { m.BatchStride = 3 })},
		"inner dimension":   {good, change(good, func(m *BatchedMatrix) { m.Rows = 1 }), out},
	} {
		if err := team.GemmBatch(1, c.a, c.b, 0, c.c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := team.GemmBatch(1, good, good, 0, out); err != nil {
		t.Errorf("a batch that fits: %v", err)
	}
}
