package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"runx/internal/tensor"
)

func newEngine(t testing.TB, threads int) *tensor.Engine {
	t.Helper()
	e, err := tensor.NewEngine(threads)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// newModel makes a model whose weights are wider than GPT-2's, and its gains and
// biases random, so that every part of it shows in the logits.
func newModel(t testing.TB, e *tensor.Engine, a *tensor.Arena, c Config, o ModelOptions) *Model {
	t.Helper()
	m, err := NewModel(e, a, c, o)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(o.Seed, 99))
	for _, q := range m.parameters {
		if q.tensor == nil {
			continue
		}
		for i := range q.tensor.Data() {
			switch q.kind {
			case gain:
				q.tensor.Data()[i] = float32(1 + 0.3*random.NormFloat64())
			case bias:
				q.tensor.Data()[i] = float32(0.3 * random.NormFloat64())
			default:
				q.tensor.Data()[i] *= 10
			}
		}
	}
	t.Cleanup(func() {
		if err := m.Free(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func tokens(n, vocab int, seed uint64) []int32 {
	random := rand.New(rand.NewPCG(seed, 5))
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = random.Int32N(int32(vocab))
	}
	return ids
}

// forward is the logits of a model on a pass of its own.
func forward(t testing.TB, e *tensor.Engine, m *Model, ids []int32, batch int) []float32 {
	t.Helper()
	a := tensor.NewArena()
	p := tensor.NewPass(e, a, tensor.PassOptions{})
	logits := m.Forward(p, ids, batch)
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	out := append([]float32(nil), logits.Data()...)
	p.Free(logits)
	if a.LiveBytes() != 0 {
		t.Errorf("%d bytes are live after a forward pass", a.LiveBytes())
	}
	return out
}

// compare fails where two results differ by more than tolerance, relative to the
// largest of want.
func compare(t testing.TB, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	var largest float64
	for _, x := range want {
		largest = max(largest, math.Abs(float64(x)))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*largest) {
			t.Fatalf("%s: element %d is %g, want %g: off by %g, allowed is %g", what, i, got[i], want[i], d, tolerance*largest)
		}
	}
}
