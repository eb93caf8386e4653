package kernels

import "fmt"

// packGroup is how many columns packTranspose handles at once.
const packGroup = 8

// packDepth is how much of the inner dimension one call of packTranspose
// covers at most, so that it lasts below some microseconds.
const packDepth = 2048

// Packed is a right factor of Rows×Cols, copied into panels: panel p holds the
// columns from p*width on, row after row, and the last one is filled up with
// zeros. It belongs to the Set that made it.
type Packed struct {
	Rows, Cols int
	data       []float32
	width      int
	// panelRows is the number of rows of a panel; more than Rows in a view.
	panelRows int
	firstRow  int
}

// PackedLen is how many float32 a packed factor of rows×cols takes.
func (s *Set) PackedLen(rows, cols int) int { return roundUp(cols, s.cols) * rows }

// Pack copies b into dst, which has at least PackedLen elements, and returns
// the packed factor; it keeps dst.
func (s *Set) Pack(dst []float32, b Matrix) (Packed, error) {
	if err := b.check("b"); err != nil {
		return Packed{}, err
	}
	need := s.PackedLen(b.Rows, b.Cols)
	if len(dst) < need {
		return Packed{}, fmt.Errorf("pack %d×%d: buffer of %d elements, needs %d", b.Rows, b.Cols, len(dst), need)
	}
	packed := s.packedView(dst, b.Rows, b.Cols)
	for panel := range packed.panels() {
		s.packPanel(packed, b, panel)
	}
	return packed, nil
}

// PackedAt is the factor of rows×cols that Pack of the same set left in data.
func (s *Set) PackedAt(data []float32, rows, cols int) (Packed, error) {
	if rows < 0 || cols < 0 || len(data) < s.PackedLen(rows, cols) {
		return Packed{}, fmt.Errorf("packed factor of %d×%d in %d elements", rows, cols, len(data))
	}
	return s.packedView(data, rows, cols), nil
}

func (s *Set) packedView(data []float32, rows, cols int) Packed {
	data = data[:s.PackedLen(rows, cols)]
	return Packed{Rows: rows, Cols: cols, data: data, width: s.cols, panelRows: rows}
}

func (p Packed) panels() int { return roundUp(p.Cols, p.width) / p.width }

// panel is the data of one panel from row on.
func (p Packed) panel(index, row int) []float32 {
	return p.data[(index*p.panelRows+p.firstRow+row)*p.width:]
}

// RowRange is the view of the rows from first to before end.
func (p Packed) RowRange(first, end int) (Packed, error) {
	if first < 0 || end < first || end > p.Rows {
		return Packed{}, fmt.Errorf("rows %d to %d of a packed factor with %d", first, end, p.Rows)
	}
	p.firstRow += first
	p.Rows = end - first
	return p, nil
}

// ColRange is the view of the columns from first to before end. It begins with
// a panel: first is a multiple of ColStep.
func (p Packed) ColRange(first, end int) (Packed, error) {
	if first < 0 || end < first || end > p.Cols || first%p.width != 0 {
		return Packed{}, fmt.Errorf("columns %d to %d of a packed factor with %d in panels of %d", first, end, p.Cols, p.width)
	}
	p.data = p.data[first*p.panelRows:]
	p.Cols = end - first
	return p, nil
}

// ColStep is the width of a panel: where ColRange may begin.
func (s *Set) ColStep() int { return s.cols }

// packPanel copies one panel of b.
func (s *Set) packPanel(dst Packed, b Matrix, panel int) {
	first := panel * dst.width
	width := min(dst.width, b.Cols-first)
	out := dst.panel(panel, 0)[:b.Rows*dst.width]
	if b.ColStride == 1 {
		packRows(out, dst.width, b.block(0, first, b.Rows, width))
		return
	}
	s.packColumns(out, dst.width, b.block(0, first, b.Rows, width))
}

// packRows copies contiguous rows and fills the rest of the width with zeros.
func packRows(dst []float32, width int, b Matrix) {
	for i := range b.Rows {
		row := dst[i*width:][:width]
		copied := copy(row, b.Data[i*b.RowStride:][:b.Cols])
		clear(row[copied:])
	}
}

// packColumns transposes contiguous columns, eight at a time as far as they go.
func (s *Set) packColumns(dst []float32, width int, b Matrix) {
	if b.Cols < width {
		clear(dst)
	}
	whole := b.Rows - b.Rows%packGroup
	j := 0
	for ; j+packGroup <= b.Cols && whole > 0; j += packGroup {
		for i := 0; i < whole; i += packDepth {
			n := min(packDepth, whole-i)
			s.packTranspose(dst[i*width+j:], width, b.Data[j*b.ColStride+i:], b.ColStride, n)
		}
		copyElements(dst, width, b, whole, b.Rows, j, j+packGroup)
	}
	copyElements(dst, width, b, 0, b.Rows, j, b.Cols)
}

// copyElements copies what is too small for a vector, element by element.
func copyElements(dst []float32, width int, b Matrix, row, endRow, col, endCol int) {
	for j := col; j < endCol; j++ {
		for i := row; i < endRow; i++ {
			dst[i*width+j] = b.Data[j*b.ColStride+i*b.RowStride]
		}
	}
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }
