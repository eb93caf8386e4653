package tensor

import (
	"errors"
	"fmt"

	"runx/internal/tensor/kernels"
)

// tape is the operations that a Pass has recorded, in order: reverse-mode
// automatic differentiation, S. Linnainmaa (1976); for the form see A. Paszke et
// al., "Automatic differentiation in PyTorch" (2017).
type tape struct {
	nodes []*node
	// kept counts how often a tensor is kept; the tape has one reference to it.
	kept       map[*Tensor]int
	savedBytes int64
}

// node is one operation on a tape.
type node struct {
	pass *Pass
	out  *Tensor
	// backward adds to the gradients of the operation's inputs what dy, the
	// gradient of its output, makes of them. It may use dy up.
	backward func(dy []float32)
	kept     []*Tensor
	// done says that the tape has been consumed.
	done bool
}

// Nodes is the number of operations on the tape.
func (p *Pass) Nodes() int { return len(p.tape.nodes) }

// SavedBytes is the memory of the tensors that the tape keeps alive, each
// counted once. Parameters and tensors of the caller's memory, which live
// anyway, do not count.
func (p *Pass) SavedBytes() int64 { return p.tape.savedBytes }

// recording reports whether an operation on these inputs, nil ones aside, goes
// on the tape.
func (p *Pass) recording(inputs ...*Tensor) bool {
	if !p.gradients || p.err != nil || !needs(inputs...) {
		return false
	}
	for _, t := range inputs {
		if t != nil && t.node != nil && t.node.pass != p {
			p.Fail(fmt.Errorf("tensor %s is on the tape of another pass", shapeText(t.Shape())))
			return false
		}
	}
	return true
}

// record puts the operation that made out on the tape, which keeps the given
// tensors until the gradient has been computed.
func (p *Pass) record(out *Tensor, backward func(dy []float32), kept ...*Tensor) {
	if p.err != nil {
		return
	}
	for _, t := range kept {
		p.keep(t)
	}
	out.node = &node{pass: p, out: out, backward: backward, kept: kept}
	p.tape.nodes = append(p.tape.nodes, out.node)
}

func (p *Pass) keep(t *Tensor) {
	if p.tape.kept == nil {
		p.tape.kept = make(map[*Tensor]int)
	}
	p.tape.kept[t]++
	if p.tape.kept[t] > 1 {
		return
	}
	t.references.Add(1)
	p.tape.savedBytes += t.savedBytes()
}

func (p *Pass) unkeep(t *Tensor) {
	p.tape.kept[t]--
	if p.tape.kept[t] > 0 {
		return
	}
	delete(p.tape.kept, t)
	p.tape.savedBytes -= t.savedBytes()
	if err := t.drop(); err != nil {
		p.Fail(err)
	}
}

// savedBytes is what the tensor counts when a tape keeps it.
func (t *Tensor) savedBytes() int64 {
	if t.parameter || t.arena == nil {
		return 0
	}
	return t.bytes()
}

// Backward computes the gradient of loss, which has one element, with respect to
// every parameter that it depends on, and adds it to the parameter's Grad. It
// goes through the tape in reverse order and frees what the tape keeps on the
// way, and each intermediate gradient as soon as it has been used. Afterwards
// the tape is empty, after an error too; gradients are then incomplete.
func (p *Pass) Backward(loss *Tensor) error {
	defer p.dropTape()
	if err := p.checkLoss(loss); err != nil {
		p.Fail(err)
		return p.err
	}
	if seed := p.gradient(loss); seed != nil {
		seed[0]++
	}
	if loss.parameter {
		return p.err
	}
	for n := p.popNode(); n != nil && p.err == nil; n = p.popNode() {
		p.differentiate(n)
	}
	return p.err
}

// checkLoss returns an error unless Backward can begin at loss.
func (p *Pass) checkLoss(loss *Tensor) error {
	switch {
	case p.err != nil:
		return p.err
	case loss == nil || loss.rank == 0:
		return errors.New("backward: the loss is not a tensor")
	case loss.Len() != 1:
		return fmt.Errorf("backward of %s: the loss must have one element", shapeText(loss.Shape()))
	case !p.gradients:
		return errors.New("backward: the pass records nothing\nhint: make it with PassOptions{Gradients: true}")
	case !loss.NeedsGrad():
		return errors.New("backward: the loss depends on no parameter")
	case loss.node != nil && loss.node.pass != p:
		return errors.New("backward: the loss is on the tape of another pass")
	}
	return nil
}

