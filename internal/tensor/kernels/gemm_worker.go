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
	for col := 0; col < c.Cols; {
		out := c.block(0, col, c.Rows, min(w.panelsAtOnce(c.Rows, c.Cols-col)*w.cols, c.Cols-col))
		factor := beta
		for k := 0; k < b.Rows; k += blockDepth {
			depth := min(blockDepth, b.Rows-k)
			blocks := w.blocks[k/blockDepth*high:][:high]
			w.multiplyPanels(alpha, blocks, b, b.at(col/w.cols, k), depth, factor, out)
			factor = 1
		}
		col += out.Cols
	}
}

// panelsAtOnce is how many panels a routine takes for so many rows, if so many
// columns are left.
func (w *Worker) panelsAtOnce(rows, cols int) int {
	tiles := w.tilesFor(min(rows, w.rows))
	if rows == tiles.rows && tiles.several.panels > 0 && tiles.several.panels*w.cols <= cols {
		return tiles.several.panels
	}
	return 1
}

// expandTiles is from how many tiles on halves are expanded before all of them
// rather than by each.
const expandTiles = 5

// multiplyPanels multiplies blocks of rows by depth rows of the panels of b that
// begin at an element; c has their columns.
func (w *Worker) multiplyPanels(alpha float32, blocks []leftBlock, b Packed, at, depth int, beta float32, c Matrix) {
	next := b.panelRows * w.cols
	n := (c.Cols-1)/w.cols*next + depth*w.cols
	expands := len(blocks) >= expandTiles || w.tiles[0].one.float16 == nil
	switch {
	case b.Format == Float32:
		runTiles(w, (*panelTiles).forFloat32, blocks, b.floats[at:][:n], next, depth, alpha, beta, c)
	case b.Format == Float16 && !expands:
		runTiles(w, (*panelTiles).forFloat16, blocks, b.halves[at:][:n], next, depth, alpha, beta, c)
	case b.Format == BFloat16 && !expands:
		runTiles(w, (*panelTiles).forBFloat16, blocks, b.halves[at:][:n], next, depth, alpha, beta, c)
	default: // one panel
		floats := w.panelScratch()[:n]
		w.Expand(floats, b.halves[at:][:n], b.Format)
		runTiles(w, (*panelTiles).forFloat32, blocks, floats, next, depth, alpha, beta, c)
	}
}

// callTerms is how much one call of a routine computes at most, in rows times
// depth, so that it lasts below some microseconds.
const callTerms = 24 * blockDepth

// runTiles runs routines on all blocks: whole tiles several at once, one that is
// not whole aside.
func runTiles[E float32 | uint16](w *Worker, routine func(*panelTiles) tile[E], blocks []leftBlock, b []E, next, depth int, alpha, beta float32, c Matrix) {
	if c.Cols > w.cols {
		a := &blocks[0]
		run := routine(&a.tiles.several)
		run(1, depth, a.data, a.row, a.col, 0, b, next, c.Data, c.RowStride, alpha, beta)
		return
	}
	whole, most := 0, max(1, callTerms/(depth*w.rows))
	if c.Cols == w.cols {
		whole = c.Rows / w.rows
	}
	for i := 0; i < whole; {
		a, tiles := &blocks[i], min(most, whole-i)
		out := c.Data[i*w.rows*c.RowStride:]
		routine(&a.tiles.one)(tiles, depth, a.data, a.row, a.col, a.next, b, 0, out, c.RowStride, alpha, beta)
		i += tiles
	}
	for i := whole; i < len(blocks); i++ {
		a := &blocks[i]
		runTile(w, routine(&a.tiles.one), a, b, depth, alpha, beta, c.block(i*w.rows, 0, a.rows, c.Cols))
	}
}

// runTile runs a routine on one block; a tile that is not whole is computed
// aside, and the part that exists is copied.
func runTile[E float32 | uint16](w *Worker, run tile[E], a *leftBlock, b []E, depth int, alpha, beta float32, c Matrix) {
	if a.rows == a.tiles.rows && c.Cols == w.cols {
		run(1, depth, a.data, a.row, a.col, 0, b, 0, c.Data, c.RowStride, alpha, beta)
		return
	}
	for r := 0; r < c.Rows && beta != 0; r++ {
		copy(w.edge[r*w.cols:][:c.Cols], c.Data[r*c.RowStride:])
	}
	run(1, depth, a.data, a.row, a.col, 0, b, 0, w.edge, w.cols, alpha, beta)
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
