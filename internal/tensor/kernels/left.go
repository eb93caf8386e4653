package kernels

// left is a block of the left factor as the tile routine reads it: in place as
// far as possible, otherwise from a copy in the worker's scratch memory.
type left struct {
	body     strided
	bodyRows int     // rows that body serves by whole tiles
	tail     strided // the tile after them, if any
}

// strided is data read by two strides; a tile with first row i begins at
// i*tileStep.
type strided struct {
	data               []float32
	row, col, tileStep int
}

func (l left) tile(i int) strided {
	if i >= l.bodyRows {
		return l.tail
	}
	l.body.data = l.body.data[i*l.body.tileStep:]
	return l.body
}

// leftBlock prepares a. Scratch rows after the last of a hold what they held:
// their sums are computed and not stored.
func (w *Worker) leftBlock(a Matrix) left {
	if a.ColStride != 1 {
		return left{body: w.copyColumns(a), bodyRows: a.Rows}
	}
	if !nearRows(a) {
		return left{body: w.copyRows(a), bodyRows: a.Rows}
	}
	l := left{
		body:     strided{data: a.Data, row: a.RowStride, col: 1, tileStep: a.RowStride},
		bodyRows: a.Rows - a.Rows%w.rows,
	}
	if l.bodyRows < a.Rows {
		l.tail = w.copyRows(a.block(l.bodyRows, 0, a.Rows-l.bodyRows, a.Cols))
	}
	return l
}

// nearRows says that a can be read in place: its rows lie within a page or so
// of one another, and not at a multiple of 2 KB, where the rows of a tile would
// fall into the same cache sets and push each other out.
func nearRows(a Matrix) bool {
	const far, conflict = 1024, 512
	return a.RowStride <= far && a.RowStride%conflict != 0
}

func (w *Worker) copyRows(a Matrix) strided {
	const stride = blockDepth + rowPad
	for i := range a.Rows {
		copy(w.block[i*stride:][:a.Cols], a.Data[i*a.RowStride:])
	}
	return strided{data: w.block, row: stride, col: 1, tileStep: stride}
}

// copyColumns copies a transposed block, tile by tile, each column of a tile in
// one piece.
func (w *Worker) copyColumns(a Matrix) strided {
	for i := 0; i < a.Rows; i += w.rows {
		high := min(w.rows, a.Rows-i)
		for k := range a.Cols {
			copy(w.block[i*a.Cols+k*w.rows:][:high], a.Data[k*a.ColStride+i:])
		}
	}
	return strided{data: w.block, row: 1, col: w.rows, tileStep: a.Cols}
}
