package tensor

import (
	"errors"
	"fmt"

	"runx/internal/tensor/kernels"
)

// Weight is the matrix [out, in] of a linear layer, or the table of an
// embedding, in one of these storages:
//
//   - plain float32: a Tensor. It can be trained;
//   - plain fp16 or bf16: half the memory. Elements are expanded when they are
//     loaded, sums are in float32;
//   - packed, in any of the formats: in the order in which the matrix product
//     reads, so that a call need not bring it there.
//
// Weights other than plain float32 are for inference: nothing can be
// differentiated through them.
type Weight struct {
	out, in int
	format  kernels.Format
	tensor  *Tensor            // plain float32
	half    kernels.HalfMatrix // plain fp16 or bf16
	packed  kernels.Packed
	storage storage
	// trainable says that a packed weight is the copy of a parameter.
	trainable bool
	floats    []float32 // what is packed, from arena
	halves    []uint16
	arena     *Arena
}

// storage is how a weight lies in memory.
type storage uint8

const (
	plain storage = iota
	plainHalf
	packed
)

// NewWeight makes a weight of a tensor [out, in], which it takes over: Free of
// the weight frees the tensor. It is trainable where the tensor is a parameter.
func NewWeight(t *Tensor) (*Weight, error) {
	if t == nil || t.rank != 2 {
		return nil, errors.New("a weight needs a tensor [out, in]")
	}
	return &Weight{out: t.Dim(0), in: t.Dim(1), tensor: t, storage: plain}, nil
}

// HalfWeight makes a weight [out, in] of elements in fp16 or bf16, row after
// row. data stays the caller's, for instance a mapped file.
func HalfWeight(data []uint16, f kernels.Format, out, in int) (*Weight, error) {
	if f != kernels.Float16 && f != kernels.BFloat16 {
		return nil, fmt.Errorf("weight [%d, %d] in %s: want %s or %s", out, in, f, kernels.Float16, kernels.BFloat16)
	}
	if out < 0 || in < 0 || !productFits(out, in) || len(data) != out*in {
		return nil, fmt.Errorf("weight [%d, %d] in %d elements", out, in, len(data))
	}
	return &Weight{out: out, in: in, format: f, half: kernels.RowMajorHalf(data, f, out, in), storage: plainHalf}, nil
}

// Out is the number of rows: the outputs of a layer or the entries of a table.
func (w *Weight) Out() int { return w.out }

// In is the number of columns.
func (w *Weight) In() int { return w.in }

// Format is that of an element.
func (w *Weight) Format() kernels.Format { return w.format }

// Bytes is the memory of the elements, with what fills panels up where the
// weight is packed.
func (w *Weight) Bytes() int64 {
	switch w.storage {
	case packed:
		return int64(len(w.floats))*floatBytes + int64(len(w.halves))*halfBytes
	default:
		return int64(w.out) * int64(w.in) * int64(w.format.Bytes())
	}
}

// Tensor is the tensor of a plain float32 weight, nil for any other.
func (w *Weight) Tensor() *Tensor { return w.tensor }

// Free gives the memory back that is the weight's.
func (w *Weight) Free() error {
	if w.storage == plain {
		return w.tensor.Free()
	}
	if w.arena == nil {
		return nil // the memory is the caller's
	}
	floats, halves, a := w.floats, w.halves, w.arena
	w.floats, w.halves, w.arena, w.packed = nil, nil, nil, kernels.Packed{}
	return errors.Join(a.Free(floats), a.FreeHalf(halves))
}

