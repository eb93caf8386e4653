package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"runx/internal/tensor/kernels"
)

// network is a small network whose weights several passes share.
type network struct {
	table, w, packed *Weight
	bias, gain       *Tensor
}

func newNetwork(t *testing.T, e *Engine, a *Arena, dim int, trainable bool) network {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	tensor := func(shape ...int) *Tensor { return normal(r, shape...).tensor(t, a, trainable) }
	weight := func() *Weight {
		w, err := NewWeight(tensor(dim, dim))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	n := network{table: weight(), w: weight(), bias: tensor(dim), gain: tensor(dim)}
	n.packed = n.w
	if !trainable {
		packed, err := n.w.Pack(e, a, kernels.Float16)
		if err != nil {
			t.Fatal(err)
		}
		n.packed = packed
	}
	return n
}

// loss goes through operations of every kind.
func (n network) loss(p *Pass, ids, targets []int32) *Tensor {
	x := p.Embedding(n.table, ids, 1, len(ids))
	h := p.LayerNorm(x, n.gain, n.bias, 1e-5)
	q := p.Rotary(h, n.w.In(), 3, 1e4)
	y := p.Linear(q, n.w, n.bias)
	g := p.GELU(y)
	z := p.Linear(g, n.packed, nil)
	s := p.Add(z, x)
	logits := p.RMSNorm(s, n.gain, 1e-5)
	loss := p.CrossEntropy(logits, targets)
	p.Free(x, h, q, y, g, z, s, logits)
	return loss
}

// Passes that run at the same time on one engine, with weights in common, give
// what each gives alone.
func TestPassesAtTheSameTime(t *testing.T) {
	t.Parallel()
	const passes, rounds, dim = 6, 5, 96
	for _, gradients := range []bool{false, true} {
		t.Run(fmt.Sprintf("gradients=%v", gradients), func(t *testing.T) {
			t.Parallel()
			e := mustEngine(t, kernels.Best(), 3)
			defer e.Close()
			shared := newNetwork(t, e, NewArena(), dim, false)
			run := func(seed uint64) []float32 {
				r := rand.New(rand.NewPCG(seed, 1))
				ids, targets := make([]int32, 30), make([]int32, 30)
				for i := range ids {
					ids[i], targets[i] = int32(r.IntN(dim)), int32(r.IntN(dim))
				}
				a := NewArena()
				p := NewPass(e, a, PassOptions{Gradients: gradients})
				n := shared
				if gradients {
					// What is trained belongs to one pass; what is constant is shared.
					own := newNetwork(t, e, a, dim, true)
					n.w, n.packed, n.gain = own.w, own.packed, own.gain
				}
				loss := n.loss(p, ids, targets)
				result := slices.Clone(loss.Data())
				if gradients {
					if err := p.Backward(loss); err != nil {
						t.Error(err)
					}
					result = slices.Concat(result, n.w.Tensor().Grad(), n.gain.Grad())
				}
				if p.Err() != nil {
					t.Error(p.Err())
				}
				return result
			}
			var alone [passes][]float32
			for i := range alone {
				alone[i] = run(uint64(i))
			}
			var all sync.WaitGroup
			for i := range passes {
				all.Go(func() {
					for range rounds {
						if !slices.Equal(run(uint64(i)), alone[i]) {
							t.Errorf("pass %d gives another result beside others", i)
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// Once the arena has its blocks, an operation without gradients allocates
// nothing on the Go heap but its tensor's header, 24 of which are made at once.
func TestPassesHardlyAllocate(t *testing.T) {
	const operations = 10 // of network.loss, with the tensors of log-sums
	e := mustEngine(t, kernels.Best(), 2)
	defer e.Close()
	a := NewArena()
	n := newNetwork(t, e, a, 64, false)
	ids, targets := []int32{1, 2, 3}, []int32{4, 5, 6}
	p := NewPass(e, a, PassOptions{})
	got := testing.AllocsPerRun(100, func() { p.Free(n.loss(p, ids, targets)) })
	if p.Err() != nil {
		t.Fatal(p.Err())
	}
	if got > 1 {
		t.Errorf("%v allocations for %d operations, want at most 1", got, operations)
	}
}

// With gradients each operation costs a node, what it captures and a list.
func TestRecordingAllocatesLittle(t *testing.T) {
	e := mustEngine(t, kernels.Best(), 2)
	defer e.Close()
	a := NewArena()
	n := newNetwork(t, e, a, 64, true)
	ids, targets := []int32{1, 2, 3}, []int32{4, 5, 6}
	p := NewPass(e, a, training)
	got := testing.AllocsPerRun(100, func() {
		loss := n.loss(p, ids, targets)
		if err := p.Backward(loss); err != nil {
			t.Fatal(err)
		}
		p.Free(loss)
	})
	t.Logf("%v allocations", got)
	const most = 50
	if got > most {
		t.Errorf("%v allocations for 9 operations and their gradients, want at most %d", got, most)
	}
}
