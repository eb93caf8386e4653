package kernels

// Set is the routines of one instruction set. A Set is immutable.
type Set struct {
	name string
	// rows and cols are the size of the tile that tile computes.
	rows, cols int

	// tile computes c = alpha*a*b + beta*c for a of rows×k with the given
	// strides, b a packed panel of k×cols and c of rows×cols with row stride
	// ldc, k >= 1. With beta zero c is not read.
	tile func(k int, a []float32, aRow, aCol int, b, c []float32, ldc int, alpha, beta float32)
	// packTranspose writes dst[p*dstRow+j] = src[j*ld+p] for j < 8 and p < n;
	// n is a positive multiple of 8.
	packTranspose func(dst []float32, dstRow int, src []float32, ld, n int)
	// maxOf is the largest of at least one element, NaNs passed over.
	maxOf func(x []float32) float32
	// expSum writes dst = 2^((x-bias)*scale) for at least one element and
	// returns the sum.
	expSum func(dst, x []float32, bias, scale float32) float32
	// scale writes dst = x*factor for at least one element.
	scale func(dst, x []float32, factor float32)
}

// Name says which instruction set it is: portable, avx2 or avx512.
func (s *Set) Name() string { return s.name }

// Best is the fastest set that this machine runs.
func Best() *Set {
	sets := Supported()
	return sets[len(sets)-1]
}

// Supported are the sets that this machine runs, the portable one first, the
// fastest last.
func Supported() []*Set { return append([]*Set{Portable()}, vectorSets()...) }

// Portable is the set in plain Go, the same on every machine up to rounding.
func Portable() *Set {
	return &Set{
		name:          "portable",
		rows:          portableRows,
		cols:          portableCols,
		tile:          tilePortable,
		packTranspose: packTransposePortable,
		maxOf:         maxOfPortable,
		expSum:        expSumPortable,
		scale:         scalePortable,
	}
}
