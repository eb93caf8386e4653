package kernels

import (
	"fmt"
	"unsafe"
)

// Gemv computes y = alpha*a*x + beta*y on one thread, a of m×n, x of n and y of m
// elements; transpose a by its strides. y must not overlap a or x. With beta
// zero y need not be initialised. With alpha zero a and x are not read. NaN and
// Inf propagate otherwise as in the sums of their products.
//
// An element differs from the exact result by at most about n*eps times the sum
// of |a|*|x| along its row, eps = 2^-24. An error says what does not fit; then y
// is as it was.
//
// It is the SGEMV of J. Dongarra, J. Du Croz, S. Hammarling and R. Hanson, "An
// Extended Set of FORTRAN Basic Linear Algebra Subprograms", ACM TOMS 14 (1988).
func (w *Worker) Gemv(alpha float32, a Matrix, x []float32, beta float32, y []float32) error {
	if err := a.checkGemv(x, y); err != nil {
		return err
	}
	g := gemvOf(w.gemvFloat32, alpha, a, a.Data, x, beta, y)
	g.compute(0, a.Rows)
	return nil
}

// GemvHalf is Gemv with a stored in two bytes an element. The elements of a are
// expanded as they are loaded, and everything is computed in float32.
func (w *Worker) GemvHalf(alpha float32, a HalfMatrix, x []float32, beta float32, y []float32) error {
	if err := a.checkGemv(x, y); err != nil {
		return err
	}
	g := gemvOf(w.gemvHalf(a.Format), alpha, a.layout(), a.Data, x, beta, y)
	g.compute(0, a.Rows)
	return nil
}

// Gemv is Worker.Gemv on the team, with the same result bit for bit.
func (t *Team) Gemv(alpha float32, a Matrix, x []float32, beta float32, y []float32) error {
	if err := a.checkGemv(x, y); err != nil {
		return err
	}
	return runGemv(t, &t.gemvs.float32, gemvOf(t.set.gemvFloat32, alpha, a, a.Data, x, beta, y))
}

// GemvHalf is Worker.GemvHalf on the team, with the same result bit for bit.
func (t *Team) GemvHalf(alpha float32, a HalfMatrix, x []float32, beta float32, y []float32) error {
	if err := a.checkGemv(x, y); err != nil {
		return err
	}
	return runGemv(t, &t.gemvs.half, gemvOf(t.set.gemvHalf(a.Format), alpha, a.layout(), a.Data, x, beta, y))
}

func (m Matrix) checkGemv(x, y []float32) error {
	if err := m.check("a"); err != nil {
		return err
	}
	return m.checkVectors(x, y)
}

func (m HalfMatrix) checkGemv(x, y []float32) error {
	if err := m.check("a"); err != nil {
		return err
	}
	return m.layout().checkVectors(x, y)
}

func (m Matrix) checkVectors(x, y []float32) error {
	if len(x) != m.Cols || len(y) != m.Rows {
		return fmt.Errorf("product of %d×%d and a vector of %d does not fit a vector of %d", m.Rows, m.Cols, len(x), len(y))
	}
	return nil
}

// gemvCall is one matrix-vector product: a Task whose parts are ranges of y.
type gemvCall[E float32 | uint16] struct {
	gemvKernel[E]
	alpha, beta float32
	rows, cols  int
	// stride is the distance of two rows, or of two columns if byColumns.
	stride    int
	byColumns bool
	a         []E
	x, y      []float32
	// partRows is how many elements of y one part computes.
	partRows int
}

func gemvOf[E float32 | uint16](k gemvKernel[E], alpha float32, m Matrix, data []E, x []float32, beta float32, y []float32) gemvCall[E] {
	g := gemvCall[E]{
		gemvKernel: k, alpha: alpha, beta: beta, rows: m.Rows, cols: m.Cols,
		stride: m.RowStride, a: data, x: x, y: y,
	}
	// A column vector has both strides 1.
	if m.RowStride == 1 && (m.ColStride != 1 || m.Rows > m.Cols) {
		g.stride, g.byColumns = m.ColStride, true
	}
	return g
}

// Do computes part i of y.
func (g *gemvCall[E]) Do(_ *Worker, i int) error {
	g.compute(i*g.partRows, min((i+1)*g.partRows, g.rows))
	return nil
}

// compute computes y from first to before end. The arithmetic of an element does
// not depend on the range it is in.
func (g *gemvCall[E]) compute(first, end int) {
	switch {
	case g.alpha == 0 || g.cols == 0:
		scaleVector(g.beta, g.y[first:end])
	case g.byColumns:
		g.addColumns(first, end)
	default:
		g.multiplyRows(first, end)
	}
}

// chunk is how many of n elements of a line are taken at once, so that a call
// into assembly lasts some microseconds; the chunks of a line are alike.
func (g *gemvCall[E]) chunk(n int) int {
	const (
		lineBytes = 16 << 10
		align     = 64
	)
	var element E
	most := lineBytes / int(unsafe.Sizeof(element))
	chunks := max(1, (n+most-1)/most)
	return roundUp((n+chunks-1)/chunks, align)
}

func (g *gemvCall[E]) multiplyRows(first, end int) {
	chunk := g.chunk(g.cols)
	for i := first; i < end; i += gemvLines {
		y := g.y[i:min(i+gemvLines, end)]
		beta := g.beta
		for j := 0; j < g.cols; j += chunk {
			x := g.x[j:min(j+chunk, g.cols)]
			ahead := 0
			switch {
			case j+chunk < g.cols:
				ahead = chunk
			case i+gemvLines < end:
				ahead = gemvLines*g.stride - j
			}
			g.dot(g.alpha, g.a[i*g.stride+j:], g.stride, ahead, x, beta, y)
			beta = 1
		}
	}
}

// addColumns finishes a chunk of y before the next: it stays in the cache while
// the columns pass by.
func (g *gemvCall[E]) addColumns(first, end int) {
	chunk := g.chunk(end - first)
	for i := first; i < end; i += chunk {
		y := g.y[i:min(i+chunk, end)]
		scaleVector(g.beta, y)
		for j := 0; j < g.cols; j += gemvLines {
			x := g.x[j:min(j+gemvLines, g.cols)]
			ahead := 0
			switch {
			case j+gemvLines < g.cols:
				ahead = gemvLines * g.stride
			case i+chunk < end:
				ahead = chunk - j*g.stride
			}
			g.add(g.alpha, g.a[j*g.stride+i:], g.stride, ahead, x, y)
		}
	}
}

// scaleVector is y = beta*y, where zero times anything is zero.
func scaleVector(beta float32, y []float32) {
	switch beta {
	case 0:
		clear(y)
	case 1:
	default:
		for i := range y {
			y[i] *= beta
		}
	}
}
