package tensor

import "runx/internal/tensor/kernels"

// naiveGradient adds the gradients of attention whose probabilities were kept,
// as eager frameworks do: the gradients of the probabilities and of the scores
// exist whole, [Batch, Heads, SeqLen, Keys] each, besides copies of the factors
// in the order that the kernels read.
func (e *Engine) naiveGradient(a *Arena, g attentionGradient, probs []float32) error {
	n := &naiveGradient{attentionGradient: g}
	n.probs = separate(probs, n.Heads, n.SeqLen, n.Keys)
	taken, err := n.allocate(a, e.team.Set())
	defer taken.release(a)
	if err != nil {
		return err
	}
	return e.Run(n.steps()...)
}

// naiveGradient is one call.
type naiveGradient struct {
	attentionGradient
	factors                gradientFactors
	probs, dprobs, dscores headRows
}

func (n *naiveGradient) allocate(a *Arena, set *kernels.Set) (blockList, error) {
	taken, err := n.factors.allocate(a, set, &n.attentionGradient, false)
	if err != nil || !n.forScores() {
		return taken, err
	}
	for _, t := range []*headRows{&n.dprobs, &n.dscores} {
		block, err := taken.take(a, n.ScoreElems())
		if err != nil {
			return taken, err
		}
		*t = separate(block, n.Heads, n.SeqLen, n.Keys)
	}
	return taken, nil
}

// steps are those whose result is asked for. Each ends before the next begins.
func (n *naiveGradient) steps() []kernels.Step {
	sequences, _ := n.sequences()
	rows, keys := sequences*n.blocks(naiveRows), n.keySequences()*n.keyBlocks(naiveRows)
	pairs := min(n.SeqLen, naiveRows) * n.Keys
	product, keyProduct := pairs*n.HeadDim/productsAnElement, min(n.Keys, naiveRows)*n.SeqLen*n.group()*n.HeadDim/productsAnElement
	b := &n.bundles
	steps := n.factors.steps(b)
	if n.dv.data != nil {
		steps = append(steps, b.step(naiveValueGradient{n}, keys, keyProduct))
	}
	if n.forScores() {
		steps = append(steps,
			b.step(naiveProbGradient{n}, rows, product),
			b.step(naiveScoreGradient{n}, rows, pairs))
	}
	if n.dq.data != nil {
		steps = append(steps, b.step(naiveQueryGradient{n}, rows, product))
	}
	if n.dk.data != nil {
		steps = append(steps, b.step(naiveKeyGradient{n}, keys, keyProduct))
	}
	return steps
}

// addOverHeads adds to rows of keys or values what each head of their group
// contributes: the transposed block of weights times a factor with one row for
// each query.
func (n *naiveGradient) addOverHeads(w *kernels.Worker, i int, weights headRows, factor *packing, sum headRows) error {
	b := n.keyBlock(i, naiveRows)
	into := sum.positions(b.batch, b.kvHead, b.first, b.count, n.HeadDim)
	for head := b.kvHead * n.group(); head < (b.kvHead+1)*n.group(); head++ {
		right, err := factor.at(w.Set, b.batch*n.Heads+head, n.SeqLen)
		if err != nil {
			return err
		}
		left := weights.positions(b.batch, head, 0, n.SeqLen, n.Keys)
		left.Data, left.Cols = left.Data[min(b.first, len(left.Data)):], b.count
		if err := w.GemmPacked(1, left.Transposed(), right, 1, into); err != nil {
			return err
		}
	}
	return nil
}

// naiveValueGradient computes dv += probsᵀ*dout.
type naiveValueGradient struct{ *naiveGradient }

func (n naiveValueGradient) Do(w *kernels.Worker, i int) error {
	return n.addOverHeads(w, i, n.probs, &n.factors.doutRows, n.dv)
}

// naiveProbGradient computes dprobs = dout*vᵀ.
type naiveProbGradient struct{ *naiveGradient }

func (n naiveProbGradient) Do(w *kernels.Worker, i int) error {
	b := n.blockAt(i, naiveRows)
	values, err := n.factors.valueCols.at(w.Set, b.kv, n.Keys)
	if err != nil {
		return err
	}
	return w.GemmPacked(1, n.rows(n.dout, b, n.HeadDim), values, 0, n.rows(n.dprobs, b, n.Keys))
}

// naiveScoreGradient computes dscores = probs∘(dprobs - rowsum(probs∘dprobs)),
// and what the scores were scaled by.
type naiveScoreGradient struct{ *naiveGradient }

func (n naiveScoreGradient) Do(w *kernels.Worker, i int) error {
	b := n.blockAt(i, naiveRows)
	probs, dprobs, dscores := n.rows(n.probs, b, n.Keys), n.rows(n.dprobs, b, n.Keys), n.rows(n.dscores, b, n.Keys)
	for r := range b.count {
		p, dp := matrixRow(probs, r), matrixRow(dprobs, r)
		w.ScoreGrad(matrixRow(dscores, r), p, dp, w.Dot(p, dp), n.scale())
	}
	return nil
}

// naiveQueryGradient computes dq += dscores*k.
type naiveQueryGradient struct{ *naiveGradient }

func (n naiveQueryGradient) Do(w *kernels.Worker, i int) error {
	b := n.blockAt(i, naiveRows)
	keys, err := n.factors.keyRows.at(w.Set, b.kv, n.Keys)
	if err != nil {
		return err
	}
	return w.GemmPacked(1, n.rows(n.dscores, b, n.Keys), keys, 1, n.rows(n.dq, b, n.HeadDim))
}

// naiveKeyGradient computes dk += dscoresᵀ*q.
type naiveKeyGradient struct{ *naiveGradient }

func (n naiveKeyGradient) Do(w *kernels.Worker, i int) error {
	return n.addOverHeads(w, i, n.dscores, &n.factors.queryRows, n.dk)
}