// popNode takes the last operation off the tape.
func (p *Pass) popNode() *node {
	last := len(p.tape.nodes) - 1
	if last < 0 {
		return nil
	}
	n := p.tape.nodes[last]
	p.tape.nodes[last] = nil
	p.tape.nodes = p.tape.nodes[:last]
	return n
}

// differentiate adds the contribution of one operation, unless the loss does not
// depend on it, and lets go of what the tape kept for it.
func (p *Pass) differentiate(n *node) {
	if n.out.grad != nil {
		n.backward(n.out.grad)
	}
	p.release(n)
}

// release frees what belongs to one operation.
func (p *Pass) release(n *node) {
	if n.out.grad != nil {
		if err := p.arena.Free(n.out.grad); err != nil {
			p.Fail(err)
		}
		n.out.grad = nil
	}
	for _, t := range n.kept {
		p.unkeep(t)
	}
	n.backward, n.kept, n.out, n.done = nil, nil, nil, true
}

func (p *Pass) dropTape() {
	for n := p.popNode(); n != nil; n = p.popNode() {
		p.release(n)
	}
}

// gradient is the gradient of x to add to, zero at first; nil where x needs none
// or where there is an error.
func (p *Pass) gradient(x *Tensor) []float32 {
	grad, beta := p.scaledGradient(x)
	if beta == 0 {
		clear(grad)
	}
	return grad
}

// scaledGradient is the gradient of x for what computes grad = ... + beta*grad:
// with beta zero its elements are unspecified. It is nil where x needs none or
// where there is an error.
func (p *Pass) scaledGradient(x *Tensor) (grad []float32, beta float32) {
	if !p.differentiable(x) {
		return nil, 0
	}
	if x.grad != nil {
		return x.grad, 1
	}
	var err error
	if x.grad, err = p.gradientArena(x).Alloc(x.Len()); err != nil {
		p.Fail(fmt.Errorf("gradient of %s: %w", shapeText(x.Shape()), err))
	}
	return x.grad, 0
}

// differentiable reports whether a gradient of x is to be computed.
func (p *Pass) differentiable(x *Tensor) bool {
	if p.err != nil || !x.NeedsGrad() {
		return false
	}
	switch {
	case x.parameter && x.references.Load() == 0:
		p.Fail(fmt.Errorf("gradient of parameter %s: %w", shapeText(x.Shape()), ErrFreed))
	case x.node != nil && x.node.done:
		p.Fail(fmt.Errorf("gradient of %s: its tape has been consumed\nhint: call Backward once, on the sum of the losses", shapeText(x.Shape())))
	}
	return p.err == nil
}

// gradientArena is where the gradient of x comes from.
func (p *Pass) gradientArena(x *Tensor) *Arena {
	if x.parameter {
		return x.arena
	}
	return p.arena
}

// handOver adds the gradient of out to that of x, which has as many elements,
// and uses it up: where x has none yet, it takes over the memory.
func (p *Pass) handOver(out, x *Tensor) {
	if !p.differentiable(x) {
		return
	}
	if x.grad == nil && p.gradientArena(x) == p.arena {
		x.grad, out.grad = out.grad, nil
		return
	}
	p.accumulate(x, out.grad, 1)
}

// addGradient does a job that adds to the gradient of x, if x needs one: its dst,
// which has width elements for each item.
func (p *Pass) addGradient(x *Tensor, j job) {
	dx, beta := p.scaledGradient(x)
	if dx == nil {
		return
	}
	j.dst, j.fresh = dx, beta == 0
	p.run(j)
}

// accumulate adds factor*dy to the gradient of x.
func (p *Pass) accumulate(x *Tensor, dy []float32, factor float32) {
	p.addGradient(x, job{count: len(dy), x: dy, factor: factor, do: func(w *kernels.Worker, j *job, first, end int) {
		w.AddScaled(j.dst[first:end], j.x[first:end], j.factor)
	}})
}
