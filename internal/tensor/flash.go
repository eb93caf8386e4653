package tensor

import (
	"math"

	"runx/internal/tensor/kernels"
)

// FlashAttention computes the same as NaiveAttention, up to rounding, in tiles
// with an online softmax: T. Dao et al., "FlashAttention", arXiv 2205.14135
// (2022), algorithm 1. The score tensor never exists; memory is linear in
// SeqLen: copies of k and v in the order that the kernels read, and one tile
// for each thread. With Causal, tiles above the diagonal are skipped. out must
// not overlap q, k or v.
//
// A single query is computed in ranges of keys, whose results are then brought
// together, so that all threads have work: T. Dao et al., "Flash-Decoding for
// long-context inference" (2023). The ranges are the same for any number of
// threads.
func (e *Engine) FlashAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkCall(a, q, k, v, out); err != nil {
		return err
	}
	return e.flashAttention(a, contiguous(s, q, k, v, out), nil)
}

const (
	// flashRows and flashCols are the size of a tile of scores: queries times
	// keys. A tile and the keys and values it needs stay in the second-level
	// cache. flashCols is a multiple of every set's ColStep.
	flashRows = 48
	flashCols = 512
	// flashPad keeps the rows of a tile out of the same cache sets.
	flashPad = 16
	// With one query a tile is a range of keys: as long as memory is read fast,
	// from flashCols to mostRangeKeys, and short enough for leastRanges parts.
	mostRangeKeys, leastRanges = 4 * flashCols, 8
)

// flashAttention leaves in logSums, unless that is nil, what the gradient needs
// of each row, [Batch, Heads, SeqLen]: see logSum.
func (e *Engine) flashAttention(a *Arena, c attention, logSums []float32) error {
	f := e.flashes.Take()
	defer e.flashes.Give(f)
	f.attention = c
	f.cols = f.tileCols()
	if err := f.pack(a, e.team.Set()); err != nil {
		return err
	}
	defer f.unpack(a)
	var err error
	if f.tiles, err = a.Alloc(e.team.Threads() * f.tileLen()); err != nil {
		return err
	}
	defer a.release(f.tiles)
	if f.ranges() > 1 {
		if f.partial, err = a.Alloc(f.ranges() * c.Batch * c.Heads * (c.HeadDim + 2)); err != nil {
			return err
		}
		defer a.release(f.partial)
	}
	f.logSums = separate(logSums, c.Heads, c.SeqLen, 1)
	return f.compute(e)
}

// flashCall is one call of flash attention; a part is a block of rows of one
// sequence and a range of keys.
type flashCall struct {
	attention
	cols    int       // how many keys a tile has
	tiles   []float32 // tileLen for each worker
	partial []float32 // where there are several ranges of keys: see partialRows
	logSums headRows
	bundles bundles
}

func (f *flashCall) compute(e *Engine) error {
	sequences, _ := f.sequences()
	blocks := sequences * f.blocks(flashRows)
	joined := 0
	if f.ranges() > 1 {
		joined = blocks
	}
	_, rows := f.sequences()
	pairs := min(rows, flashRows) * f.Keys / f.ranges()
	b := &f.bundles
	return e.Run(
		f.keys.step(b),
		f.values.step(b),
		b.step(f, blocks*f.ranges(), pairs*f.HeadDim/productsAnElement),
		b.step((*flashJoin)(f), joined, f.group()*f.ranges()*f.HeadDim),
	)
}

// tileLen is what one worker needs: a tile of scores, and for each of its rows
// the largest score so far and the sum of exponentials so far.
func (f *flashCall) tileLen() int {
	_, rows := f.sequences()
	return min(flashRows, rows) * (f.cols + flashPad + 2)
}

// tileCols is how many keys a tile has.
func (f *flashCall) tileCols() int {
	if !f.grouped() {
		return flashCols
	}
	sequences, _ := f.sequences()
	ranges := leastRanges/max(sequences, 1) + 1
	return min((max(f.Keys, 1)-1)/(ranges*flashCols)*flashCols+flashCols, mostRangeKeys)
}

// ranges is how many ranges of keys are computed apart, each one tile.
func (f *flashCall) ranges() int {
	if !f.grouped() {
		return 1
	}
	return max((f.Keys+f.cols-1)/f.cols, 1)
}

// block is one block of rows. With Causal the last ones of a sequence take
// longest; they come first, so that the threads end together.
func (f *flashCall) block(i int) rowBlock {
	sequences, rows := f.sequences()
	first := (f.blocks(flashRows) - 1 - i/sequences) * flashRows
	return f.attention.block(i%sequences, first, min(flashRows, rows-first))
}

