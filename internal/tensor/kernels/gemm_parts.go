package kernels

// setPass chooses what the next pass multiplies, with b packed into buffer.
func (p *product) setPass(t *Team, buffer []float32, first, row, depth, col, cols int) {
	p.first, p.row, p.depth, p.col, p.cols = first, row, depth, col, cols
	p.packed = t.set.packedView(buffer, depth, cols)
	p.packedLen = 0
	if p.b.BatchStride != 0 {
		p.packedLen = t.set.PackedLen(depth, cols)
	}
	const leastElements = 32 << 10 // worth the hand-over
	p.packPanels = max(1, leastElements/(depth*t.set.cols))
}

// runPass packs b for batch matrices and multiplies by it, each on the whole
// team.
func (t *Team) runPass(c *call, batch int) error {
	p := &c.product
	p.split(t, batch)
	packs := (p.packed.panels() + p.packPanels - 1) / p.packPanels * p.distinct(batch)
	return t.run(c, Step{packStep{p}, packs}, Step{multiplyStep{p}, p.parts(batch)})
}

// split chooses the parts of multiplyStep: blocks of whole tiles of rows, some
// for each thread so that all end together, and where the rows are too few,
// blocks of panels; none is smaller than is worth the hand-over. An element is
// computed alike in any part.
func (p *product) split(t *Team, batch int) {
	const (
		rowParts, allParts = 24, 8   // for each thread
		leastWork          = 1 << 17 // multiplications, some microseconds
		leastRows          = 8       // fewer take as long: memory is what they wait for
	)
	rows, cols, depth := p.c.Rows, p.packed.Cols, p.packed.Rows
	p.partRows, p.partCols = leftRows, cols
	if t.threads > 1 {
		least := max(rows*batch/(rowParts*t.threads), leastWork/(depth*cols)) + 1
		p.partRows = min(leftRows, roundUp(least, t.set.rows))
		down := (rows + p.partRows - 1) / p.partRows * batch
		across := max(1, allParts*t.threads/down)
		work := max(leastRows, min(rows, p.partRows)) * depth
		p.partCols = roundUp(max((cols+across-1)/across, leastWork/work+1), t.set.cols)
	}
	p.partsDown = (rows + p.partRows - 1) / p.partRows
	p.partsAcross = (cols + p.partCols - 1) / p.partCols
}

// parts is how many multiplyStep has for so many matrices.
func (p *product) parts(batch int) int { return p.partsDown * p.partsAcross * batch }

// packStep packs b.
type packStep struct{ *product }

func (p packStep) Do(w *Worker, i int) error {
	panels := p.packed.panels()
	parts := (panels + p.packPanels - 1) / p.packPanels
	packed := p.packedAt(w, i/parts)
	for panel := i % parts * p.packPanels; panel < min((i%parts+1)*p.packPanels, panels); panel++ {
		if p.half.Format != Float32 {
			w.packHalfPanel(packed, p.half.block(p.row, p.col, p.depth, p.cols), panel)
		} else {
			w.packPanel(packed, p.b.at(p.first+i/parts).block(p.row, p.col, p.depth, p.cols), panel)
		}
	}
	return nil
}

// packedAt is the packed factor of one matrix of the pass.
func (p *product) packedAt(w *Worker, i int) Packed {
	if p.packedLen == 0 {
		return p.packed
	}
	data := p.packed.floats[:cap(p.packed.floats)]
	return w.packedView(data[i*p.packedLen:], p.depth, p.cols)
}

// multiplyStep multiplies a by the packed b.
type multiplyStep struct{ *product }

func (p multiplyStep) Do(w *Worker, i int) error {
	matrix, i := i/(p.partsDown*p.partsAcross), i%(p.partsDown*p.partsAcross)
	row, col := i/p.partsAcross*p.partRows, i%p.partsAcross*p.partCols
	rows, end := min(p.partRows, p.c.Rows-row), min(col+p.partCols, p.packed.Cols)
	a := p.a.at(p.first+matrix).block(row, p.row, rows, p.packed.Rows)
	c := p.c.at(p.first+matrix).block(row, p.col+col, rows, end-col)
	w.multiply(p.alpha, a, p.packedAt(w, matrix).colRange(col, end), p.beta, c)
	return nil
}
