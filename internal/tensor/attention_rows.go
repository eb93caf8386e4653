package tensor

import "runx/internal/tensor/kernels"

// headRows views a tensor as rows of HeadDim elements: the row of a batch, a
// head and a position begins where the three strides say. So one code serves
// [batch, heads, positions, d] and [batch, positions, heads*d], without copies.
type headRows struct {
	data             []float32
	batch, head, row int // strides in elements
}

// separate views a tensor [batch, heads, rows, d].
func separate(data []float32, heads, rows, d int) headRows {
	return headRows{data: data, batch: heads * rows * d, head: rows * d, row: d}
}

// interleaved views a tensor [batch, rows, heads*d].
func interleaved(data []float32, heads, rows, d int) headRows {
	return headRows{data: data, batch: heads * rows * d, head: d, row: heads * d}
}

// from is the data from one row on.
func (t headRows) from(batch, head, row int) []float32 {
	return t.data[min(batch*t.batch+head*t.head+row*t.row, len(t.data)):]
}

// positions views rows of one head.
func (t headRows) positions(batch, head, first, count, d int) kernels.Matrix {
	return kernels.Matrix{Data: t.from(batch, head, first), Rows: count, Cols: d, RowStride: t.row, ColStride: 1}
}

// matrixRow is row r of a matrix with contiguous rows.
func matrixRow(m kernels.Matrix, r int) []float32 { return m.Data[r*m.RowStride:][:m.Cols] }

// attention is one call: its shape, tensors, and k and v in the order that the
// kernels read, for this call or in a cache.
type attention struct {
	AttentionShape
	q, k, v, out headRows
	keys, values packing
	cached       bool
}

// contiguous is a call whose tensors are as AttentionShape says.
func contiguous(s AttentionShape, q, k, v, out []float32) attention {
	s = s.full()
	return attention{
		AttentionShape: s,
		q:              separate(q, s.Heads, s.SeqLen, s.HeadDim),
		k:              separate(k, s.KVHeads, s.Keys, s.HeadDim),
		v:              separate(v, s.KVHeads, s.Keys, s.HeadDim),
		out:            separate(out, s.Heads, s.SeqLen, s.HeadDim),
	}
}

// grouped says that a block of rows is heads that share their keys: with one
// query only these rows can be computed together, so that the keys are read
// once.
func (c *attention) grouped() bool { return c.SeqLen == 1 }

// sequences is how many sequences of rows there are, and rows how long each is.
func (c *attention) sequences() (sequences, rows int) {
	if c.grouped() {
		return c.Batch * c.KVHeads, c.group()
	}
	return c.Batch * c.Heads, c.SeqLen
}

// rowBlock is some rows that share their keys: queries of one head, or heads
// of one group.
type rowBlock struct {
	batch, head, query int // of the first row
	count              int
	kv                 int // which of the Batch*KVHeads sequences of keys
}

// block is rows of one sequence.
func (c *attention) block(sequence, first, count int) rowBlock {
	b := rowBlock{batch: sequence / c.Heads, head: sequence % c.Heads, query: first, count: count}
	if c.grouped() {
		b = rowBlock{batch: sequence / c.KVHeads, head: sequence%c.KVHeads*c.group() + first, count: count}
	}
	b.kv = b.batch*c.KVHeads + b.head/c.group()
	return b
}

// blocks is how many blocks of so many rows a sequence has.
func (c *attention) blocks(size int) int {
	_, rows := c.sequences()
	return (rows + size - 1) / size
}

// blockAt is block i of all sequences.
func (c *attention) blockAt(i, size int) rowBlock {
	_, rows := c.sequences()
	first := i % c.blocks(size) * size
	return c.block(i/c.blocks(size), first, min(size, rows-first))
}

// rows views the rows of a block in a tensor with rows of so many columns.
func (c *attention) rows(t headRows, b rowBlock, columns int) kernels.Matrix {
	m := t.positions(b.batch, b.head, b.query, b.count, columns)
	if c.grouped() {
		m.RowStride = t.head
	}
	return m
}

// seen is how many keys row r of a block attends to.
func (c *attention) seen(b rowBlock, r int) int {
	if c.grouped() {
		return c.visible(0)
	}
	return c.visible(b.query + r)
}

// pack takes memory for k and v from the arena, unless they have their place in a
// cache, and makes them the next to be packed. unpack gives the memory back.
func (c *attention) pack(a *Arena, set *kernels.Set) error {
	if c.cached {
		return nil
	}
	var err error
	if c.keys, err = newPacking(a, set, c.keySize(), true, c.k); err != nil {
		return err
	}
	if c.values, err = newPacking(a, set, c.keySize(), false, c.v); err != nil {
		a.release(c.keys.data)
	}
	return err
}

func (c *attention) unpack(a *Arena) {
	if !c.cached {
		a.release(c.keys.data)
		a.release(c.values.data)
	}
}

// keySize is that of k and v.
func (c *attention) keySize() packingSize {
	return packingSize{sequences: c.Batch * c.KVHeads, heads: c.KVHeads, capacity: c.Keys, headDim: c.HeadDim}
}