// Do computes one block of rows of out, or of the partial sums of a range.
func (f *flashCall) Do(w *kernels.Worker, i int) error {
	b := f.newBlock(w, f.block(i/f.ranges()), i%f.ranges())
	keys, err := f.keys.at(w.Set, b.kv, f.Keys)
	if err != nil {
		return err
	}
	values, err := f.values.at(w.Set, b.kv, f.Keys)
	if err != nil {
		return err
	}
	for col := b.begin; col < b.end; col += f.cols {
		if err := b.addKeys(keys, values, col, min(f.cols, b.end-col)); err != nil {
			return err
		}
	}
	if f.ranges() == 1 {
		b.normalise()
	}
	return nil
}

// flashBlock is a block of rows while the keys pass by. After each tile, row r
// of out is the sum of exp(score-largest[r])*v over the keys so far, and sums[r]
// the sum of those exponentials.
type flashBlock struct {
	rowBlock
	call          *flashCall
	w             *kernels.Worker
	begin, end    int // the keys: of the range, as far as the last row sees
	queries, out  kernels.Matrix
	scores        []float32
	largest, sums []float32
}

func (f *flashCall) newBlock(w *kernels.Worker, rows rowBlock, part int) flashBlock {
	b := flashBlock{
		rowBlock: rows, call: f, w: w,
		end:     f.seen(rows, rows.count-1),
		queries: f.rows(f.q, rows, f.HeadDim),
	}
	tile := f.tiles[w.Index()*f.tileLen():][:f.tileLen()]
	if f.ranges() == 1 {
		b.out = f.rows(f.out, rows, f.HeadDim)
		b.largest, b.sums = tile[:rows.count], tile[rows.count:2*rows.count]
	} else {
		b.begin, b.end = part*f.cols, min((part+1)*f.cols, b.end)
		b.out, b.largest, b.sums = f.partialRows(rows, part)
	}
	b.scores = tile[2*rows.count:]
	for r := range rows.count {
		b.largest[r], b.sums[r] = float32(math.Inf(-1)), 0
		if b.begin >= b.end {
			clear(b.outRow(r))
		}
	}
	return b
}

// addKeys adds the keys and values from col on to the block.
func (b *flashBlock) addKeys(keys, values kernels.Packed, col, count int) error {
	keys, err := keys.ColRange(col, col+count)
	if err != nil {
		return err
	}
	if values, err = values.RowRange(col, col+count); err != nil {
		return err
	}
	tile := kernels.Matrix{
		Data: b.scores, Rows: b.count, Cols: count,
		RowStride: b.call.cols + flashPad, ColStride: 1,
	}
	if err := b.w.GemmPacked(1, b.queries, keys, 0, tile); err != nil {
		return err
	}
	for r := range tile.Rows {
		b.softmaxRow(r, col, matrixRow(tile, r))
	}
	var beta float32
	if col > b.begin {
		beta = 1
	}
	return b.w.GemmPacked(1, tile, values, beta, b.out)
}

// softmaxRow turns the scores of row r into exponentials and brings what the
// row has summed so far to the same largest score.
func (b *flashBlock) softmaxRow(r, col int, scores []float32) {
	visible := min(max(b.call.seen(b.rowBlock, r)-col, 0), len(scores))
	clear(scores[visible:])
	scores = scores[:visible]
	scale := b.call.scale()
	before := b.largest[r]
	b.largest[r] = max(before, b.w.Max(scores))
	bias := kernels.SoftmaxBias(b.largest[r])
	if col > b.begin && b.largest[r] != before {
		factor := exp((before - bias) * scale)
		b.sums[r] *= factor
		out := b.outRow(r)
		b.w.Scale(out, out, factor)
	}
	b.sums[r] += b.w.ExpSum(scores, scores, bias, scale)
}

// normalise divides each row by its sum; a row that saw nothing stays zero.
func (b *flashBlock) normalise() {
	for r := range b.out.Rows {
		b.call.finish(b.w, b.rowBlock, r, b.outRow(r), b.largest[r], b.sums[r])
	}
}

// finish divides a row by the sum of its exponentials and notes what the
// gradient will need.
func (f *flashCall) finish(w *kernels.Worker, b rowBlock, r int, out []float32, largest, sum float32) {
	if sum != 0 {
		w.Scale(out, out, 1/sum)
	}
	if f.logSums.data == nil {
		return
	}
	logSums := f.rows(f.logSums, b, 1)
	logSums.Data[r*logSums.RowStride] = logSum(largest, sum, f.scale())
}

// logSum is the logarithm of the sum of exp(score*scale) of a row, divided by
// scale: what scores minus it is, times scale, is the logarithm of their
// probability. A row that saw nothing has zero.
func logSum(largest, sum, scale float32) float32 {
	if sum == 0 {
		return 0
	}
	return kernels.SoftmaxBias(largest) + float32(math.Log(float64(sum))/float64(scale))
}

func (b *flashBlock) outRow(r int) []float32 { return matrixRow(b.out, r) }

func exp(x float32) float32 { return float32(math.Exp(float64(x))) }
