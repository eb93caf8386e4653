package kernels

import (
	"fmt"
	"math"
)

// int8Most is the largest integer of Int8; -128 is not used, so that the range is
// symmetric.
const int8Most = 127

// leastScale is the least normal float32: a scale below it would have too few
// bits.
const leastScale = 0x1p-126

// ScalesLen is how many scales PackInt8 takes for so many columns.
func (s *Set) ScalesLen(cols int) int { return roundUp(cols, s.cols) }

// PackInt8 rounds b to integers and a scale for each column, into dst, which has
// at least PackedLen elements, and scales, which has at least ScalesLen; the
// packed factor that it returns keeps both. The scale of a column is its largest
// size by 127, at least 2^-126. An element differs from its integer times the
// scale by at most half a scale. NaN and Inf cannot be rounded: they are an error.
func (s *Set) PackInt8(dst []int8, scales []float32, b Matrix) (Packed, error) {
	if err := b.check("b"); err != nil {
		return Packed{}, err
	}
	packed, err := s.PackedInt8At(dst, scales, b.Rows, b.Cols)
	if err != nil {
		return Packed{}, err
	}
	clear(packed.scales[b.Cols:])
	for j := range b.Cols {
		largest := largestSize(b.block(0, j, b.Rows, 1))
		if !(largest <= math.MaxFloat32) {
			return Packed{}, fmt.Errorf("column %d of matrix b has an element that is infinite or not a number, which int8 cannot hold", j)
		}
		packed.scales[j] = max(largest/int8Most, leastScale)
	}
	s.packBlocks(packed, b, func(at, first int, part []float32) {
		roundInt8(packed.ints[at:], part, packed.scales[first:][:s.cols])
	})
	return packed, nil
}

// PackedInt8At is the factor of rows×cols that PackInt8 of the same set left in
// data and scales.
func (s *Set) PackedInt8At(data []int8, scales []float32, rows, cols int) (Packed, error) {
	if err := s.checkPacked(len(data), rows, cols); err != nil {
		return Packed{}, err
	}
	if need := s.ScalesLen(cols); len(scales) < need {
		return Packed{}, fmt.Errorf("packed factor of %d×%d with %d scales: needs %d", rows, cols, len(scales), need)
	}
	return Packed{
		Rows: rows, Cols: cols, Format: Int8,
		ints: data[:s.PackedLen(rows, cols)], scales: scales[:s.ScalesLen(cols)], width: s.cols, panelRows: rows,
	}, nil
}

// largestSize is the largest absolute value of a column, NaN if one is NaN.
func largestSize(column Matrix) float32 {
	var largest float32
	for i := range column.Rows {
		largest = max(largest, float32(math.Abs(float64(column.Data[i*column.RowStride]))))
	}
	return largest
}

// roundInt8 writes dst = src/scale, rounded to nearest even, for rows of as many
// elements as there are scales. The division is in float64, which tells any two
// quotients of float32 from a tie; a column that has no scale holds zeros.
func roundInt8(dst []int8, src, scales []float32) {
	for from := 0; from < len(src); from += len(scales) {
		row, out := src[from:][:len(scales)], dst[from:][:len(scales)]
		for j, x := range row {
			if x == 0 {
				out[j] = 0
				continue
			}
			out[j] = int8(math.RoundToEven(float64(x) / float64(scales[j])))
		}
	}
}

// expandInt8 writes dst = src, without scales.
func expandInt8(dst []float32, src []int8) {
	for i, q := range src {
		dst[i] = float32(q)
	}
}
