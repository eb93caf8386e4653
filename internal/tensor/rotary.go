package tensor

import (
	"fmt"
	"math"
	"sync"

	"runx/internal/tensor/kernels"
)

// Rotary turns queries or keys by their positions: x is [batch, seq,
// heads*headDim], and x[:, 0] is at position first. In each head elements i and
// i+headDim/2 are turned as a pair by the angle position*theta^(-2i/headDim): J.
// Su et al., "RoFormer", arXiv 2104.09864 (2021), with the pairs as Llama has
// them. headDim is even, theta above 0, and positions are from 0 to below 2^24.
// The tape keeps nothing.
//
// Cosines, sines and the negative sines of the gradient are computed in float64
// and kept by the engine, outside of any arena: 6*headDim bytes for each position
// up to the largest so far, of which there is room for twice as many when they
// grow.
func (p *Pass) Rotary(x *Tensor, headDim, first int, theta float64) *Tensor {
	if !p.ready("rotary", x) {
		return &p.none
	}
	if x.rank != 3 || headDim < 2 || headDim%2 != 0 || x.Dim(2)%headDim != 0 || first < 0 || first > mostPositions-x.Dim(1) || !(theta > 0) {
		return p.failShapes("rotary", fmt.Sprintf("want [batch, seq, heads*headDim] with an even head dimension, positions from 0 to below %d"+
			" and theta above 0; these are heads of %d, from position %d on, theta %g", mostPositions, headDim, first, theta), x)
	}
	out := p.result(x.Shape())
	if p.err != nil {
		return out
	}
	table := p.engine.rotaries.table(headDim/2, theta, first+x.Dim(1))
	p.rotate(out, out.data, x.data, table.cos, table.sin, headDim, first)
	if p.recording(x) {
		p.record(out, func(dy []float32) {
			p.rotate(out, dy, dy, table.cos, table.back, headDim, first)
			p.handOver(out, x)
		})
	}
	return out
}

// mostPositions bounds the memory of a table.
const mostPositions = 1 << 24

// rotate turns src, of the shape of x, into dst, which may be src.
func (p *Pass) rotate(x *Tensor, dst, src, cos, sin []float32, headDim, first int) {
	p.run(job{
		count: x.Rows(), width: x.Dim(2), dst: dst, x: src, cos: cos, sin: sin, size: headDim, seq: x.Dim(1), first: first,
		do: func(w *kernels.Worker, j *job, first, end int) {
			half := j.size / 2
			for i := first; i < end; i++ {
				row := j.row(j.dst, i)
				copy(row, j.row(j.x, i))
				at := (j.first + i%j.seq) * half
				for head := 0; head < len(row); head += j.size {
					w.Rotate(row[head:][:j.size], j.cos[at:][:half], j.sin[at:][:half])
				}
			}
		},
	})
}

// rotaryTable is cosines and sines, half of them for each position; back are the
// sines of the angles the other way round. It is immutable.
type rotaryTable struct{ cos, sin, back []float32 }

// rotaryTables are the tables of an engine.
type rotaryTables struct {
	mu     sync.Mutex
	tables map[rotaryKey]rotaryTable
}

type rotaryKey struct {
	half  int
	theta float64
}

// table covers at least the positions below n.
func (r *rotaryTables) table(half int, theta float64, n int) rotaryTable {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := rotaryKey{half, theta}
	t := r.tables[key]
	if len(t.cos) >= n*half {
		return t
	}
	t = newRotaryTable(half, theta, max(n, 2*len(t.cos)/half))
	if r.tables == nil {
		r.tables = make(map[rotaryKey]rotaryTable)
	}
	r.tables[key] = t
	return t
}

func newRotaryTable(half int, theta float64, positions int) rotaryTable {
	n := positions * half
	t := rotaryTable{cos: make([]float32, n), sin: make([]float32, n), back: make([]float32, n)}
	for i := range half {
		frequency := math.Pow(theta, -float64(i)/float64(half))
		for position := range positions {
			sin, cos := math.Sincos(float64(position) * frequency)
			at := position*half + i
			t.cos[at], t.sin[at], t.back[at] = float32(cos), float32(sin), -float32(sin)
		}
	}
	return t
}
