package kernels

import "fmt"

// The sizes of the blocks of a product, in elements, chosen by measuring; see
// internal/peers.
const (
	// blockDepth is how much of the inner dimension one pass covers: what a tile
	// needs of the left factor stays in the first-level cache.
	blockDepth = 512
	// blockCols is how many columns of the right factor Gemm packs at once.
	blockCols = 4096
	// partRows is how many rows one part of a threaded product has at most.
	partRows = 96
)

// Gemm computes c = alpha*a*b + beta*c, a of m×k, b of k×n, c of m×n with
// contiguous rows; transpose a factor by its strides. c must not overlap a or
// b. With beta zero c need not be initialised. With alpha zero a and b are not
// read. NaN and Inf propagate otherwise as in the sums of their products.
//
// An element differs from the exact result by at most about k*eps times the
// sum of |a|*|b| along its row and column, eps = 2^-24.
func (t *Team) Gemm(alpha float32, a, b Matrix, beta float32, c Matrix) error {
	if err := checkProduct(a, b.Rows, b.Cols, c); err != nil {
		return err
	}
	if err := b.check("b"); err != nil {
		return err
	}
	if c.empty() {
		return nil
	}
	if a.Cols == 0 || alpha == 0 {
		scaleOutput(beta, c)
		return nil
	}
	for col := 0; col < c.Cols; col += blockCols {
		cols := min(blockCols, c.Cols-col)
		for k := 0; k < a.Cols; k += blockDepth {
			depth := min(blockDepth, a.Cols-k)
			if k > 0 {
				beta = 1
			}
			err := t.pass(alpha, a.block(0, k, a.Rows, depth), b.block(k, col, depth, cols), beta, c.block(0, col, c.Rows, cols))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pass packs b and multiplies by it, each step on the whole team.
func (t *Team) pass(alpha float32, a, b Matrix, beta float32, c Matrix) error {
	if need := t.set.PackedLen(b.Rows, b.Cols); len(t.packed) < need {
		t.packed = make([]float32, need)
	}
	t.product = product{
		alpha: alpha, a: a, b: b, beta: beta, c: c,
		packed: t.set.packedView(t.packed, b.Rows, b.Cols),
		rows:   t.rowsPerPart(a.Rows),
	}
	defer func() { t.product = product{} }()
	return t.Run(
		Step{packStep{&t.product}, (t.product.packed.panels() + panelsPerPart - 1) / panelsPerPart},
		Step{multiplyStep{&t.product}, (a.Rows + t.product.rows - 1) / t.product.rows},
	)
}

// rowsPerPart gives every worker some parts, of whole tiles.
func (t *Team) rowsPerPart(rows int) int {
	const partsPerWorker = 2
	if len(t.workers) == 1 {
		return partRows
	}
	return min(partRows, roundUp(rows/(partsPerWorker*len(t.workers))+1, t.set.rows))
}

// product is one pass of Gemm.
type product struct {
	alpha, beta float32
	a, b, c     Matrix
	packed      Packed
	rows        int // of one part of multiplyStep
}

// packStep packs b.
type packStep struct{ *product }

// panelsPerPart is how many panels one part of packStep copies.
const panelsPerPart = 4

func (p packStep) Do(w *Worker, i int) error {
	for panel := i * panelsPerPart; panel < min((i+1)*panelsPerPart, p.packed.panels()); panel++ {
		w.packPanel(p.packed, p.b, panel)
	}
	return nil
}

// multiplyStep multiplies a by the packed b.
type multiplyStep struct{ *product }

func (p multiplyStep) Do(w *Worker, i int) error {
	first := i * p.rows
	rows := min(p.rows, p.a.Rows-first)
	w.multiply(p.alpha, p.a.block(first, 0, rows, p.a.Cols), p.packed, p.beta, p.c.block(first, 0, rows, p.c.Cols))
	return nil
}

// GemmPacked is Gemm on one thread with b packed by the worker's Set.
func (w *Worker) GemmPacked(alpha float32, a Matrix, b Packed, beta float32, c Matrix) error {
	if err := checkProduct(a, b.Rows, b.Cols, c); err != nil {
		return err
	}
	if c.empty() {
		return nil
	}
	if a.Cols == 0 || alpha == 0 {
		scaleOutput(beta, c)
		return nil
	}
	if b.width != w.cols {
		return fmt.Errorf("packed factor with panels of %d columns, set %s has %d", b.width, w.name, w.cols)
	}
	for k := 0; k < a.Cols; k += blockDepth {
		part, err := b.RowRange(k, min(k+blockDepth, b.Rows))
		if err != nil {
			return err
		}
		if k > 0 {
			beta = 1
		}
		w.multiply(alpha, a.block(0, k, a.Rows, part.Rows), part, beta, c)
	}
	return nil
}

// multiply handles at most blockDepth columns of a. Panels pass by each tile of
// rows, so that the result is written forwards.
func (w *Worker) multiply(alpha float32, a Matrix, b Packed, beta float32, c Matrix) {
	for i := 0; i < a.Rows; i += w.rows {
		high := min(w.rows, a.Rows-i)
		left := w.leftTile(a.block(i, 0, high, a.Cols))
		for panel := range b.panels() {
			col := panel * b.width
			wide := min(b.width, c.Cols-col)
			out := c.Data[i*c.RowStride+col:]
			if high < w.rows || wide < b.width {
				w.edgeTile(left, a.Cols, b.panel(panel, 0), alpha, beta, out, c.RowStride, high, wide)
				continue
			}
			w.tile(a.Cols, left.data, left.row, left.col, b.panel(panel, 0), out, c.RowStride, alpha, beta)
		}
	}
}

// edgeTile computes a whole tile aside and copies the part that exists.
func (w *Worker) edgeTile(a strided, k int, b []float32, alpha, beta float32, c []float32, ldc, high, wide int) {
	for r := 0; r < high && beta != 0; r++ {
		copy(w.edge[r*w.cols:][:wide], c[r*ldc:])
	}
	w.tile(k, a.data, a.row, a.col, b, w.edge, w.cols, alpha, beta)
	for r := range high {
		copy(c[r*ldc:][:wide], w.edge[r*w.cols:])
	}
}

// checkProduct returns an error unless a times k×n fits c.
func checkProduct(a Matrix, k, n int, c Matrix) error {
	if err := a.check("a"); err != nil {
		return err
	}
	if err := c.checkOutput("c"); err != nil {
		return err
	}
	if a.Cols != k || a.Rows != c.Rows || n != c.Cols {
		return fmt.Errorf("product of %d×%d and %d×%d does not fit %d×%d", a.Rows, a.Cols, k, n, c.Rows, c.Cols)
	}
	return nil
}

// scaleOutput is what remains of a product without a sum: c = beta*c.
func scaleOutput(beta float32, c Matrix) {
	for i := range c.Rows {
		row := c.Data[i*c.RowStride:][:c.Cols]
		if beta == 0 {
			clear(row)
			continue
		}
		for j := range row {
			row[j] *= beta
		}
	}
}
