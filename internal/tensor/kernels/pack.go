package kernels

import (
	"fmt"
	"math"
)

// packGroup is how many columns packTranspose handles at once.
const packGroup = 8

// packDepth is how much of the inner dimension one call of packTranspose or
// packRows covers at most, so that it lasts below some microseconds.
const packDepth = 512

// Packed is a right factor of Rows×Cols, copied into panels: panel p holds the
// columns from p*width on, row after row, and the last one is filled up with
// zeros. Its elements are stored in Format; in Int8 each column has a scale
// besides. It belongs to the Set that made it
// and may be read by any number of goroutines at once.
type Packed struct {
	Rows, Cols int
	Format     Format
	floats     []float32 // the panels in Float32
	halves     []uint16  // in Float16 or BFloat16
	ints       []int8    // in Int8
	scales     []float32 // in Int8, of each column
	width      int
	// panelRows is the number of rows of a panel; more than Rows in a view.
	panelRows int
	firstRow  int
}

// PackedLen is how many elements a packed factor of rows×cols takes: float32 for
// Pack, uint16 for PackHalf, int8 for PackInt8.
func (s *Set) PackedLen(rows, cols int) int { return roundUp(cols, s.cols) * rows }

// ColStep is the width of a panel: where ColRange may begin.
func (s *Set) ColStep() int { return s.cols }

// Pack copies b into dst, which has at least PackedLen elements, and returns
// the packed factor; it keeps dst.
func (s *Set) Pack(dst []float32, b Matrix) (Packed, error) {
	if err := b.check("b"); err != nil {
		return Packed{}, err
	}
	if err := s.checkPacked(len(dst), b.Rows, b.Cols); err != nil {
		return Packed{}, err
	}
	packed := s.packedView(dst, b.Rows, b.Cols)
	for panel := range packed.panels() {
		s.packPanel(packed, b, panel)
	}
	return packed, nil
}

// PackedAt is the factor of rows×cols that Pack of the same set left in data.
func (s *Set) PackedAt(data []float32, rows, cols int) (Packed, error) {
	if err := s.checkPacked(len(data), rows, cols); err != nil {
		return Packed{}, err
	}
	return s.packedView(data, rows, cols), nil
}

// checkPacked returns an error unless so many elements hold a factor of
// rows×cols.
func (s *Set) checkPacked(elements, rows, cols int) error {
	if rows < 0 || cols < 0 {
		return fmt.Errorf("packed factor of %d×%d is negative", rows, cols)
	}
	if cols > math.MaxInt/2 || rows > 0 && roundUp(cols, s.cols) > math.MaxInt/rows {
		return fmt.Errorf("packed factor of %d×%d is too large to address", rows, cols)
	}
	if need := s.PackedLen(rows, cols); elements < need {
		return fmt.Errorf("packed factor of %d×%d in a buffer of %d elements: needs %d", rows, cols, elements, need)
	}
	return nil
}

func (s *Set) packedView(data []float32, rows, cols int) Packed {
	return Packed{Rows: rows, Cols: cols, floats: data[:s.PackedLen(rows, cols)], width: s.cols, panelRows: rows}
}

func (p Packed) panels() int { return roundUp(p.Cols, p.width) / p.width }

// at is where the elements of one panel begin, from row on.
func (p Packed) at(panel, row int) int { return (panel*p.panelRows + p.firstRow + row) * p.width }

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
	if p.width == 0 || first < 0 || end < first || end > p.Cols || first%p.width != 0 {
		return Packed{}, fmt.Errorf("columns %d to %d of a packed factor with %d in panels of %d", first, end, p.Cols, p.width)
	}
	return p.colRange(first, end), nil
}

func (p Packed) colRange(first, end int) Packed {
	switch p.Format {
	case Float32:
		p.floats = p.floats[first*p.panelRows:]
	case Int8:
		p.ints, p.scales = p.ints[first*p.panelRows:], p.scales[first:]
	default:
		p.halves = p.halves[first*p.panelRows:]
	}
	p.Cols = end - first
	return p
}

// Column copies column j into dst, which has Rows elements, as float32: a row of
// the weight that was packed by its transposed view.
func (p Packed) Column(j int, dst []float32) error {
	if j < 0 || j >= p.Cols || len(dst) != p.Rows {
		return fmt.Errorf("column %d of a packed factor of %d×%d into %d elements", j, p.Rows, p.Cols, len(dst))
	}
	at := p.at(j/p.width, 0) + j%p.width
	for i := range dst {
		switch p.Format {
		case Float32:
			dst[i] = p.floats[at+i*p.width]
		case Int8:
			dst[i] = float32(p.ints[at+i*p.width]) * p.scales[j]
		default:
			dst[i] = expandHalf(p.halves[at+i*p.width], p.Format)
		}
	}
	return nil
}

// packPanel copies one panel of b.
func (s *Set) packPanel(dst Packed, b Matrix, panel int) {
	first := panel * dst.width
	width := min(dst.width, b.Cols-first)
	s.packBlock(dst.floats[dst.at(panel, 0):][:b.Rows*dst.width], dst.width, b.block(0, first, b.Rows, width))
}

// packBlock copies b, not wider than a panel, into rows of a panel.
func (s *Set) packBlock(dst []float32, width int, b Matrix) {
	switch {
	case b.ColStride != 1:
		s.packColumns(dst, width, b)
	case b.Cols < width:
		packNarrowRows(dst, width, b)
	default:
		for i := 0; i < b.Rows; i += packDepth {
			s.packRows(dst[i*width:], b.Data[i*b.RowStride:], b.RowStride, min(packDepth, b.Rows-i))
		}
	}
}

// packNarrowRows copies contiguous rows and fills the rest of the width with
// zeros.
func packNarrowRows(dst []float32, width int, b Matrix) {
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
	for i := 0; i < whole; i += packDepth {
		n := min(packDepth, whole-i)
		for j := 0; j+packGroup <= b.Cols; j += packGroup {
			s.packTranspose(dst[i*width+j:], width, b.Data[j*b.ColStride+i:], b.ColStride, n)
		}
	}
	grouped := b.Cols - b.Cols%packGroup
	copyElements(dst, width, b, whole, b.Rows, 0, grouped)
	copyElements(dst, width, b, 0, b.Rows, grouped, b.Cols)
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
