package tensor

import "runx/internal/tensor/kernels"

// packingSize is the size of a factor of products with many right sides:
// sequences of up to capacity rows of headDim elements, heads of them a batch.
type packingSize struct{ sequences, heads, capacity, headDim int }

// packing is one of k, v, q or the gradient of the output in the order that the
// kernels read, one packed factor a sequence: its rows, or with transposed its
// rows as columns. Positions are packed when they come, so that a cache can
// grow; those that were packed before stay as they are.
type packing struct {
	packingSize
	data       []float32
	transposed bool

	// The rows to pack next: all of source, from position first on.
	source       headRows
	first, count int
}

// packChunk is how many positions one part of the task packs, beginning at a
// multiple: it is a multiple of every set's ColStep.
const packChunk = 512

// newPacking takes memory for a factor of as many positions as source has.
func newPacking(a *Arena, set *kernels.Set, size packingSize, transposed bool, source headRows) (packing, error) {
	p := packing{packingSize: size, transposed: transposed, source: source, count: size.capacity}
	data, err := a.Alloc(size.sequences * p.length(set))
	p.data = data
	return p, err
}

// shape is that of the factor of one sequence.
func (p *packing) shape() (rows, cols int) {
	if p.transposed {
		return p.headDim, p.capacity
	}
	return p.capacity, p.headDim
}

// length is how many elements the factor of one sequence takes.
func (p *packing) length(set *kernels.Set) int {
	rows, cols := p.shape()
	return set.PackedLen(rows, cols)
}

// at is the factor of the first count positions of a sequence.
func (p *packing) at(set *kernels.Set, sequence, count int) (kernels.Packed, error) {
	rows, cols := p.shape()
	n := p.length(set)
	factor, err := set.PackedAt(p.data[sequence*n:][:n], rows, cols)
	if err != nil {
		return factor, err
	}
	if p.transposed {
		return factor.ColRange(0, count)
	}
	return factor.RowRange(0, count)
}

// step packs source.
func (p *packing) step(b *bundles) kernels.Step {
	return b.step(p, p.sequences*p.chunks(), min(p.count, packChunk)*p.headDim)
}

// chunks is how many parts a sequence has.
func (p *packing) chunks() int {
	if p.count == 0 {
		return 0
	}
	return (p.first+p.count-1)/packChunk - p.first/packChunk + 1
}

// Do packs those rows of one sequence that belong to one chunk.
func (p *packing) Do(w *kernels.Worker, i int) error {
	sequence, chunk := i/p.chunks(), p.first/packChunk+i%p.chunks()
	begin := max(p.first, chunk*packChunk)
	end := min(p.first+p.count, (chunk+1)*packChunk)
	rows := p.source.positions(sequence/p.heads, sequence%p.heads, begin-p.first, end-begin, p.headDim)
	n := p.length(w.Set)
	factor := p.data[sequence*n:][:n]
	if p.transposed {
		return packColumns(w.Set, factor, begin, rows)
	}
	return packRows(w.Set, factor, p.capacity, begin, rows)
}

// packRows packs rows as the rows from position on of a factor with so many.
func packRows(set *kernels.Set, factor []float32, capacity, position int, rows kernels.Matrix) error {
	width := set.ColStep()
	for col := 0; col < rows.Cols; col += width {
		part := rows
		part.Data = rows.Data[col:]
		part.Cols = min(width, rows.Cols-col)
		if _, err := set.Pack(factor[col*capacity+position*width:][:rows.Rows*width], part); err != nil {
			return err
		}
	}
	return nil
}

// packColumns packs rows as the columns from position on of a factor. Whole
// panels are left to Pack; one that was begun before is filled up by element.
func packColumns(set *kernels.Set, factor []float32, position int, rows kernels.Matrix) error {
	width, d := set.ColStep(), rows.Cols
	done := 0
	for ; done < rows.Rows && (position+done)%width != 0; done++ {
		column := position + done
		panel := factor[column/width*width*d:][:width*d]
		for z, x := range matrixRow(rows, done) {
			panel[z*width+column%width] = x
		}
	}
	if done == rows.Rows {
		return nil
	}
	rows.Data = rows.Data[done*rows.RowStride:]
	rows.Rows -= done
	_, err := set.Pack(factor[(position+done)*d:], rows.Transposed())
	return err
}

// next is the packing with other rows to pack, from position first on.
func (p packing) next(source headRows, first, count int) packing {
	p.source, p.first, p.count = source, first, count
	return p
}
