package tensor

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
)

// MaxRank is the largest number of dimensions of a tensor.
const MaxRank = 4

// ErrFreed is returned for a tensor that its owner has freed.
var ErrFreed = errors.New("tensor has been freed")

// Tensor is a dense contiguous row-major array of float32 with 1 to MaxRank
// dimensions, any of which may be zero.
//
// Who makes a tensor owns it and frees it once. Its memory goes back to its
// arena when besides no tape keeps it: a Pass that records keeps what the
// gradients will need.
//
// The elements may be read by several goroutines at once. A parameter belongs,
// with its gradient, to one Pass with gradients at a time.
type Tensor struct {
	data  []float32
	grad  []float32
	dims  [MaxRank]int
	rank  int
	arena *Arena // nil: the memory is the caller's
	// node is the operation on a tape that made the tensor.
	node      *node
	parameter bool
	freed     atomic.Bool
	// references are the owner and the tapes that keep the tensor.
	references atomic.Int32
}

// NewTensor returns a tensor of zeros from an arena, without a gradient. It
// fails where shape is not 1 to MaxRank dimensions of at least 0 or where the
// arena has no memory.
func NewTensor(a *Arena, shape ...int) (*Tensor, error) {
	t := new(Tensor)
	if err := t.init(a, shape); err != nil {
		return nil, err
	}
	clear(t.data)
	return t, nil
}

// NewParameter is NewTensor for a tensor that has a gradient: a Pass with
// gradients adds to it in Backward. The gradient comes from the same arena when
// it is first needed, and goes when the parameter is freed.
func NewParameter(a *Arena, shape ...int) (*Tensor, error) {
	t, err := NewTensor(a, shape...)
	if err != nil {
		return nil, err
	}
	t.parameter = true
	return t, nil
}

// FromSlice returns a tensor whose elements are data, which stays the caller's:
// it is neither copied nor freed, and no arena counts it. It fails where shape
// has another number of elements.
func FromSlice(data []float32, shape ...int) (*Tensor, error) {
	t := new(Tensor)
	n, err := t.setShape(shape)
	if err != nil {
		return nil, err
	}
	if n != len(data) {
		return nil, fmt.Errorf("tensor %s has %d elements, the slice %d", shapeText(shape), n, len(data))
	}
	t.data = data
	t.references.Store(1)
	return t, nil
}

// init makes t a tensor with one reference. Its elements are unspecified.
func (t *Tensor) init(a *Arena, shape []int) error {
	if a == nil {
		return errors.New("a tensor needs an arena")
	}
	n, err := t.setShape(shape)
	if err != nil {
		return err
	}
	data, err := a.Alloc(n)
	if err != nil {
		return fmt.Errorf("tensor %s: %w", shapeText(shape), err)
	}
	t.data, t.arena = data, a
	t.references.Store(1)
	return nil
}

// setShape returns the number of elements.
func (t *Tensor) setShape(shape []int) (int, error) {
	if len(shape) < 1 || len(shape) > MaxRank {
		return 0, fmt.Errorf("tensor %s: must have 1 to %d dimensions", shapeText(shape), MaxRank)
	}
	if slices.Min(shape) < 0 || !productFits(shape...) {
		return 0, fmt.Errorf("tensor %s: dimensions must be at least 0 and their product addressable", shapeText(shape))
	}
	t.rank = copy(t.dims[:], shape)
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n, nil
}

// shapeText is a shape as messages write it. It does not let shape escape to the
// heap, as package fmt would on every call.
func shapeText(shape []int) string {
	text := []byte{'['}
	for i, d := range shape {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = strconv.AppendInt(text, int64(d), 10)
	}
	return string(append(text, ']'))
}

// Shape is the dimensions; the caller must not change them.
func (t *Tensor) Shape() []int { return t.dims[:t.rank:t.rank] }

// Dim is dimension i, from the end where i is negative; 0 where there is none.
func (t *Tensor) Dim(i int) int {
	if i < 0 {
		i += t.rank
	}
	if i < 0 || i >= t.rank {
		return 0
	}
	return t.dims[i]
}

// Len is the number of elements.
func (t *Tensor) Len() int { return t.Rows() * t.Dim(-1) }

// Rows is the number of rows: the product of all dimensions but the last.
func (t *Tensor) Rows() int {
	rows := min(t.rank, 1)
	for _, d := range t.dims[:max(t.rank-1, 0)] {
		rows *= d
	}
	return rows
}

// Data is the elements, row after row; nil when the memory has gone.
func (t *Tensor) Data() []float32 { return t.data }

// NeedsGrad reports whether a gradient with respect to t may be asked for: it is
// a parameter, or an operation on a tape made it from one.
func (t *Tensor) NeedsGrad() bool { return t.parameter || t.node != nil }

// Grad is the gradient of a parameter, in the order of Data; nil until Backward
// reached it.
func (t *Tensor) Grad() []float32 {
	if !t.parameter {
		return nil
	}
	return t.grad
}

// ZeroGrad sets the gradient to zero; its memory stays.
func (t *Tensor) ZeroGrad() { clear(t.Grad()) }

// Free gives up the owner's reference. A second call changes nothing and
// returns ErrFreed.
func (t *Tensor) Free() error {
	if t == nil || t.rank == 0 {
		return nil // what a Pass returns after an error
	}
	if t.freed.Swap(true) {
		return fmt.Errorf("free tensor %s: %w", shapeText(t.Shape()), ErrFreed)
	}
	return t.drop()
}

// drop takes one reference off; the last one takes the memory along.
func (t *Tensor) drop() error {
	if t.references.Add(-1) > 0 {
		return nil
	}
	data := t.data
	t.data = nil
	if t.arena == nil {
		return nil
	}
	if !t.parameter {
		return t.arena.Free(data) // a gradient is the tape's, which may still need it
	}
	grad := t.grad
	t.grad = nil
	return errors.Join(t.arena.Free(data), t.arena.Free(grad))
}

// sameShape reports whether two tensors have the same dimensions.
func (t *Tensor) sameShape(u *Tensor) bool { return slices.Equal(t.Shape(), u.Shape()) }

// bytes is the size of the elements.
func (t *Tensor) bytes() int64 { return int64(t.Len()) * floatBytes }