// Pack returns a packed copy in the given format, from an arena. Where the
// format is narrower, elements are rounded to nearest even. The engine's kernels
// decide the order: the copy is for passes on engines of the same kind. A weight
// is packed once: packing a packed one fails.
func (w *Weight) Pack(e *Engine, a *Arena, f kernels.Format) (*Weight, error) {
	switch {
	case w.storage == packed:
		return nil, errors.New("pack a weight: it is packed already")
	case w.freed():
		return nil, fmt.Errorf("pack a weight: %w", ErrFreed)
	case f > kernels.BFloat16:
		return nil, fmt.Errorf("pack a weight: not in %s: want %s, %s or %s", f, kernels.Float32, kernels.Float16, kernels.BFloat16)
	}
	c := &Weight{out: w.out, in: w.in, format: f, storage: packed, arena: a}
	c.trainable = w.storage == plain && w.tensor.NeedsGrad()
	if err := c.pack(e, w); err != nil {
		return nil, errors.Join(fmt.Errorf("pack weight [%d, %d]: %w", w.out, w.in, err), c.Free())
	}
	return c, nil
}

func (w *Weight) pack(e *Engine, from *Weight) error {
	team, err := e.running()
	if err != nil {
		return err
	}
	set := team.Set()
	n := set.PackedLen(w.in, w.out)
	if w.format == kernels.Float32 {
		w.floats, err = w.arena.Alloc(n)
	} else {
		w.halves, err = w.arena.AllocHalf(n)
	}
	if err != nil {
		return err
	}
	task := &weightPacking{to: w, from: from, rows: packPanels * set.ColStep()}
	if err := team.Run(kernels.Step{Task: task, Parts: (w.out + task.rows - 1) / task.rows}); err != nil {
		return err
	}
	if w.format == kernels.Float32 {
		w.packed, err = set.PackedAt(w.floats, w.in, w.out)
	} else {
		w.packed, err = set.PackedHalfAt(w.halves, w.format, w.in, w.out)
	}
	return err
}

// packPanels is how many panels a thread packs at a time.
const packPanels = 4

// weightPacking copies rows of a weight, which are columns of the factor, into
// whole panels.
type weightPacking struct {
	to, from *Weight
	rows     int // of a part
}

func (t *weightPacking) Do(w *kernels.Worker, i int) error {
	first := i * t.rows
	rows := min(t.rows, t.to.out-first)
	start, n := w.PackedLen(t.to.in, first), w.PackedLen(t.to.in, rows)
	var err error
	switch {
	case t.to.format == kernels.Float32:
		_, err = w.Pack(t.to.floats[start:][:n], t.from.expanded(w, first, rows).Transposed())
	case t.to.format == t.from.format:
		_, err = w.PackHalfFrom(t.to.halves[start:][:n], t.from.halfRows(first, rows).Transposed())
	default:
		_, err = w.PackHalf(t.to.halves[start:][:n], t.to.format, t.from.expanded(w, first, rows).Transposed())
	}
	return err
}

// expanded is rows of a plain weight in float32.
func (w *Weight) expanded(k *kernels.Worker, first, rows int) kernels.Matrix {
	if w.storage == plain {
		return kernels.RowMajor(w.tensor.data[first*w.in:][:rows*w.in], rows, w.in)
	}
	copied := make([]float32, rows*w.in)
	k.Expand(copied, w.half.Data[first*w.in:][:rows*w.in], w.format)
	return kernels.RowMajor(copied, rows, w.in)
}

func (w *Weight) halfRows(first, rows int) kernels.HalfMatrix {
	return kernels.RowMajorHalf(w.half.Data[first*w.in:][:rows*w.in], w.format, rows, w.in)
}

// row writes row i in float32 to dst.
func (w *Weight) row(k *kernels.Worker, i int, dst []float32) error {
	switch w.storage {
	case plain:
		copy(dst, w.tensor.data[i*w.in:][:w.in])
	case plainHalf:
		k.Expand(dst, w.half.Data[i*w.in:][:w.in], w.format)
	case packed:
		return w.packed.Column(i, dst)
	}
	return nil
}

// freed reports whether the memory has gone.
func (w *Weight) freed() bool {
	return w.storage == plain && w.tensor.freed.Load() || w.storage == packed && w.arena == nil
}

// describe is the storage as messages write it.
func (w *Weight) describe() string {
	if w.storage == packed {
		return "packed " + w.format.String()
	}
	return w.format.String()
}
