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
			w.multiplyPanels(strip{blocks, depth, alpha, factor, out}, b, col, k)
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

// strip is what a panel, or several, is multiplied with: blocks of rows of the
// left factor and as much of its columns, and where the product goes.
type strip struct {
	blocks      []leftBlock
	depth       int
	alpha, beta float32
	c           Matrix
}

// multiplyPanels multiplies a strip by the panels of b from a column on, from row
// k on; c has their columns.
func (w *Worker) multiplyPanels(s strip, b Packed, col, k int) {
	at, next := b.at(col/w.cols, k), b.panelRows*w.cols
	n := (s.c.Cols-1)/w.cols*next + s.depth*w.cols
	full := w.tiles[len(w.tiles)-1].one.float32
	switch {
	case b.Format == Float32:
		runTiles(w, s, (*panelTiles).forFloat32, panelView[float32]{data: b.floats[at:][:n], next: next})
	case w.tiles[0].one.float16 == nil: // nor is there one for integers
		w.expandAndRun(s, b, col, at, n)
	case b.Format == Float16:
		view := panelView[uint16]{data: b.halves[at:][:n], next: next}
		runNarrow(w, s, (*panelTiles).forFloat16, w.expanding.float16, full, view)
	case b.Format == BFloat16:
		view := panelView[uint16]{data: b.halves[at:][:n], next: next}
		runNarrow(w, s, (*panelTiles).forBFloat16, w.expanding.bfloat16, full, view)
	default:
		view := panelView[int8]{data: b.ints[at:][:n], next: next, scales: b.scales[col:]}
		runNarrow(w, s, (*panelTiles).forInt8, w.expanding.int8, w.expanding.expandedInt8, view)
	}
}

// expandAndRun expands n elements of one panel, and multiplies by them.
func (w *Worker) expandAndRun(s strip, b Packed, col, at, n int) {
	view := panelView[float32]{data: w.panelScratch()[:n]}
	if b.Format == Int8 {
		expandInt8(view.data, b.ints[at:][:n])
		view.scales = b.scales[col:][:w.cols]
	} else {
		w.Expand(view.data, b.halves[at:][:n], b.Format)
	}
	runTiles(w, s, (*panelTiles).forFloat32, view)
}

// runNarrow multiplies by elements narrower than float32. The first of several
// whole tiles leaves the panel behind in float32, by which full multiplies the
// others.
func runNarrow[E element](w *Worker, s strip, routine func(*panelTiles) tile[E], expanding expandingTile[E], full tile[float32], b panelView[E]) {
	whole := w.wholeTiles(s)
	if whole < 2 {
		runTiles(w, s, routine, b)
		return
	}
	first, floats := &s.blocks[0], w.panelScratch()[:len(b.data)]
	expanding(s.depth, first.data, first.row, first.col, b, s.c.Data, s.c.RowStride, s.alpha, s.beta, floats)
	runWhole(w, s, full, 1, whole, panelView[float32]{data: floats, scales: b.scales})
	runRest(w, s, routine, whole, b)
}

// wholeTiles is how many blocks are whole tiles of one panel.
func (w *Worker) wholeTiles(s strip) int {
	if s.c.Cols != w.cols {
		return 0
	}
	return s.c.Rows / w.rows
}

// callTerms is how much one call of a routine computes at most, in rows times
// depth, so that it lasts below some microseconds.
const callTerms = 24 * blockDepth

// runTiles runs routines on all blocks: whole tiles several at once, one that is
// not whole aside.
func runTiles[E element](w *Worker, s strip, routine func(*panelTiles) tile[E], b panelView[E]) {
	if s.c.Cols > w.cols {
		a := &s.blocks[0]
		run := routine(&a.tiles.several)
		run(1, s.depth, a.data, a.row, a.col, 0, b, s.c.Data, s.c.RowStride, s.alpha, s.beta)
		return
	}
	whole := w.wholeTiles(s)
	runWhole(w, s, routine(&w.tiles[len(w.tiles)-1].one), 0, whole, b)
	runRest(w, s, routine, whole, b)
}

// runWhole runs the routine for the most rows on the tiles from first to before
// end.
func runWhole[E element](w *Worker, s strip, run tile[E], first, end int, b panelView[E]) {
	most := max(1, callTerms/(s.depth*w.rows))
	for i := first; i < end; {
		a, tiles := &s.blocks[i], min(most, end-i)
		out := s.c.Data[i*w.rows*s.c.RowStride:]
		run(tiles, s.depth, a.data, a.row, a.col, a.next, b, out, s.c.RowStride, s.alpha, s.beta)
		i += tiles
	}
}

// runRest runs routines on the blocks from first on.
func runRest[E element](w *Worker, s strip, routine func(*panelTiles) tile[E], first int, b panelView[E]) {
	for i := first; i < len(s.blocks); i++ {
		a := &s.blocks[i]
		runTile(w, s, routine(&a.tiles.one), a, b, s.c.block(i*w.rows, 0, a.rows, s.c.Cols))
	}
}

// runTile runs a routine on one block; a tile that is not whole is computed
// aside, and the part that exists is copied.
func runTile[E element](w *Worker, s strip, run tile[E], a *leftBlock, b panelView[E], c Matrix) {
	if a.rows == a.tiles.rows && c.Cols == w.cols {
		run(1, s.depth, a.data, a.row, a.col, 0, b, c.Data, c.RowStride, s.alpha, s.beta)
		return
	}
	for r := 0; r < c.Rows && s.beta != 0; r++ {
		copy(w.edge[r*w.cols:][:c.Cols], c.Data[r*c.RowStride:])
	}
	run(1, s.depth, a.data, a.row, a.col, 0, b, w.edge, w.cols, s.alpha, s.beta)
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
