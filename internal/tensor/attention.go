package tensor

import (
	"errors"
	"fmt"
	"math"
)

// AttentionShape is the shape of scaled dot-product attention. Queries and the
// output are contiguous row-major tensors [Batch, Heads, SeqLen, HeadDim], keys
// and values [Batch, KVHeads, Keys, HeadDim]. Scores are scaled by
// 1/sqrt(HeadDim).
//
// Heads share keys and values in groups of Heads/KVHeads (grouped-query
// attention: J. Ainslie et al., "GQA", arXiv 2305.13245, 2023). KVHeads zero
// stands for Heads, Keys zero for SeqLen. With Causal, query i is at position
// Keys-SeqLen+i and attends to the keys from 0 to there; one that is before the
// first key attends to nothing and gives zeros.
type AttentionShape struct {
	Batch, Heads, KVHeads, SeqLen, Keys, HeadDim int
	Causal                                       bool
}

// full is the shape with what zeros stand for.
func (s AttentionShape) full() AttentionShape {
	if s.KVHeads == 0 {
		s.KVHeads = s.Heads
	}
	if s.Keys == 0 {
		s.Keys = s.SeqLen
	}
	return s
}

// Validate returns an error if a dimension is negative or HeadDim is zero, if
// KVHeads does not divide Heads, or if the score tensor would be too large to be
// counted in bytes. Batch, Heads and SeqLen may be zero: there is nothing to
// compute then.
func (s AttentionShape) Validate() error { return s.full().validate() }

func (s AttentionShape) validate() error {
	if min(s.Batch, s.Heads, s.KVHeads, s.SeqLen, s.Keys) < 0 || s.HeadDim < 1 {
		return fmt.Errorf("attention shape %v: dimensions must be at least 0, the head dimension at least 1", s)
	}
	if s.KVHeads == 0 && s.Heads > 0 || s.KVHeads > 0 && s.Heads%s.KVHeads != 0 {
		return fmt.Errorf("attention shape %v: %d heads cannot share %d heads of keys", s, s.Heads, s.KVHeads)
	}
	longest := max(s.SeqLen, s.Keys)
	if !productFits(s.Batch, s.Heads, s.SeqLen, s.Keys) || !productFits(s.Batch, max(s.Heads, s.KVHeads), longest, s.HeadDim) {
		return fmt.Errorf("attention shape %v: too large to address", s)
	}
	return nil
}

// String is [Batch, Heads, SeqLen, HeadDim], followed by what the keys have else.
func (s AttentionShape) String() string {
	text := fmt.Sprintf("[%d, %d, %d, %d]", s.Batch, s.Heads, s.SeqLen, s.HeadDim)
	if f := s.full(); f.KVHeads != s.Heads || f.Keys != s.SeqLen {
		text += fmt.Sprintf(" with keys [%d, %d, %d, %d]", s.Batch, f.KVHeads, f.Keys, s.HeadDim)
	}
	return text
}

// Elems is the number of elements of q and of out.
func (s AttentionShape) Elems() int { return s.Batch * s.Heads * s.SeqLen * s.HeadDim }

// KeyElems is the number of elements of k and of v.
func (s AttentionShape) KeyElems() int {
	s = s.full()
	return s.Batch * s.KVHeads * s.Keys * s.HeadDim
}

// ScoreElems is the number of elements of the whole score tensor
// [Batch, Heads, SeqLen, Keys].
func (s AttentionShape) ScoreElems() int { return s.Batch * s.Heads * s.SeqLen * s.full().Keys }

// Flops counts the floating-point operations of the two matrix products, an
// addition and a multiplication each, 4*SeqLen*Keys*HeadDim a head, or with
// Causal those with keys that the query attends to. The softmax is not counted,
// as is usual.
func (s AttentionShape) Flops() float64 {
	s = s.full()
	queries, keys := float64(s.SeqLen), float64(s.Keys)
	pairs := queries * keys
	if s.Causal {
		// Query i sees keys-queries+1+i keys, the last one all.
		seeing := min(queries, keys)
		pairs = seeing * (2*keys - seeing + 1) / 2
	}
	return 4 * float64(s.Batch) * float64(s.Heads) * pairs * float64(s.HeadDim)
}

// scale is what scores are multiplied by.
func (s AttentionShape) scale() float32 { return float32(1 / math.Sqrt(float64(s.HeadDim))) }

// group is how many heads share keys and values.
func (s AttentionShape) group() int {
	if s.KVHeads == 0 {
		return 1
	}
	return s.Heads / s.KVHeads
}

// visible is how many keys a query attends to: the first ones.
func (s AttentionShape) visible(query int) int {
	if !s.Causal {
		return s.Keys
	}
	return max(s.Keys-s.SeqLen+query+1, 0)
}

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

// checkCall returns an error unless there is an arena and the slices are as long
// as the shape says.
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
		want int
	}{{"q", q, s.Elems()}, {"k", k, s.KeyElems()}, {"v", v, s.KeyElems()}, {"out", out, s.Elems()}} {
		if len(t.data) != t.want {
			return fmt.Errorf("attention tensor %s has %d elements, shape %v needs %d", t.name, len(t.data), s, t.want)
		}
	}
	return nil
}
