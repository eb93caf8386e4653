package tensor

import "runx/internal/tensor/kernels"

const (
	// flashGradRows and flashGradCols are the size of a tile of the gradient:
	// queries times keys. flashGradCols is a multiple of every set's ColStep.
	flashGradRows = 96
	flashGradCols = 256
)

// flashGradient adds the gradients of attention, computing the probabilities
// again tile by tile from the sums that the forward call left: T. Dao,
// "FlashAttention-2", arXiv 2307.08691 (2023), algorithm 2. Memory is linear in
// SeqLen and Keys: copies of the factors in the order that the kernels read, one
// number a row, and two tiles for each thread.
func (e *Engine) flashGradient(a *Arena, g attentionGradient, logSums []float32) error {
	f := &flashGradient{attentionGradient: g}
	f.logSums = separate(logSums, f.Heads, f.SeqLen, 1)
	taken, err := f.allocate(a, e.team)
	defer taken.release(a)
	if err != nil {
		return err
	}
	return e.Run(f.steps(e.Threads())...)
}

// flashGradient is one call.
type flashGradient struct {
	attentionGradient
	factors gradientFactors
	logSums headRows
	deltas  headRows // of each row: rowsum(probs∘dprobs), which is that of out∘dout
	tiles   []float32
}

// flashGradTileLen is what one tile takes.
const flashGradTileLen = flashGradRows * (flashGradCols + flashPad)

func (f *flashGradient) allocate(a *Arena, team *kernels.Team) (blockList, error) {
	taken, err := f.factors.allocate(a, team.Set(), &f.attentionGradient, true)
	if err != nil {
		return taken, err
	}
	deltas, err := taken.take(a, f.Batch*f.Heads*f.SeqLen)
	if err != nil {
		return taken, err
	}
	f.deltas = separate(deltas, f.Heads, f.SeqLen, 1)
	f.tiles, err = taken.take(a, team.Threads()*2*flashGradTileLen)
	return taken, err
}

// steps: where there are sequences enough for the threads, each is one part,
// which computes every tile once. Otherwise the blocks of queries are parts and
// then those of keys, and tiles are computed twice. Either way every element is
// the same sum in the same order.
func (f *flashGradient) steps(threads int) []kernels.Step {
	const partsPerThread = 2
	b := &f.bundles
	steps := f.factors.steps(b)
	heads, group := f.Batch*f.Heads, f.group()
	rowProduct := min(f.SeqLen, flashGradRows) * f.Keys * f.HeadDim / productsAnElement
	keyProduct := min(f.Keys, flashGradCols) * f.SeqLen * group * f.HeadDim / productsAnElement
	if f.forScores() {
		steps = append(steps, b.step(flashDeltas{f}, heads*f.queryBlocks(flashGradRows), min(f.SeqLen, flashGradRows)*f.HeadDim))
	}
	if !f.shared && (threads == 1 || f.keySequences() >= partsPerThread*threads) {
		return append(steps, b.step(flashSequenceGradient{f}, f.keySequences(), keyProduct*f.keyBlocks(flashGradCols)))
	}
	if f.dq.data != nil {
		steps = append(steps, b.step(flashQueryGradient{f}, heads*f.queryBlocks(flashGradRows), rowProduct))
	}
	if f.dk.data != nil || f.dv.data != nil {
		steps = append(steps, b.step(flashKeyGradient{f}, f.keySequences()*f.keyBlocks(flashGradCols), keyProduct))
	}
	return steps
}
