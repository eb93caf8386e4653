package kernels

// strided is data read by two strides.
type strided struct {
	data     []float32
	row, col int
}

// leftTile is a, one tile's rows, as the tile routine reads it: in place where
// that is fast and the rows are whole, otherwise from a copy in the worker's
// scratch memory. Scratch rows after the last of a hold what they held: their
// sums are computed and not stored.
func (w *Worker) leftTile(a Matrix) strided {
	switch {
	case a.ColStride != 1:
		return w.copyColumns(a)
	case a.Rows < w.rows || !nearRows(a):
		return w.copyRows(a)
	default:
		return strided{data: a.Data, row: a.RowStride, col: 1}
	}
}

// nearRows says that a can be read in place: its rows lie within a page or so
// of one another, and not at a multiple of 2 KB, where the rows of a tile would
// fall into the same cache sets and push each other out.
func nearRows(a Matrix) bool {
	const far, conflict = 1024, 512
	return a.RowStride <= far && a.RowStride%conflict != 0
}

// leftStride is the row stride of a copy; not a multiple of a power of two.
const leftStride = blockDepth + 16

func (w *Worker) copyRows(a Matrix) strided {
	for i := range a.Rows {
		copy(w.left[i*leftStride:][:a.Cols], a.Data[i*a.RowStride:])
	}
	return strided{data: w.left, row: leftStride, col: 1}
}

// copyColumns copies a transposed tile, each of its columns in one piece.
func (w *Worker) copyColumns(a Matrix) strided {
	for k := range a.Cols {
		copy(w.left[k*w.rows:][:a.Rows], a.Data[k*a.ColStride:])
	}
	return strided{data: w.left, row: 1, col: w.rows}
}
