package tensor

import (
	"math"

	"runx/internal/tensor/kernels"
)

// naiveRows is how many rows of one sequence a part of a step handles.
const naiveRows = 96

// NaiveAttention computes softmax(q*kᵀ/sqrt(HeadDim))*v into out as eager
// frameworks do, one operation after the other: all scores, the causal mask,
// the softmax into a second tensor, the product with v. The score tensor and
// the probability tensor, each [Batch, Heads, SeqLen, SeqLen], are taken from
// the arena whole, besides copies of k and v in the order that the kernels
// read; all are freed at the end. out must not overlap q, k or v.
//
// NaN and Inf in the inputs give NaN in the rows of out that they reach.
// A row whose scores are all -Inf attends to nothing and gives zeros.
func (e *Engine) NaiveAttention(a *Arena, s AttentionShape, q, k, v, out []float32) error {
	if err := s.checkCall(a, q, k, v, out); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	call := e.attentions.takeNaive()
	defer e.attentions.giveNaive(call)
	call.attention = attention{AttentionShape: s, q: q, k: k, v: v, out: out}
	return call.run(e.team, a)
}

// naiveCall is one call of NaiveAttention. Each step is a task over blocks of
// rows of all sequences and ends before the next begins.
type naiveCall struct {
	attention
	keys, values  packing
	scores, probs []float32
}

func (n *naiveCall) run(team *kernels.Team, a *Arena) error {
	var err error
	if n.keys, err = newPacking(a, team.Set(), n.AttentionShape, n.k, true); err != nil {
		return err
	}
	defer a.release(n.keys.packed)
	if n.values, err = newPacking(a, team.Set(), n.AttentionShape, n.v, false); err != nil {
		return err
	}
	defer a.release(n.values.packed)
	if n.scores, err = a.Alloc(n.ScoreElems()); err != nil {
		return err
	}
	defer a.release(n.scores)
	if n.probs, err = a.Alloc(n.ScoreElems()); err != nil {
		return err
	}
	defer a.release(n.probs)
	return n.compute(team)
}

func (n *naiveCall) compute(team *kernels.Team) error {
	blocks := n.sequences() * n.blocks()
	masked := 0
	if n.Causal {
		masked = blocks
	}
	return team.Run(
		kernels.Step{Task: &n.keys, Parts: n.sequences()},
		kernels.Step{Task: &n.values, Parts: n.sequences()},
		kernels.Step{Task: naiveScores{n}, Parts: blocks},
		kernels.Step{Task: naiveMask{n}, Parts: masked},
		kernels.Step{Task: naiveSoftmax{n}, Parts: blocks},
		kernels.Step{Task: naiveOutput{n}, Parts: blocks},
	)
}

// blocks is the number of blocks of rows in one sequence.
func (n *naiveCall) blocks() int { return (n.SeqLen + naiveRows - 1) / naiveRows }

// block says which rows part i is about.
func (n *naiveCall) block(i int) (sequence, first, count int) {
	sequence, first = i/n.blocks(), i%n.blocks()*naiveRows
	return sequence, first, min(naiveRows, n.SeqLen-first)
}

// square views rows of one sequence of a tensor [Batch, Heads, SeqLen, SeqLen].
func (n *naiveCall) square(t []float32, sequence, first, count int) kernels.Matrix {
	return kernels.RowMajor(t[(sequence*n.SeqLen+first)*n.SeqLen:][:count*n.SeqLen], count, n.SeqLen)
}

// naiveScores computes scores = q*kᵀ/sqrt(HeadDim).
type naiveScores struct{ *naiveCall }

func (n naiveScores) Do(w *kernels.Worker, i int) error {
	sequence, first, count := n.block(i)
	keys, err := n.keys.at(w.Set, sequence)
	if err != nil {
		return err
	}
	return w.GemmPacked(n.scale(), n.rows(n.q, sequence, first, count), keys, 0, n.square(n.scores, sequence, first, count))
}

// naiveMask sets what lies above the diagonal to -Inf.
type naiveMask struct{ *naiveCall }

func (n naiveMask) Do(_ *kernels.Worker, i int) error {
	masked := float32(math.Inf(-1))
	sequence, first, count := n.block(i)
	scores := n.square(n.scores, sequence, first, count)
	for r := range count {
		future := scores.Data[r*n.SeqLen:][first+r+1 : n.SeqLen]
		for j := range future {
			future[j] = masked
		}
	}
	return nil
}

// naiveSoftmax computes probs = softmax(scores) row by row.
type naiveSoftmax struct{ *naiveCall }

func (n naiveSoftmax) Do(w *kernels.Worker, i int) error {
	sequence, first, count := n.block(i)
	scores, probs := n.square(n.scores, sequence, first, count), n.square(n.probs, sequence, first, count)
	for r := range count {
		row := r * n.SeqLen
		w.Softmax(probs.Data[row:][:n.SeqLen], scores.Data[row:][:n.SeqLen])
	}
	return nil
}

// naiveOutput computes out = probs*v.
type naiveOutput struct{ *naiveCall }

func (n naiveOutput) Do(w *kernels.Worker, i int) error {
	sequence, first, count := n.block(i)
	values, err := n.values.at(w.Set, sequence)
	if err != nil {
		return err
	}
	return w.GemmPacked(1, n.square(n.probs, sequence, first, count), values, 0, n.rows(n.out, sequence, first, count))
}
