package tensor

import (
	"errors"
	"fmt"
	"math"

	"runx/internal/tensor/kernels"
)

// AttentionShape is the shape of scaled dot-product attention. Queries, keys,
// values and the output are contiguous row-major tensors
// [Batch, Heads, SeqLen, HeadDim]. Scores are scaled by 1/sqrt(HeadDim). With
// Causal, row i attends to columns 0..i.
type AttentionShape struct {
	Batch, Heads, SeqLen, HeadDim int
	Causal                        bool
}

// Validate returns an error if a dimension is negative or HeadDim is zero or if
// the score tensor would be too large to be counted in bytes. Batch, Heads and
// SeqLen may be zero: there is nothing to compute then.
func (s AttentionShape) Validate() error {
	if s.Batch < 0 || s.Heads < 0 || s.SeqLen < 0 || s.HeadDim < 1 {
		return fmt.Errorf("attention shape [%d, %d, %d, %d]: dimensions must be at least 0, the head dimension at least 1",
			s.Batch, s.Heads, s.SeqLen, s.HeadDim)
	}
	if !productFits(s.Batch, s.Heads, s.SeqLen, s.SeqLen) || !productFits(s.Batch, s.Heads, s.SeqLen, s.HeadDim) {
		return fmt.Errorf("attention shape [%d, %d, %d, %d]: too large to address", s.Batch, s.Heads, s.SeqLen, s.HeadDim)
	}
	return nil
}

// Elems is the number of elements of each of q, k, v and out.
func (s AttentionShape) Elems() int { return s.Batch * s.Heads * s.SeqLen * s.HeadDim }

// ScoreElems is the number of elements of the whole score tensor
// [Batch, Heads, SeqLen, SeqLen].
func (s AttentionShape) ScoreElems() int { return s.Batch * s.Heads * s.SeqLen * s.SeqLen }

// Flops counts the floating-point operations of the two matrix products, an
// addition and a multiplication each, 4*SeqLen²*HeadDim a head, or with Causal
// those on and below the diagonal. The softmax is not counted, as is usual.
func (s AttentionShape) Flops() float64 {
	pairs := float64(s.SeqLen) * float64(s.SeqLen)
	if s.Causal {
		pairs = float64(s.SeqLen) * float64(s.SeqLen+1) / 2
	}
	return 4 * float64(s.Batch) * float64(s.Heads) * pairs * float64(s.HeadDim)
}

// scale is what scores are multiplied by.
func (s AttentionShape) scale() float32 { return float32(1 / math.Sqrt(float64(s.HeadDim))) }

// sequences is the number of independent attentions.
func (s AttentionShape) sequences() int { return s.Batch * s.Heads }

func productFits(dims ...int) bool {
	const limit = math.MaxInt / floatBytes / 2
	product := 1
	for _, d := range dims {
		if d == 0 {
			return true
		}
		if product > limit/d {
			return false
		}
		product *= d
	}
	return true
}

// checkCall returns an error unless there is an arena and all four slices have
// s.Elems() elements.
func (s AttentionShape) checkCall(a *Arena, q, k, v, out []float32) error {
	if a == nil {
		return errors.New("attention needs an arena")
	}
	if err := s.Validate(); err != nil {
		return err
	}
	for _, t := range []struct {
		name string
		data []float32
	}{{"q", q}, {"k", k}, {"v", v}, {"out", out}} {
		if len(t.data) != s.Elems() {
			return fmt.Errorf("attention tensor %s has %d elements, shape [%d, %d, %d, %d] needs %d",
				t.name, len(t.data), s.Batch, s.Heads, s.SeqLen, s.HeadDim, s.Elems())
		}
	}
	return nil
}

// attention is one call: its shape and tensors.
type attention struct {
	AttentionShape
	q, k, v, out []float32
}

// rows views rows of one sequence of a tensor [Batch, Heads, SeqLen, HeadDim].
func (s AttentionShape) rows(t []float32, sequence, first, count int) kernels.Matrix {
	d := s.HeadDim
	return kernels.RowMajor(t[(sequence*s.SeqLen+first)*d:][:count*d], count, d)
}

// packing is the task that packs one factor of every sequence: kᵀ or v.
type packing struct {
	AttentionShape
	tensor     []float32
	packed     []float32
	transposed bool
}

// newPacking allocates what the packed factors of all sequences take.
func newPacking(a *Arena, set *kernels.Set, s AttentionShape, tensor []float32, transposed bool) (packing, error) {
	p := packing{AttentionShape: s, tensor: tensor, transposed: transposed}
	packed, err := a.Alloc(s.sequences() * p.length(set))
	p.packed = packed
	return p, err
}

// size is that of one factor.
func (p *packing) size() (rows, cols int) {
	if p.transposed {
		return p.HeadDim, p.SeqLen
	}
	return p.SeqLen, p.HeadDim
}

func (p *packing) length(set *kernels.Set) int {
	rows, cols := p.size()
	return set.PackedLen(rows, cols)
}

// at is the packed factor of one sequence.
func (p *packing) at(set *kernels.Set, sequence int) (kernels.Packed, error) {
	rows, cols := p.size()
	n := p.length(set)
	return set.PackedAt(p.packed[sequence*n:][:n], rows, cols)
}

// Do packs the factor of one sequence.
func (p *packing) Do(w *kernels.Worker, sequence int) error {
	factor := p.rows(p.tensor, sequence, 0, p.SeqLen)
	if p.transposed {
		factor = factor.Transposed()
	}
	n := p.length(w.Set)
	_, err := w.Pack(p.packed[sequence*n:][:n], factor)
	return err
}
