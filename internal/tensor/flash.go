package tensor

import (
	"math"

	"runx/internal/tensor/kernels"
)

const (
	// flashRows and flashCols are the size of a tile of scores: queries times
	// keys. A tile and the keys and values it needs stay in the second-level
	// cache. flashCols is a multiple of every set's ColStep.
	flashRows = 48
	flashCols = 512
	// flashPad keeps the rows of a tile out of the same cache sets.
	flashPad = 16
)

// FlashAttention computes the same as NaiveAttention, up to rounding, in tiles
// with an online softmax: T. Dao et al., "FlashAttention", arXiv 2205.14135
// (2022), algorithm 1. The score tensor never exists; memory is linear in
// SeqLen: copies of k and v in the order that the kernels read, and one tile
// for each thread. With Causal, tiles above the diagonal are skipped. out must
// not overlap q, k or v.
func (e *Engine) FlashAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkCall(a, q, k, v, out); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	call := e.attentions.takeFlash()
	defer e.attentions.giveFlash(call)
	call.attention = attention{AttentionShape: s, q: q, k: k, v: v, out: out}
	return call.run(e.team, a)
}

// flashCall is one call of FlashAttention; a part is one block of queries of one
// sequence.
type flashCall struct {
	attention
	keys, values packing
	tiles        []float32 // flashTileLen for each worker
}

// flashTileLen is what one worker needs: a tile of scores, and for each of its
// rows the largest score so far and the sum of exponentials so far.
const flashTileLen = flashRows * (flashCols + flashPad + 2)

func (f *flashCall) run(team *kernels.Team, a *Arena) error {
	var err error
	if f.keys, err = newPacking(a, team.Set(), f.AttentionShape, f.k, true); err != nil {
		return err
	}
	defer a.release(f.keys.packed)
	if f.values, err = newPacking(a, team.Set(), f.AttentionShape, f.v, false); err != nil {
		return err
	}
	defer a.release(f.values.packed)
	if f.tiles, err = a.Alloc(team.Threads() * flashTileLen); err != nil {
		return err
	}
	defer a.release(f.tiles)
	return team.Run(
		kernels.Step{Task: &f.keys, Parts: f.sequences()},
		kernels.Step{Task: &f.values, Parts: f.sequences()},
		kernels.Step{Task: f, Parts: f.sequences() * f.blocks()},
	)
}

func (f *flashCall) blocks() int { return (f.SeqLen + flashRows - 1) / flashRows }

// Do computes one block of rows of out. With Causal the last blocks take
// longest; they come first, so that the threads end together.
func (f *flashCall) Do(w *kernels.Worker, i int) error {
	sequence, first := i%f.sequences(), (f.blocks()-1-i/f.sequences())*flashRows
	count := min(flashRows, f.SeqLen-first)
	keys, err := f.keys.at(w.Set, sequence)
	if err != nil {
		return err
	}
	values, err := f.values.at(w.Set, sequence)
	if err != nil {
		return err
	}
	b := newFlashBlock(f, w, sequence, first, count)
	for col := 0; col < b.end; col += flashCols {
		if err := b.addKeys(keys, values, col, min(flashCols, b.end-col)); err != nil {
			return err
		}
	}
	b.normalise()
	return nil
}

// flashBlock is a block of queries while the keys pass by. After each tile, row
// r of out is the sum of exp(score-largest[r])*v over the keys so far, and
// sums[r] the sum of those exponentials.
type flashBlock struct {
	w             *kernels.Worker
	scale         float32
	causal        bool
	first, end    int // first query, end of the keys that the last query sees
	queries, out  kernels.Matrix
	scores        []float32
	largest, sums []float32
}

func newFlashBlock(f *flashCall, w *kernels.Worker, sequence, first, count int) flashBlock {
	tile := f.tiles[w.Index()*flashTileLen:][:flashTileLen]
	largest, sums, scores := tile[:flashRows], tile[flashRows:2*flashRows], tile[2*flashRows:]
	b := flashBlock{
		w: w, scale: f.scale(), causal: f.Causal, first: first, end: f.SeqLen,
		queries: f.rows(f.q, sequence, first, count),
		out:     f.rows(f.out, sequence, first, count),
		scores:  scores, largest: largest, sums: sums,
	}
	if f.Causal {
		b.end = first + count
	}
	for r := range flashRows {
		largest[r], sums[r] = float32(math.Inf(-1)), 0
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
		Data: b.scores, Rows: b.queries.Rows, Cols: count,
		RowStride: flashCols + flashPad, ColStride: 1,
	}
	if err := b.w.GemmPacked(1, b.queries, keys, 0, tile); err != nil {
		return err
	}
	for r := range tile.Rows {
		b.softmaxRow(r, col, tile.Data[r*tile.RowStride:][:count])
	}
	var beta float32
	if col > 0 {
		beta = 1
	}
	return b.w.GemmPacked(1, tile, values, beta, b.out)
}

// softmaxRow turns the scores of row r into exponentials and brings what the
// row has summed so far to the same largest score.
func (b *flashBlock) softmaxRow(r, col int, scores []float32) {
	visible := len(scores)
	if b.causal {
		visible = min(max(b.first+r+1-col, 0), len(scores))
	}
	clear(scores[visible:])
	scores = scores[:visible]
	before := b.largest[r]
	b.largest[r] = max(before, b.w.Max(scores))
	bias := kernels.SoftmaxBias(b.largest[r])
	if col > 0 && b.largest[r] != before {
		factor := float32(math.Exp(float64((before - bias) * b.scale)))
		b.sums[r] *= factor
		out := b.outRow(r)
		b.w.Scale(out, out, factor)
	}
	b.sums[r] += b.w.ExpSum(scores, scores, bias, b.scale)
}

// normalise divides each row by its sum; a row that saw nothing stays zero.
func (b *flashBlock) normalise() {
	for r := range b.out.Rows {
		if sum := b.sums[r]; sum != 0 {
			out := b.outRow(r)
			b.w.Scale(out, out, 1/sum)
		}
	}
}

func (b *flashBlock) outRow(r int) []float32 { return b.out.Data[r*b.out.Cols:][:b.out.Cols] }
