package tensor

import (
	"fmt"
	"math"
)

// ReferenceAttentionRow computes one row of the output of attention in float64:
// row in [0, SeqLen) of head in [0, Heads) of batch in [0, Batch), written to
// out of length HeadDim. It costs 4*Keys*HeadDim operations, so that a few
// rows verify a large result cheaply.
func ReferenceAttentionRow(s AttentionShape, q, k, v []float32, batch, head, row int, out []float64) error {
	if err := s.Validate(); err != nil {
		return err
	}
	s = s.full()
	if batch < 0 || batch >= s.Batch || head < 0 || head >= s.Heads || row < 0 || row >= s.SeqLen {
		return fmt.Errorf("reference attention row [%d, %d, %d] is outside [%d, %d, %d]",
			batch, head, row, s.Batch, s.Heads, s.SeqLen)
	}
	if len(q) != s.Elems() || len(k) != s.KeyElems() || len(v) != s.KeyElems() || len(out) != s.HeadDim {
		return fmt.Errorf("reference attention: q, k, v have %d, %d, %d elements and out has %d, the shape %v needs %d, %d and %d",
			len(q), len(k), len(v), len(out), s, s.Elems(), s.KeyElems(), s.HeadDim)
	}
	d := s.HeadDim
	query := q[((batch*s.Heads+head)*s.SeqLen+row)*d:][:d]
	base := (batch*s.KVHeads + head/s.group()) * s.Keys * d
	weights := make([]float64, s.visible(row))
	largest := math.Inf(-1)
	for j := range weights {
		for z, x := range query {
			weights[j] += float64(x) * float64(k[base+j*d+z])
		}
		weights[j] /= math.Sqrt(float64(d))
		largest = max(largest, weights[j])
	}
	clear(out)
	sum := 0.0
	for j, w := range weights {
		p := math.Exp(w - largest)
		sum += p
		for z := range out {
			out[z] += p * float64(v[base+j*d+z])
		}
	}
	for z := range out {
		if sum != 0 {
			out[z] /= sum
		}
	}
	return nil
}
