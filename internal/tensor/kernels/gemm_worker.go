package kernels

import "fmt"

// blockDepth is how much of the inner dimension one call of a routine covers:
// what a tile needs of the left factor stays in the first-level cache.
const blockDepth = 512

// GemmPacked is Gemm on one thread with b packed by the worker's Set, in any
// format; the elements of b are expanded to float32, and everything is computed
// in float32.
func (w *Worker) GemmPacked(alpha float32, a Matrix, b Packed, beta float32, c Matrix) error {
	if err := w.checkPackedProduct(a, b, c); err != nil {
		return err
	}
	switch {
	case c.empty():
	case a.Cols == 0 || alpha == 0:
		scaleOutput(beta, c)
	default:
		w.multiply(alpha, a, b, beta, c)
	}
	return nil
}

func (s *Set) checkPackedProduct(a Matrix, b Packed, c Matrix) error {
	if err := checkProduct(a, b.Rows, b.Cols, c); err != nil {
		return err
	}
	if b.width != s.cols && !c.empty() && a.Cols > 0 {
		return fmt.Errorf("packed factor with panels of %d columns, set %s has %d", b.width, s.name, s.cols)
	}
	return nil
}

// multiply computes c = alpha*a*b + beta*c; nothing is empty. It takes as much
// of a as fits the scratch memory, and lets the panels pass by it: a panel then
// stays in the cache for all rows, and few rows read each panel in one go.
func (w *Worker) multiply(alpha float32, a Matrix, b Packed, beta float32, c Matrix) {
	for i := 0; i < a.Rows; i += leftRows {
		rows := min(leftRows, a.Rows-i)
		most := leftRows / roundUp(rows, w.rows) * blockDepth
		factor := beta
		for k := 0; k < a.Cols; k += most {
			depth := min(most, a.Cols-k)
			part := b
			part.firstRow, part.Rows = b.firstRow+k, depth
			w.setLeft(a.block(i, k, rows, depth))
			w.multiplyLeft(alpha, part, factor, c.block(i, 0, rows, c.Cols))
			factor = 1
		}
	}
	clear(w.blocks) // keeps no memory of a caller alive
}

// multiplyLeft multiplies the blocks of setLeft by b.
func (w *Worker) multiplyLeft(alpha float32, b Packed, beta float32, c Matrix) {
	high := roundUp(c.Rows, w.rows) / w.rows // in tiles
	for panel := range b.panels() {
		out := c.block(0, panel*w.cols, c.Rows, min(w.cols, c.Cols-panel*w.cols))
		factor := beta
		for k := 0; k < b.Rows; k += blockDepth {
			depth := min(blockDepth, b.Rows-k)
			blocks := w.blocks[k/blockDepth*high:][:high]
			w.multiplyPanel(alpha, blocks, b, panel, k, depth, factor, out)
			factor = 1
		}
	}
}

// expandTiles is from how many tiles on halves are expanded before all of them
// rather than by each.
const expandTiles = 5

// multiplyPanel multiplies blocks of rows by depth rows of one panel.
func (w *Worker) multiplyPanel(alpha float32, blocks []leftBlock, b Packed, panel, row, depth int, beta float32, c Matrix) {
	at, n := b.at(panel, row), depth*w.cols
	if b.Format != Float32 && len(blocks) < expandTiles && blocks[0].tiles.half(b.Format) != nil {
		for i, block := range blocks {
			out := c.block(i*w.rows, 0, block.rows, c.Cols)
			runTile(w, block.tiles.half(b.Format), block, b.halves[at:][:n], depth, alpha, beta, out)
		}
		return
	}
	var floats []float32
	if b.Format == Float32 {
		floats = b.floats[at:][:n]
	} else {
		floats = w.panelScratch()[:n]
		w.Expand(floats, b.halves[at:][:n], b.Format)
	}
	for i, block := range blocks {
		out := c.block(i*w.rows, 0, block.rows, c.Cols)
		runTile(w, block.tiles.float32, block, floats, depth, alpha, beta, out)
	}
}

// runTile runs a routine on one block; a tile that is not whole is computed
// aside, and the part that exists is copied.
func runTile[E float32 | uint16](w *Worker, run tile[E], a leftBlock, b []E, depth int, alpha, beta float32, c Matrix) {
	if a.rows == a.tiles.rows && c.Cols == w.cols {
		run(depth, a.data, a.row, a.col, b, c.Data, c.RowStride, alpha, beta)
		return
	}
	for r := 0; r < c.Rows && beta != 0; r++ {
		copy(w.edge[r*w.cols:][:c.Cols], c.Data[r*c.RowStride:])
	}
	run(depth, a.data, a.row, a.col, b, w.edge, w.cols, alpha, beta)
	for r := range c.Rows {
		copy(c.Data[r*c.RowStride:][:c.Cols], w.edge[r*w.cols:])
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
	return checkSizes(a, k, n, c)
}

func checkSizes(a Matrix, k, n int, c Matrix) error {
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
