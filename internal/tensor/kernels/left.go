package kernels

const (
	// leftRows is how many rows of the left factor a worker holds at most, in
	// blocks of blockDepth columns; it is a multiple of every set's tile.
	leftRows = 96
	// leftStride is the row stride of a copy; not a multiple of a power of two.
	leftStride = blockDepth + 16
)

// leftBlock is up to one tile's rows and up to blockDepth columns of the left
// factor, as its routines read it.
type leftBlock struct {
	tiles    *rowTiles
	rows     int
	data     []float32
	row, col int // strides
	next     int // distance of the block below, if it has as many rows
}

// setLeft makes the blocks of a: those of the first columns from the first row
// to the last, then those of the next columns. There are at most leftRows rows
// of blocks.
func (w *Worker) setLeft(a Matrix) {
	clear(w.blocks) // there may be fewer now: the others would keep a caller's memory alive
	w.blocks = w.blocks[:0]
	for k := 0; k < a.Cols; k += blockDepth {
		depth := min(blockDepth, a.Cols-k)
		for i := 0; i < a.Rows; i += w.rows {
			w.addLeft(a.block(i, k, min(w.rows, a.Rows-i), depth))
		}
	}
}

// addLeft makes one block: in place where that is fast and the rows are as many
// as the routine reads, otherwise from a copy in the worker's scratch memory.
// Scratch rows after the last of a hold what they held: their sums are computed
// and not stored.
func (w *Worker) addLeft(a Matrix) {
	b := leftBlock{tiles: w.tilesFor(a.Rows), rows: a.Rows}
	scratch := w.left[len(w.blocks)*w.rows*leftStride:]
	switch {
	case a.ColStride != 1:
		b.data, b.row, b.col, b.next = scratch, 1, b.tiles.rows, w.rows*leftStride
		copyColumns(scratch, b.tiles.rows, a)
	case a.Rows < b.tiles.rows || !nearRows(a):
		b.data, b.row, b.col, b.next = scratch, leftStride, 1, w.rows*leftStride
		copyRows(scratch, a)
	default:
		b.data, b.row, b.col, b.next = a.Data, a.RowStride, 1, w.rows*a.RowStride
	}
	w.blocks = append(w.blocks, b)
}

// nearRows says that a can be read in place: its rows lie within a page or so
// of one another, and not at a multiple of 2 KB, where the rows of a tile would
// fall into the same cache sets and push each other out.
func nearRows(a Matrix) bool {
	const far, conflict = 1024, 512
	return a.Rows == 1 || a.RowStride <= far && a.RowStride%conflict != 0
}

func copyRows(dst []float32, a Matrix) {
	for i := range a.Rows {
		copy(dst[i*leftStride:][:a.Cols], a.Data[i*a.RowStride:])
	}
}

// copyColumns copies a transposed block, each of its columns in one piece.
func copyColumns(dst []float32, rows int, a Matrix) {
	for k := range a.Cols {
		copy(dst[k*rows:][:a.Rows], a.Data[k*a.ColStride:])
	}
}
