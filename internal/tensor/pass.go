package tensor

import (
	"errors"
	"fmt"
	"slices"

	"runx/internal/tensor/kernels"
)

// PassOptions choose how a Pass computes. The zero value is for inference.
type PassOptions struct {
	// Gradients records what Backward needs.
	Gradients bool
}

// Pass is one computation: operations on tensors, one after the other. Results
// come from its arena, with one reference, the caller's.
//
// The first error sticks: every operation after it returns an empty tensor and
// does nothing, so that one look at Err in the end is enough. An operation
// leaves its inputs as they are.
//
// With gradients an operation that has an input that needs one is put on a tape,
// which keeps the tensors that the gradient is computed from: each operation
// says which. Without gradients nothing is kept, and a tensor's memory goes back
// as soon as its owner frees it.
//
// A Pass serves one goroutine at a time. Several passes may use one Engine at
// the same time, each with an arena of its own.
type Pass struct {
	engine    *Engine
	arena     *Arena
	gradients bool
	err       error
	none      Tensor   // what operations return after an error
	headers   []Tensor // not yet in use; made many at once
	job       job
	tape      tape
}

// NewPass returns a pass that computes with the threads of e and takes memory
// from a.
func NewPass(e *Engine, a *Arena, o PassOptions) *Pass {
	p := &Pass{engine: e, arena: a, gradients: o.Gradients}
	if e == nil || a == nil {
		p.Fail(errors.New("a pass needs an engine and an arena"))
	}
	return p
}

// Err is the first error, nil if there was none.
func (p *Pass) Err() error { return p.err }

// Fail makes err the error of the pass unless it has one.
func (p *Pass) Fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// Engine is what the pass computes with.
func (p *Pass) Engine() *Engine { return p.engine }

// Arena is where the pass takes memory from.
func (p *Pass) Arena() *Arena { return p.arena }

// Tensor returns a tensor of zeros; see NewTensor.
func (p *Pass) Tensor(shape ...int) *Tensor {
	t := p.result(shape)
	clear(t.data)
	return t
}

// Free gives up the caller's reference to each tensor. To free a tensor twice is
// an error of the pass; nil and what operations return after an error are
// passed over.
func (p *Pass) Free(ts ...*Tensor) {
	for _, t := range ts {
		if err := t.Free(); err != nil {
			p.Fail(err)
		}
	}
}

// Reset frees what the tape keeps and clears the error. Tensors that the caller
// owns stay his.
func (p *Pass) Reset() {
	p.err = nil
	p.dropTape()
}

// result returns a tensor whose elements are unspecified.
func (p *Pass) result(shape []int) *Tensor {
	if p.err != nil {
		return &p.none
	}
	const headersAtOnce = 24
	if len(p.headers) == 0 {
		p.headers = make([]Tensor, headersAtOnce)
	}
	t := &p.headers[0]
	if err := t.init(p.arena, shape); err != nil {
		p.Fail(err)
		return &p.none
	}
	p.headers = p.headers[1:]
	return t
}

// resultLike returns a tensor of the shape of x with another last dimension.
func (p *Pass) resultLike(x *Tensor, last int) *Tensor {
	dims := x.dims
	dims[x.rank-1] = last
	return p.result(dims[:x.rank])
}

// ready reports whether an operation may begin: there is no error, and every
// input is a tensor that has not been freed.
func (p *Pass) ready(operation string, inputs ...*Tensor) bool {
	for _, t := range inputs {
		if p.err != nil {
			return false
		}
		switch {
		case t == nil || t.rank == 0:
			p.Fail(fmt.Errorf("%s: input is not a tensor", operation))
		case t.freed.Load():
			p.Fail(fmt.Errorf("%s: input %s: %w", operation, shapeText(t.Shape()), ErrFreed))
		}
	}
	return p.err == nil
}

// failShapes says that the shapes of an operation's inputs do not fit.
func (p *Pass) failShapes(operation, want string, inputs ...*Tensor) *Tensor {
	text := ""
	for i, t := range inputs {
		if i > 0 {
			text += ", "
		}
		text += shapeText(t.Shape())
	}
	p.Fail(fmt.Errorf("%s of %s: %s", operation, text, want))
	return &p.none
}

