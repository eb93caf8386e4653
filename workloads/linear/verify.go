package linear

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
)

const (
	// verifiedRows are compared with float64: the ends, where tiles go wrong,
	// and some in between.
	verifiedRows = 16
	// tolerance is how far a row may be from the reference, as a share of the
	// length that a row of normal values has. Rounding stays below a tenth of
	// it; a wrong tile is beyond it by orders of magnitude.
	tolerance = 1e-5
)

// Verify computes once and compares rows of the result with float64.
func (i *instance) Verify(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := i.apply(); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(i.seed, 0))
	for n := range verifiedRows {
		row := random.IntN(i.x.Rows())
		switch n {
		case 0:
			row = 0
		case 1:
			row = i.x.Rows() - 1
		}
		if err := i.verifyRow(row); err != nil {
			return err
		}
	}
	return nil
}

func (i *instance) verifyRow(row int) error {
	x := i.x.Data()[row*i.Dim:][:i.Dim]
	got := i.y.Data()[row*i.OutDim:][:i.OutDim]
	var difference float64
	for column := range got {
		want := 0.0
		for k, w := range i.plain.Data()[column*i.Dim:][:i.Dim] {
			want += float64(x[k]) * float64(w)
		}
		d := float64(got[column]) - want
		difference += d * d
	}
	if off := math.Sqrt(difference / float64(i.OutDim)); !(off <= tolerance) { // NaN is off too
		return fmt.Errorf("row %d is off by %.2g of its length, at most %.0e is rounding", row, off, tolerance)
	}
	return nil
}
