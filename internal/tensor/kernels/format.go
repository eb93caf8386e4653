package kernels

import "fmt"

// Format is how an element is stored. Every routine computes in float32: halves
// are expanded when they are loaded, which is exact, integers are multiplied by
// their scale as well.
type Format uint8

const (
	// Float32 is IEEE 754 binary32.
	Float32 Format = iota
	// Float16 is IEEE 754 binary16: 11 bits of precision up to 65504.
	Float16
	// BFloat16 is the upper half of a float32, 8 bits of precision in its range;
	// see D. Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training" (2019).
	BFloat16
	// Int8 is an integer from -127 to 127 that stands for its product with a scale
	// in float32, one for each column of a packed factor, which is where the largest
	// element of the column becomes 127. See R. Krishnamoorthi, "Quantizing deep
	// convolutional networks for efficient inference" (2018), symmetric and per channel.
	Int8
)

// FormatOf returns the format that a dtype's short name means: fp16 is Float16,
// bf16 is BFloat16, int8 is Int8, any other one Float32.
func FormatOf(dtype string) Format {
	switch dtype {
	case "fp16":
		return Float16
	case "bf16":
		return BFloat16
	case "int8":
		return Int8
	}
	return Float32
}

// String is float32, float16, bfloat16 or int8.
func (f Format) String() string {
	switch f {
	case Float32:
		return "float32"
	case Float16:
		return "float16"
	case BFloat16:
		return "bfloat16"
	case Int8:
		return "int8"
	}
	return fmt.Sprintf("format %d", uint8(f))
}

// Bytes is the size of one element, without its scale.
func (f Format) Bytes() int {
	switch f {
	case Float16, BFloat16:
		return 2
	case Int8:
		return 1
	}
	return 4
}

// half reports whether an element is stored in a uint16.
func (f Format) half() bool { return f == Float16 || f == BFloat16 }

// checkHalf returns an error unless f is a format of two bytes.
func (f Format) checkHalf() error {
	if !f.half() {
		return fmt.Errorf("%s is not stored in two bytes: want %s or %s", f, Float16, BFloat16)
	}
	return nil
}

// HalfMatrix is a view of Rows×Cols elements in Float16 or BFloat16: element
// (i, j) is Data[i*RowStride+j*ColStride]. One of the strides is 1.
type HalfMatrix struct {
	Data                 []uint16
	Format               Format
	Rows, Cols           int
	RowStride, ColStride int
}

// RowMajorHalf views data as rows×cols with contiguous rows.
func RowMajorHalf(data []uint16, f Format, rows, cols int) HalfMatrix {
	return HalfMatrix{Data: data, Format: f, Rows: rows, Cols: cols, RowStride: cols, ColStride: 1}
}

// Transposed is the view with rows and columns exchanged; nothing is copied.
func (m HalfMatrix) Transposed() HalfMatrix {
	m.Rows, m.Cols = m.Cols, m.Rows
	m.RowStride, m.ColStride = m.ColStride, m.RowStride
	return m
}

// block is the view of rows×cols elements from (i, j) on, which must lie in m.
func (m HalfMatrix) block(i, j, rows, cols int) HalfMatrix {
	m.Data = m.Data[min(i*m.RowStride+j*m.ColStride, len(m.Data)):]
	m.Rows, m.Cols = rows, cols
	return m
}

// layout is the view without its elements.
func (m HalfMatrix) layout() Matrix {
	return Matrix{Rows: m.Rows, Cols: m.Cols, RowStride: m.RowStride, ColStride: m.ColStride}
}

// check returns an error unless the format has two bytes and every element of
// the view lies in Data.
func (m HalfMatrix) check(name string) error {
	if err := m.Format.checkHalf(); err != nil {
		return fmt.Errorf("matrix %s: %w", name, err)
	}
	return m.layout().checkIn(name, len(m.Data))
}
