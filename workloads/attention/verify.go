package attention

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"runx/internal/tensor"
)

const (
	// verifiedRows are compared with the reference: the ends, where masks and
	// tiles go wrong, and some in between.
	verifiedRows = 16
	// tolerance is how far a row may be from the reference, as a share of its
	// length. Rounding stays below a tenth of it; a wrong scale, mask or tile
	// is beyond it by orders of magnitude.
	tolerance = 1e-4
)

// Verify computes once and compares rows of the output with float64.
func (i *instance) Verify(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := i.attend(); err != nil {
		return err
	}
	s := i.shape
	random := rand.New(rand.NewPCG(i.seed, 0))
	for n := range verifiedRows {
		batch, head, row := random.IntN(s.Batch), random.IntN(s.Heads), random.IntN(s.SeqLen)
		switch n {
		case 0:
			batch, head, row = 0, 0, 0
		case 1:
			batch, head, row = s.Batch-1, s.Heads-1, s.SeqLen-1
		}
		if err := i.verifyRow(batch, head, row); err != nil {
			return err
		}
	}
	return nil
}

func (i *instance) verifyRow(batch, head, row int) error {
	s := i.shape
	want := make([]float64, s.HeadDim)
	if err := tensor.ReferenceAttentionRow(s, i.q, i.k, i.v, batch, head, row, want); err != nil {
		return err
	}
	got := i.out[((batch*s.Heads+head)*s.SeqLen+row)*s.HeadDim:][:s.HeadDim]
	var difference, length float64
	for z, x := range want {
		d := float64(got[z]) - x
		difference += d * d
		length += x * x
	}
	// A row is a mean of normal values and by chance almost zero sometimes; the
	// length that such a mean has is then the measure.
	columns := s.SeqLen
	if s.Causal {
		columns = row + 1
	}
	length = max(math.Sqrt(length), math.Sqrt(float64(s.HeadDim)/float64(columns)))
	if off := math.Sqrt(difference) / length; !(off <= tolerance) { // NaN is off too
		return fmt.Errorf("row %d of head %d of sequence %d is off by %.2g of its length, at most %.0e is rounding",
			row, head, batch, off, tolerance)
	}
	return nil
}
