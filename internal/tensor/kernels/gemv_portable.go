package kernels

// dotPortable keeps four sums a row, so that an addition does not wait for the
// one before.
func dotPortable(alpha float32, a []float32, stride, _ int, x []float32, beta float32, y []float32) {
	for i := range y {
		y[i] = update(alpha, dotRow(a[i*stride:][:len(x)], x), beta, y[i])
	}
}

// update is alpha*sum + beta*y, where zero times anything is zero.
func update(alpha, sum, beta, y float32) float32 {
	if beta == 0 {
		return alpha * sum
	}
	return alpha*sum + beta*y
}

func dotRow(row, x []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(x) >= 4 && len(row) >= 4 {
		s0 += row[0] * x[0]
		s1 += row[1] * x[1]
		s2 += row[2] * x[2]
		s3 += row[3] * x[3]
		row, x = row[4:], x[4:]
	}
	for j, e := range x {
		s0 += row[j] * e
	}
	return (s0 + s1) + (s2 + s3)
}

func addPortable(alpha float32, a []float32, stride, _ int, x, y []float32) {
	for j, e := range x {
		addColumn(alpha*e, a[j*stride:][:len(y)], y)
	}
}

func addColumn(factor float32, column, y []float32) {
	for i, e := range column[:len(y)] {
		y[i] += factor * e
	}
}

// expandingGemv are the portable loops for a format of two bytes. A piece of a
// row or a column is expanded at a time.
func expandingGemv(f Format) gemvKernel[uint16] {
	// The choice is made here, not by a variable: what is passed to a function in
	// a variable is allocated on the heap.
	expand := func(dst []float32, src []uint16) {
		if f == BFloat16 {
			expandBFloat16Portable(dst, src)
			return
		}
		expandFloat16Portable(dst, src)
	}
	const piece = 256
	return gemvKernel[uint16]{
		dot: func(alpha float32, a []uint16, stride, _ int, x []float32, beta float32, y []float32) {
			var expanded [piece]float32
			for i := range y {
				var sum float32
				for j := 0; j < len(x); j += piece {
					n := min(piece, len(x)-j)
					expand(expanded[:n], a[i*stride+j:][:n])
					sum += dotRow(expanded[:n], x[j:][:n])
				}
				y[i] = update(alpha, sum, beta, y[i])
			}
		},
		add: func(alpha float32, a []uint16, stride, _ int, x, y []float32) {
			var expanded [piece]float32
			for j, e := range x {
				for i := 0; i < len(y); i += piece {
					n := min(piece, len(y)-i)
					expand(expanded[:n], a[j*stride+i:][:n])
					addColumn(alpha*e, expanded[:n], y[i:][:n])
				}
			}
		},
	}
}
