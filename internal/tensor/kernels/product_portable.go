package kernels

const portableRows, portableCols = 4, 4

func tilesPortable(tiles, k int, a []float32, aRow, aCol, aNext int, b panelView[float32], c []float32, ldc int, alpha, beta float32) {
	factors := [portableCols]float32{alpha, alpha, alpha, alpha}
	for j := range b.scales {
		factors[j] *= b.scales[j]
	}
	for i := range tiles {
		tilePortable(k, a[i*aNext:], aRow, aCol, b.data, c[i*portableRows*ldc:], ldc, factors, beta)
	}
}

// tilePortable keeps the 16 sums in variables so that they live in registers.
func tilePortable(k int, a []float32, aRow, aCol int, b, c []float32, ldc int, factors [portableCols]float32, beta float32) {
	var c00, c01, c02, c03, c10, c11, c12, c13 float32
	var c20, c21, c22, c23, c30, c31, c32, c33 float32
	for p := range k {
		bp := (*[portableCols]float32)(b[p*portableCols:])
		b0, b1, b2, b3 := bp[0], bp[1], bp[2], bp[3]
		x := a[p*aCol]
		c00, c01, c02, c03 = c00+x*b0, c01+x*b1, c02+x*b2, c03+x*b3
		x = a[aRow+p*aCol]
		c10, c11, c12, c13 = c10+x*b0, c11+x*b1, c12+x*b2, c13+x*b3
		x = a[2*aRow+p*aCol]
		c20, c21, c22, c23 = c20+x*b0, c21+x*b1, c22+x*b2, c23+x*b3
		x = a[3*aRow+p*aCol]
		c30, c31, c32, c33 = c30+x*b0, c31+x*b1, c32+x*b2, c33+x*b3
	}
	for i, sums := range [portableRows][portableCols]float32{
		{c00, c01, c02, c03}, {c10, c11, c12, c13}, {c20, c21, c22, c23}, {c30, c31, c32, c33},
	} {
		row := c[i*ldc:][:portableCols]
		for j, sum := range sums {
			if beta == 0 {
				row[j] = factors[j] * sum
			} else {
				row[j] = factors[j]*sum + beta*row[j]
			}
		}
	}
}

func packTransposePortable(dst []float32, dstRow int, src []float32, ld, n int) {
	for j := range packGroup {
		column := src[j*ld:][:n]
		for p, x := range column {
			dst[p*dstRow+j] = x
		}
	}
}

func packRowsPortable(dst, src []float32, ld, n int) {
	for i := range n {
		copy(dst[i*portableCols:][:portableCols], src[i*ld:])
	}
}
