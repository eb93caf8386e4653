package kernels

import "fmt"

const (
	// packedMost is how many elements of the right factor a product packs at
	// once; they stay in a third-level cache of a usual size.
	packedMost = 2 << 20
	// packedDepth is how many rows of it at most: a multiple of blockDepth.
	packedDepth = 8 * blockDepth
)

// Gemm computes c = alpha*a*b + beta*c, a of m×k, b of k×n, c of m×n with
// contiguous rows; transpose a factor by its strides. c must not overlap a or
// b. With beta zero c need not be initialised. With alpha zero a and b are not
// read. NaN and Inf propagate otherwise as in the sums of their products.
//
// An element differs from the exact result by at most about k*eps times the
// sum of |a|*|b| along its row and column, eps = 2^-24. An error says what does
// not fit; then c is as it was.
//
// It is the SGEMM of J. Dongarra, J. Du Croz, S. Hammarling and I. Duff, "A Set of
// Level 3 Basic Linear Algebra Subprograms", ACM TOMS 16 (1990).
func (t *Team) Gemm(alpha float32, a, b Matrix, beta float32, c Matrix) error {
	if err := checkProduct(a, b.Rows, b.Cols, c); err != nil {
		return err
	}
	if err := b.check("b"); err != nil {
		return err
	}
	return t.multiply(product{alpha: alpha, beta: beta, a: single(a), b: single(b), c: single(c)})
}

// GemmHalf is Gemm with b stored in two bytes an element. The elements of b are
// expanded while they are packed, and everything is computed in float32.
func (t *Team) GemmHalf(alpha float32, a Matrix, b HalfMatrix, beta float32, c Matrix) error {
	if err := checkProduct(a, b.Rows, b.Cols, c); err != nil {
		return err
	}
	if err := b.check("b"); err != nil {
		return err
	}
	shape := BatchedMatrix{Matrix: b.layout(), Batch: 1}
	return t.multiply(product{alpha: alpha, beta: beta, a: single(a), b: shape, half: b, c: single(c)})
}

// GemmBatch is Gemm for each matrix of a batch: c[i] = alpha*a[i]*b[i] +
// beta*c[i]. The matrices of c must not overlap each other.
func (t *Team) GemmBatch(alpha float32, a, b BatchedMatrix, beta float32, c BatchedMatrix) error {
	if a.Batch != c.Batch || b.Batch != c.Batch {
		return fmt.Errorf("batches of %d, %d and %d matrices", a.Batch, b.Batch, c.Batch)
	}
	if err := a.checkBatch("a"); err != nil {
		return err
	}
	if err := b.checkBatch("b"); err != nil {
		return err
	}
	if err := c.checkBatchOutput("c"); err != nil {
		return err
	}
	if err := checkSizes(a.Matrix, b.Rows, b.Cols, c.Matrix); err != nil {
		return err
	}
	return t.multiply(product{alpha: alpha, beta: beta, a: a, b: b, c: c})
}

// GemmPacked is Gemm with b packed by the team's Set, in any format. It is fast
// for any number of rows: from a few on it is split by panels.
func (t *Team) GemmPacked(alpha float32, a Matrix, b Packed, beta float32, c Matrix) error {
	if err := t.set.checkPackedProduct(a, b, c); err != nil {
		return err
	}
	if c.empty() {
		return nil
	}
	if a.Cols == 0 || alpha == 0 {
		scaleOutput(beta, c)
		return nil
	}
	call := t.begin()
	defer t.end(call)
	call.product = product{alpha: alpha, beta: beta, a: single(a), c: single(c), packed: b}
	defer func() { call.product = product{} }()
	p := &call.product
	p.split(t, 1)
	return t.run(call, Step{multiplyStep{p}, p.parts(1)})
}

// product is c = alpha*a*b + beta*c for a batch, and one pass of it.
type product struct {
	alpha, beta float32
	a, b, c     BatchedMatrix
	half        HalfMatrix // b's elements, unless it is in float32

	// What the pass multiplies: columns and rows of b from here on.
	first, row, col, depth, cols int
	packed                       Packed // of the first matrix; the others follow it
	packedLen                    int    // elements of one, 0 if there is one for all
	packPanels                   int    // of one part of packStep

	// The parts of multiplyStep in one matrix.
	partRows, partCols int
	partsDown          int
	partsAcross        int
}

// multiply packs as much of b as fits the buffer and multiplies by it, until b
// has passed by.
func (t *Team) multiply(p product) error {
	if p.c.empty() || p.c.Batch == 0 {
		return nil
	}
	if p.a.Cols == 0 || p.alpha == 0 {
		for i := range p.c.Batch {
			scaleOutput(p.beta, p.c.at(i))
		}
		return nil
	}
	call := t.begin()
	defer t.end(call)
	call.product = p
	defer func() { call.product = product{} }()
	depth := min(p.a.Cols, packedDepth)
	cols := min(p.c.Cols, packedMost/depth/t.set.cols*t.set.cols)
	batch := p.c.Batch
	if p.b.BatchStride != 0 {
		batch = min(batch, max(1, packedMost/t.set.PackedLen(depth, cols)))
	}
	buffer := t.takeBuffer(t.set.PackedLen(depth, cols) * p.distinct(batch))
	defer t.giveBuffer(buffer)
	for first := 0; first < p.c.Batch; first += batch {
		for col := 0; col < p.c.Cols; col += cols {
			call.product.beta = p.beta
			for row := 0; row < p.a.Cols; row += depth {
				call.product.setPass(t, buffer, first, row, min(depth, p.a.Cols-row), col, min(cols, p.c.Cols-col))
				if err := t.runPass(call, min(batch, p.c.Batch-first)); err != nil {
					return err
				}
				call.product.beta = 1
			}
		}
	}
	return nil
}

// distinct is how many packed factors so many matrices of the batch need.
func (p *product) distinct(batch int) int {
	if p.b.BatchStride == 0 {
		return 1
	}
	return batch
}
