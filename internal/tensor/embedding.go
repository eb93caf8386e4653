package tensor

import (
	"fmt"
	"math"

	"runx/internal/tensor/kernels"
)

// Embedding looks up row ids[i] of w, [entries, dim], for each i. The result has
// the given shape, of as many elements as there are ids, with dim appended. w may
// be in any storage; only a plain float32 one has a gradient. It fails where an
// id is not from 0 to below entries. The tape keeps a copy of the ids.
func (p *Pass) Embedding(w *Weight, ids []int32, shape ...int) *Tensor {
	if !p.weightReady("embedding", w) {
		return &p.none
	}
	if err := checkIDs(ids, w.out); err != nil {
		p.Fail(fmt.Errorf("embedding: id %w", err))
		return &p.none
	}
	var dims [MaxRank]int
	n := 1
	for _, d := range shape {
		n *= max(d, 0)
	}
	if len(shape) < 1 || len(shape) >= MaxRank || n != len(ids) {
		p.Fail(fmt.Errorf("embedding of %d ids as %s: the shape must have as many elements and at most %d dimensions",
			len(ids), shapeText(shape), MaxRank-1))
		return &p.none
	}
	copy(dims[:], shape)
	dims[len(shape)] = w.in
	out := p.result(dims[:len(shape)+1])
	p.run(job{count: len(ids), width: w.in, dst: out.data, ids: ids, weight: w, do: func(k *kernels.Worker, j *job, first, end int) {
		for i := first; i < end; i++ {
			// The index is within the table, so that row cannot fail.
			_ = j.weight.row(k, int(j.ids[i]), j.row(j.dst, i))
		}
	}})
	p.recordEmbedding(w, ids, out)
	return out
}

// recordEmbedding puts a look-up on the tape.
func (p *Pass) recordEmbedding(w *Weight, ids []int32, out *Tensor) {
	if p.gradients && p.err == nil && w.trainable {
		p.Fail(w.notDifferentiable("embedding"))
	}
	if w.storage != plain || !p.recording(w.tensor) {
		return
	}
	kept := p.keepIDs(ids)
	p.record(out, func(dy []float32) { p.embeddingBackward(w, kept, dy) }, kept)
	p.Free(kept)
}

// embeddingBackward adds row i of dy to the gradient of row ids[i]. Columns are
// split, so that the rows of an id are added in order.
func (p *Pass) embeddingBackward(w *Weight, ids *Tensor, dy []float32) {
	grad := p.gradient(w.tensor)
	if grad == nil {
		return
	}
	const leastColumns = 64 // of a block: some cache lines
	p.run(job{
		count: w.in, width: min(ids.Len(), blockElements/leastColumns), dst: grad, x: dy, y: ids.data, size: w.in,
		do: func(k *kernels.Worker, j *job, first, end int) {
			for i := range j.y {
				k.AddScaled(j.dst[idAt(j.y, i)*j.size:][first:end], j.x[i*j.size:][first:end], 1)
			}
		},
	})
}

// checkIDs returns an error unless all ids are from 0 to below n.
func checkIDs(ids []int32, n int) error {
	for i, id := range ids {
		if id < 0 || int(id) >= n {
			return fmt.Errorf("%d at %d is not from 0 to below %d", id, i, n)
		}
	}
	return nil
}

// keepIDs copies ids to a tensor, bit for bit, so that the arena counts what the
// tape keeps of them.
func (p *Pass) keepIDs(ids []int32) *Tensor {
	t := p.result([]int{len(ids)})
	if p.err == nil {
		for i, id := range ids {
			t.data[i] = math.Float32frombits(uint32(id))
		}
	}
	return t
}

// idAt is id i of what keepIDs made.
func idAt(kept []float32, i int) int { return int(math.Float32bits(kept[i])) }
