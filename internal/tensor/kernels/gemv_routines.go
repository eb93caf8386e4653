package kernels

// gemvRoutines are what matrix-vector products need of an instruction set.
type gemvRoutines struct {
	gemvFloat32               gemvKernel[float32]
	gemvFloat16, gemvBFloat16 gemvKernel[uint16]
}

// gemvLines is how many rows or columns the vector kernels take at once.
const gemvLines = 12

// gemvKernel are the inner loops for a matrix in one format. They ask for the
// memory that is ahead elements after what they read, which is what is read next;
// zero if there is none.
type gemvKernel[E float32 | uint16] struct {
	// dot computes y[i] = alpha*(the row at a[i*stride])·x + beta*y[i] for 1 to
	// gemvLines rows of at least one element. With beta zero y is not read.
	dot func(alpha float32, a []E, stride, ahead int, x []float32, beta float32, y []float32)
	// add adds alpha*x[j] times the column at a[j*stride] to y, one column after
	// the other, for 1 to gemvLines columns of at least one element.
	add func(alpha float32, a []E, stride, ahead int, x, y []float32)
}

// gemvHalf are the loops for a format of two bytes.
func (r *gemvRoutines) gemvHalf(f Format) gemvKernel[uint16] {
	if f == BFloat16 {
		return r.gemvBFloat16
	}
	return r.gemvFloat16
}

func portableGemv() gemvRoutines {
	return gemvRoutines{
		gemvFloat32:  gemvKernel[float32]{dot: dotPortable, add: addPortable},
		gemvFloat16:  expandingGemv(Float16),
		gemvBFloat16: expandingGemv(BFloat16),
	}
}
