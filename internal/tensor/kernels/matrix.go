package kernels

import (
	"fmt"
	"math"
)

// Matrix is a view of Rows×Cols elements: element (i, j) is
// Data[i*RowStride+j*ColStride]. One of the strides is 1.
type Matrix struct {
	Data                 []float32
	Rows, Cols           int
	RowStride, ColStride int
}

// RowMajor views data as rows×cols with contiguous rows.
func RowMajor(data []float32, rows, cols int) Matrix {
	return Matrix{Data: data, Rows: rows, Cols: cols, RowStride: cols, ColStride: 1}
}

// Transposed is the view with rows and columns exchanged; nothing is copied.
func (m Matrix) Transposed() Matrix {
	return Matrix{Data: m.Data, Rows: m.Cols, Cols: m.Rows, RowStride: m.ColStride, ColStride: m.RowStride}
}

// block is the view of rows×cols elements from (i, j) on, which must lie in m.
func (m Matrix) block(i, j, rows, cols int) Matrix {
	m.Data = m.Data[min(i*m.RowStride+j*m.ColStride, len(m.Data)):]
	m.Rows, m.Cols = rows, cols
	return m
}

func (m Matrix) empty() bool { return m.Rows == 0 || m.Cols == 0 }

// check returns an error unless every element of the view lies in Data.
func (m Matrix) check(name string) error { return m.checkIn(name, len(m.Data)) }

// checkIn returns an error unless every element of the view has an index below
// length.
func (m Matrix) checkIn(name string, length int) error {
	if m.Rows < 0 || m.Cols < 0 || m.RowStride < 0 || m.ColStride < 0 {
		return fmt.Errorf("matrix %s: %d×%d with strides %d, %d is negative", name, m.Rows, m.Cols, m.RowStride, m.ColStride)
	}
	if m.RowStride != 1 && m.ColStride != 1 {
		return fmt.Errorf("matrix %s: one of the strides %d, %d must be 1", name, m.RowStride, m.ColStride)
	}
	if m.empty() {
		return nil
	}
	last, ok := lastIndex(m)
	if !ok || last >= length {
		return fmt.Errorf("matrix %s: %d×%d with strides %d, %d does not fit in %d elements",
			name, m.Rows, m.Cols, m.RowStride, m.ColStride, length)
	}
	return nil
}

// lastIndex is the index of the last element of a view that is not empty; false
// if it cannot be addressed.
func lastIndex(m Matrix) (int, bool) {
	const limit = math.MaxInt / 4
	if m.RowStride > 0 && m.Rows-1 > limit/m.RowStride || m.ColStride > 0 && m.Cols-1 > limit/m.ColStride {
		return 0, false
	}
	return (m.Rows-1)*m.RowStride + (m.Cols-1)*m.ColStride, true
}

// checkOutput also refuses a view that cannot be written as rows.
func (m Matrix) checkOutput(name string) error {
	if err := m.check(name); err != nil {
		return err
	}
	return m.checkRows(name)
}

// checkRows returns an error unless rows are contiguous and share no element.
func (m Matrix) checkRows(name string) error {
	if !m.empty() && (m.ColStride != 1 || m.Rows > 1 && m.RowStride < m.Cols) {
		return fmt.Errorf("matrix %s: %d×%d with strides %d, %d cannot be written: rows must be contiguous and apart",
			name, m.Rows, m.Cols, m.RowStride, m.ColStride)
	}
	return nil
}

// BatchedMatrix is Batch matrices of the same layout: matrix i begins
// i*BatchStride elements after the first. With BatchStride zero all are the
// same one.
type BatchedMatrix struct {
	Matrix
	Batch, BatchStride int
}

// single is a batch of one.
func single(m Matrix) BatchedMatrix { return BatchedMatrix{Matrix: m, Batch: 1} }

// at is matrix i.
func (b BatchedMatrix) at(i int) Matrix {
	b.Data = b.Data[min(i*b.BatchStride, len(b.Data)):]
	return b.Matrix
}

// checkBatch returns an error unless every matrix lies in Data.
func (b BatchedMatrix) checkBatch(name string) error {
	if b.Batch < 0 || b.BatchStride < 0 {
		return fmt.Errorf("matrices %s: %d, %d elements apart, is negative", name, b.Batch, b.BatchStride)
	}
	if b.Batch == 0 {
		return b.checkIn(name, math.MaxInt)
	}
	if b.BatchStride > 0 && b.Batch-1 > math.MaxInt/4/b.BatchStride {
		return fmt.Errorf("matrices %s: %d, %d elements apart, cannot be addressed", name, b.Batch, b.BatchStride)
	}
	if err := b.checkIn(name, len(b.Data)-(b.Batch-1)*b.BatchStride); err != nil {
		return fmt.Errorf("the last of %d, %d elements apart: %w", b.Batch, b.BatchStride, err)
	}
	return nil
}

// checkBatchOutput also refuses matrices that cannot be written as rows, or that
// share an element: they lie one after the other, or side by side in the same
// rows of memory.
func (b BatchedMatrix) checkBatchOutput(name string) error {
	if err := b.checkBatch(name); err != nil || b.Batch == 0 || b.empty() {
		return err
	}
	if err := b.checkRows(name); err != nil || b.Batch == 1 {
		return err
	}
	last, _ := lastIndex(b.Matrix)
	sideBySide := b.BatchStride >= b.Cols && (b.Batch-1)*b.BatchStride+b.Cols <= b.RowStride
	if b.BatchStride <= last && !sideBySide {
		return fmt.Errorf("matrices %s: %d×%d with row stride %d, %d elements apart, overlap",
			name, b.Rows, b.Cols, b.RowStride, b.BatchStride)
	}
	return nil
}
