package tensor

import (
	"math"

	"runx/internal/tensor/kernels"
)

// NaiveAttention computes softmax(q*kᵀ/sqrt(HeadDim))*v into out as eager
// frameworks do, one operation after the other: all scores, the causal mask,
// the softmax into a second tensor, the product with v. The score tensor and
// the probability tensor, each [Batch, Heads, SeqLen, Keys], are taken from
// the arena whole, besides copies of k and v in the order that the kernels
// read; all are freed at the end. out must not overlap q, k or v.
//
// NaN and Inf in the inputs give NaN in the rows of out that they reach.
// A row whose scores are all -Inf attends to nothing and gives zeros.
func (e *Engine) NaiveAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkCall(a, q, k, v, out); err != nil {
		return err
	}
	return e.naiveAttention(a, contiguous(s, q, k, v, out), nil)
}

// naiveAttention leaves the probabilities in probs, or frees them if that is nil.
func (e *Engine) naiveAttention(a *Arena, c attention, probs []float32) error {
	n := e.naives.Take()
	defer e.naives.Give(n)
	n.attention, n.set = c, e.team.Set()
	if err := n.pack(a, n.set); err != nil {
		return err
	}
	defer n.unpack(a)
	scores, err := a.Alloc(n.ScoreElems())
	if err != nil {
		return err
	}
	defer a.release(scores)
	if probs == nil {
		if probs, err = a.Alloc(n.ScoreElems()); err != nil {
			return err
		}
		defer a.release(probs)
	}
	n.scores = separate(scores, n.Heads, n.SeqLen, n.Keys)
	n.probs = separate(probs, n.Heads, n.SeqLen, n.Keys)
	return n.compute(e)
}

const (
	// naiveRows is how many rows of one sequence a part of a step handles.
	naiveRows = 96
	// naiveCols is how many keys a part handles where a sequence is one block of
	// rows. It is a multiple of every set's ColStep.
	naiveCols = 1024
)

// naiveCall is one call of naive attention. Each step is a task over blocks of
// rows of all sequences and ends before the next begins.
type naiveCall struct {
	attention
	set           *kernels.Set
	scores, probs headRows
	bundles       bundles
}

func (n *naiveCall) compute(e *Engine) error {
	sequences, _ := n.sequences()
	blocks := sequences * n.blocks(naiveRows)
	masked := 0
	if n.Causal && !n.grouped() {
		masked = blocks
	}
	_, rows := n.sequences()
	pairs := min(rows, naiveRows) * n.Keys
	product := pairs * n.HeadDim / productsAnElement
	b := &n.bundles
	return e.Run(
		n.keys.step(b),
		n.values.step(b),
		b.step(naiveScores{n}, blocks*n.keyRanges(), product/n.keyRanges()),
		b.step(naiveMask{n}, masked, pairs),
		b.step(naiveSoftmax{n}, blocks, pairs),
		b.step(naiveOutput{n}, blocks*n.valueRanges(), product/n.valueRanges()),
	)
}

// keyRanges and valueRanges are into how many parts the columns of a block's
// scores and of its output are split: with one query there are few blocks. No
// element is computed otherwise for that.
func (n *naiveCall) keyRanges() int {
	if !n.grouped() {
		return 1
	}
	return max((n.Keys+naiveCols-1)/naiveCols, 1)
}

func (n *naiveCall) valueRanges() int {
	if !n.grouped() {
		return 1
	}
	return (n.HeadDim + n.set.ColStep() - 1) / n.set.ColStep()
}

// product computes columns [first, end) of c = alpha*a*b.
func product(w *kernels.Worker, alpha float32, a kernels.Matrix, b kernels.Packed, c kernels.Matrix, first, end int) error {
	b, err := b.ColRange(first, end)
	if err != nil {
		return err
	}
	c.Data, c.Cols = c.Data[min(first, len(c.Data)):], end-first
	return w.GemmPacked(alpha, a, b, 0, c)
}

// naiveScores computes scores = q*kᵀ/sqrt(HeadDim).
type naiveScores struct{ *naiveCall }

func (n naiveScores) Do(w *kernels.Worker, i int) error {
	b, part := n.blockAt(i/n.keyRanges(), naiveRows), i%n.keyRanges()
	keys, err := n.keys.at(w.Set, b.kv, n.Keys)
	if err != nil {
		return err
	}
	first, end := 0, n.Keys
	if n.grouped() {
		first, end = part*naiveCols, min((part+1)*naiveCols, n.Keys)
	}
	return product(w, n.scale(), n.rows(n.q, b, n.HeadDim), keys, n.rows(n.scores, b, n.Keys), first, end)
}

// naiveMask sets the scores of keys that a query does not attend to to -Inf.
type naiveMask struct{ *naiveCall }

func (n naiveMask) Do(_ *kernels.Worker, i int) error {
	masked := float32(math.Inf(-1))
	b := n.blockAt(i, naiveRows)
	scores := n.rows(n.scores, b, n.Keys)
	for r := range b.count {
		future := matrixRow(scores, r)[n.seen(b, r):]
		for j := range future {
			future[j] = masked
		}
	}
	return nil
}

// naiveSoftmax computes probs = softmax(scores) row by row.
type naiveSoftmax struct{ *naiveCall }

func (n naiveSoftmax) Do(w *kernels.Worker, i int) error {
	b := n.blockAt(i, naiveRows)
	scores, probs := n.rows(n.scores, b, n.Keys), n.rows(n.probs, b, n.Keys)
	for r := range b.count {
		w.Softmax(matrixRow(probs, r), matrixRow(scores, r))
	}
	return nil
}

// naiveOutput computes out = probs*v.
type naiveOutput struct{ *naiveCall }

func (n naiveOutput) Do(w *kernels.Worker, i int) error {
	b, part := n.blockAt(i/n.valueRanges(), naiveRows), i%n.valueRanges()
	values, err := n.values.at(w.Set, b.kv, n.Keys)
	if err != nil {
		return err
	}
	first, end := 0, n.HeadDim
	if n.grouped() {
		first, end = part*w.ColStep(), min((part+1)*w.ColStep(), n.HeadDim)
	}
	return product(w, 1, n.rows(n.probs, b, n.Keys), values, n.rows(n.out, b, n.HeadDim), first, end)
}