// job is one step of an operation: work on count items, in blocks. do works on
// the items from first to before end; the other fields are what it works on, so
// that do need not capture anything, which would allocate.
//
// Blocks depend on the shape alone, never on the number of threads, and so do
// results.
type job struct {
	count int
	// width is how many elements an item has, zero for one.
	width int
	do    func(w *kernels.Worker, j *job, first, end int)

	dst, x, y, z     []float32
	cos, sin, stats  []float32
	ids              []int32
	weight           *Weight
	size, seq, first int
	factor           float32
	// fresh says that dst is to be zero before do adds to it.
	fresh bool
	block int
}

// blockElements is how many elements a block has, so that it lasts some
// microseconds at least, which is what it costs to wake a thread.
const blockElements = 16 << 10

// Do works on block i.
func (j *job) Do(w *kernels.Worker, i int) error {
	first := i * j.block
	end := min(first+j.block, j.count)
	if j.fresh {
		width := max(j.width, 1)
		clear(j.dst[first*width : end*width])
	}
	j.do(w, j, first, end)
	return nil
}

// row is row i of one of the job's slices.
func (j *job) row(x []float32, i int) []float32 { return x[i*j.width:][:j.width] }

// run does a job on the engine's threads.
func (p *Pass) run(j job) {
	if p.err != nil || j.count == 0 {
		return
	}
	j.block = max(1, blockElements/max(j.width, 1))
	p.job = j
	if err := p.engine.Run(kernels.Step{Task: &p.job, Parts: (j.count + j.block - 1) / j.block}); err != nil {
		p.Fail(err)
	}
	p.job = job{}
}

// gemm computes c = alpha*a*b + beta*c.
func (p *Pass) gemm(alpha float32, a, b kernels.Matrix, beta float32, c kernels.Matrix) {
	if p.err != nil {
		return
	}
	if err := p.engine.gemm(alpha, a, b, beta, c); err != nil {
		p.Fail(err)
	}
}

// addRows adds up over rows: add adds the contribution of the rows from first to
// before end to sums, which has len(dst) parts of width elements, and each part
// is then added to its dst unless that is nil. Blocks of rows have sums of their
// own, which are added in order.
func (p *Pass) addRows(rows, width int, add func(w *kernels.Worker, sums []float32, first, end int), dst ...[]float32) {
	const mostBlocks = 32
	if p.err != nil || rows == 0 || width == 0 {
		return
	}
	blocks := min(max(rows*width/blockElements, 1), mostBlocks, rows)
	perBlock := (rows + blocks - 1) / blocks
	size := len(dst) * width
	sums := p.result([]int{blocks, size})
	if p.err != nil {
		return
	}
	p.run(job{count: blocks, width: blockElements, do: func(w *kernels.Worker, _ *job, first, end int) {
		for i := first; i < end; i++ {
			own := sums.data[i*size:][:size]
			clear(own)
			add(w, own, min(i*perBlock, rows), min((i+1)*perBlock, rows))
		}
	}})
	p.run(job{count: width, width: blocks, do: func(w *kernels.Worker, _ *job, first, end int) {
		for part, out := range dst {
			for i := 0; i < blocks && out != nil; i++ {
				own := sums.data[i*size+part*width:][:width]
				w.Add(out[first:end], out[first:end], own[first:end])
			}
		}
	}})
	p.Free(sums)
}

// sum is the sum of all elements; blocks are added up in float64, in order.
func (p *Pass) sum(x []float32) float64 {
	blocks := (len(x) + blockElements - 1) / blockElements
	sums := p.result([]int{blocks})
	p.run(job{count: len(x), dst: sums.data, x: x, do: func(w *kernels.Worker, j *job, first, end int) {
		j.dst[first/j.block] = w.Sum(j.x[first:end])
	}})
	var total float64
	for _, s := range sums.data {
		total += float64(s)
	}
	p.Free(sums)
	return total
}

// matrix views the rows of a tensor.
func (t *Tensor) matrix() kernels.Matrix {
	return kernels.RowMajor(t.data, t.Rows(), t.Dim(-1))
}

// needs reports whether one of the tensors, nil aside, needs a gradient.
func needs(ts ...*Tensor) bool {
	return slices.ContainsFunc(ts, func(t *Tensor) bool { return t != nil && t.NeedsGrad() })
}
