package kernels

// productRoutines are what a matrix product needs of an instruction set.
type productRoutines struct {
	// rows and cols are the size of the tile that tile computes.
	rows, cols int

	// tile computes c = alpha*a*b + beta*c for a of rows×k with the given
	// strides, b a packed panel of k×cols and c of rows×cols with row stride
	// ldc, k >= 1. With beta zero c is not read.
	tile func(k int, a []float32, aRow, aCol int, b, c []float32, ldc int, alpha, beta float32)
	// packTranspose writes dst[p*dstRow+j] = src[j*ld+p] for j < 8 and p < n;
	// n is a positive multiple of 8.
	packTranspose func(dst []float32, dstRow int, src []float32, ld, n int)
}

func portableProducts() productRoutines {
	return productRoutines{
		rows: portableRows, cols: portableCols,
		tile: tilePortable, packTranspose: packTransposePortable,
	}
}
