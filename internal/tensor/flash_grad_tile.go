package tensor

import "runx/internal/tensor/kernels"

// flashDeltas computes deltas = rowsum(out∘dout).
type flashDeltas struct{ *flashGradient }

func (f flashDeltas) Do(w *kernels.Worker, i int) error {
	b := f.queryBlock(i, flashGradRows)
	out := f.out.positions(b.batch, b.head, b.query, b.count, f.HeadDim)
	dout := f.dout.positions(b.batch, b.head, b.query, b.count, f.HeadDim)
	deltas := f.deltas.from(b.batch, b.head, b.query)
	for r := range b.count {
		deltas[r] = w.Dot(matrixRow(out, r), matrixRow(dout, r))
	}
	return nil
}

// flashSequenceGradient does all tiles of one sequence of keys, in the order of
// flashQueryGradient and of flashKeyGradient.
type flashSequenceGradient struct{ *flashGradient }

func (f flashSequenceGradient) Do(w *kernels.Worker, i int) error {
	blocks := f.keyBlocks(flashGradCols)
	for k := range blocks {
		if err := f.addOverQueries(w, f.keyBlock(i*blocks+k, flashGradCols), f.dq.data != nil, true); err != nil {
			return err
		}
	}
	return nil
}

// flashQueryGradient adds to dq of one block of queries.
type flashQueryGradient struct{ *flashGradient }

func (f flashQueryGradient) Do(w *kernels.Worker, i int) error {
	b := f.queryBlock(i, flashGradRows)
	blocks := f.keyBlocks(flashGradCols)
	for k := range blocks {
		tile := flashGradTile{f.flashGradient, w, b, f.keyBlock(b.kv*blocks+k, flashGradCols)}
		if err := tile.add(true, false); err != nil {
			return err
		}
	}
	return nil
}

// flashKeyGradient adds to dk and dv of one block of keys.
type flashKeyGradient struct{ *flashGradient }

func (f flashKeyGradient) Do(w *kernels.Worker, i int) error {
	return f.addOverQueries(w, f.keyBlock(i, flashGradCols), false, true)
}

// addOverQueries does the tiles of a block of keys: all heads of the group, all
// queries.
func (f *flashGradient) addOverQueries(w *kernels.Worker, keys keyBlock, toQueries, toKeys bool) error {
	blocks := f.queryBlocks(flashGradRows)
	first := (keys.batch*f.Heads + keys.kvHead*f.group()) * blocks
	for i := range f.group() * blocks {
		tile := flashGradTile{f, w, f.queryBlock(first+i, flashGradRows), keys}
		if err := tile.add(toQueries, toKeys); err != nil {
			return err
		}
	}
	return nil
}

// flashGradTile is a block of queries times a block of keys.
type flashGradTile struct {
	*flashGradient
	w       *kernels.Worker
	queries rowBlock
	keys    keyBlock
}

// add computes the probabilities of the tile and adds its contribution to dq, or
// to dk and dv, or to all three.
func (t flashGradTile) add(toQueries, toKeys bool) error {
	if t.keys.count = t.seenBy(t.queries.count - 1); t.keys.count == 0 {
		return nil
	}
	probs, dscores := t.scratch()
	if err := t.probabilities(probs); err != nil {
		return err
	}
	if toKeys && t.dv.data != nil {
		if err := t.addToKeys(probs, &t.factors.doutRows, t.dv); err != nil {
			return err
		}
	}
	if !t.forScores() {
		return nil
	}
	if err := t.scores(probs, dscores); err != nil {
		return err
	}
	if toKeys && t.dk.data != nil {
		if err := t.addToKeys(dscores, &t.factors.queryRows, t.dk); err != nil {
			return err
		}
	}
	if toQueries {
		return t.addToQueries(dscores)
	}
	return nil
}

// seenBy is how many keys of the tile row r attends to.
func (t flashGradTile) seenBy(r int) int {
	return min(max(t.visible(t.queries.query+r)-t.keys.first, 0), t.keys.count)
}

// scratch is the worker's room for two tiles.
func (t flashGradTile) scratch() (probs, dscores kernels.Matrix) {
	room := t.tiles[t.w.Index()*2*flashGradTileLen:][:2*flashGradTileLen]
	m := kernels.Matrix{Rows: t.queries.count, Cols: t.keys.count, RowStride: flashGradCols + flashPad, ColStride: 1}
	probs, dscores = m, m
	probs.Data, dscores.Data = room[:flashGradTileLen], room[flashGradTileLen:]
	return probs, dscores
}

// product computes c = a*b with the keys of the tile in the columns of b.
func (t flashGradTile) product(a headRows, b *packing, c kernels.Matrix) error {
	right, err := b.at(t.w.Set, t.queries.kv, t.Keys)
	if err != nil {
		return err
	}
	if right, err = right.ColRange(t.keys.first, t.keys.first+t.keys.count); err != nil {
		return err
	}
	q := t.queries
	return t.w.GemmPacked(1, a.positions(q.batch, q.head, q.query, q.count, t.HeadDim), right, 0, c)
}

// probabilities computes probs = exp(q*kᵀ*scale - logarithm of the row's sum).
func (t flashGradTile) probabilities(probs kernels.Matrix) error {
	if err := t.product(t.q, &t.factors.keyCols, probs); err != nil {
		return err
	}
	q := t.queries
	logSums := t.logSums.from(q.batch, q.head, q.query)
	for r := range q.count {
		row, seen := matrixRow(probs, r), t.seenBy(r)
		t.w.ExpSum(row[:seen], row[:seen], logSums[r], t.scale())
		clear(row[seen:])
	}
	return nil
}

// scores computes dscores = probs∘(dout*vᵀ - deltas) * scale.
func (t flashGradTile) scores(probs, dscores kernels.Matrix) error {
	if err := t.product(t.dout, &t.factors.valueCols, dscores); err != nil {
		return err
	}
	q := t.queries
	deltas := t.deltas.from(q.batch, q.head, q.query)
	for r := range q.count {
		row, seen := matrixRow(dscores, r), t.seenBy(r)
		t.w.ScoreGrad(row[:seen], matrixRow(probs, r)[:seen], row[:seen], deltas[r], t.scale())
		clear(row[seen:])
	}
	return nil
}

// addToKeys adds tileᵀ*b to rows of keys or values, b having a row a query.
func (t flashGradTile) addToKeys(tile kernels.Matrix, b *packing, sum headRows) error {
	q := t.queries
	right, err := b.at(t.w.Set, q.batch*t.Heads+q.head, t.SeqLen)
	if err != nil {
		return err
	}
	if right, err = right.RowRange(q.query, q.query+q.count); err != nil {
		return err
	}
	k := t.keys
	return t.w.GemmPacked(1, tile.Transposed(), right, 1, sum.positions(k.batch, k.kvHead, k.first, k.count, t.HeadDim))
}

// addToQueries adds dscores*k to dq.
func (t flashGradTile) addToQueries(dscores kernels.Matrix) error {
	q := t.queries
	right, err := t.factors.keyRows.at(t.w.Set, q.kv, t.Keys)
	if err != nil {
		return err
	}
	if right, err = right.RowRange(t.keys.first, t.keys.first+t.keys.count); err != nil {
		return err
	}
	return t.w.GemmPacked(1, dscores, right, 1, t.dq.positions(q.batch, q.head, q.query, q.count, t.HeadDim))
}
