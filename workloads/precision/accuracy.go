package precision

import (
	"fmt"
	"math"

	"runx/internal/tensor/kernels"
)

// comparedRows are how many rows of a result are compared with float64, at most.
const comparedRows = 16

// accuracy is how far results are from those of unrounded weights.
type accuracy struct {
	maxAbs, relative, cosine, top1 float64
}

// assess multiplies the probes by the stored weights, and compares.
func (b *building) assess(team *kernels.Team) (accuracy, error) {
	l, logits := b.layer, b.logits
	if l.format != kernels.Float32 {
		logits = make([]float32, len(b.logits))
		probes := kernels.RowMajor(b.probes, l.Probes, l.Dim)
		if err := team.GemmPacked(1, probes, l.weights, 0, kernels.RowMajor(logits, l.Probes, l.Outputs)); err != nil {
			return accuracy{}, err
		}
	}
	a, err := l.compare(b.probes, logits, min(l.Probes, comparedRows))
	if err != nil {
		return accuracy{}, err
	}
	agreed := 0
	for row := range l.Probes {
		want := b.logits[row*l.Outputs:][:l.Outputs]
		got := logits[row*l.Outputs:][:l.Outputs]
		if team.Set().Argmax(want) == team.Set().Argmax(got) {
			agreed++
		}
	}
	a.top1 = float64(agreed) / float64(l.Probes)
	return a, nil
}

// compare measures the sampled logits of the first rows of y = x * wᵀ against
// float64 arithmetic on the weights before rounding. A logit beyond the bound of
// its error is an error: the product or the storage is wrong.
func (l *layer) compare(x, y []float32, rows int) (accuracy, error) {
	var a accuracy
	var difference, exact, computed, product float64
	for row := range rows {
		input := x[row*l.Dim:][:l.Dim]
		for n, output := range l.sampled {
			want, bound := l.reference(l.exact[n], input)
			got := float64(y[row*l.Outputs+output])
			off := math.Abs(got - want)
			if !(off <= bound) { // NaN is off too
				return accuracy{}, fmt.Errorf("logit %d of row %d is off by %.3g, at most %.3g is rounding in %s",
					output, row, off, bound, l.Dtype)
			}
			a.maxAbs = max(a.maxAbs, off)
			difference += off * off
			exact += want * want
			computed += got * got
			product += got * want
		}
	}
	if exact > 0 {
		a.relative = math.Sqrt(difference / exact)
	}
	if exact > 0 && computed > 0 {
		// Above 1 is rounding of this very line.
		a.cosine = min(product/math.Sqrt(exact)/math.Sqrt(computed), 1)
	}
	return a, nil
}

// reference is a logit in float64, and how far the product with rounded weights
// in float32 can be from it: each term is off by the share of a weight that
// rounding may change, or by the absolute step where the format has no normal
// numbers, and a sum of n terms by n roundings of float32.
func (l *layer) reference(weights, input []float32) (value, bound float64) {
	const unit = 0x1p-24 // of float32
	var terms, inputs float64
	for n, w := range weights {
		term := float64(w) * float64(input[n])
		value += term
		terms += math.Abs(term)
		inputs += math.Abs(float64(input[n]))
	}
	relative, absolute := rounding(l.format)
	stored := terms*relative + inputs*absolute
	return value, stored + float64(len(weights)+1)*unit*(terms+stored)
}

// rounding is by how much a weight may differ from its stored value: by a share
// of itself, half a unit in the last place, or, where it is below the normal
// numbers of the format, by half their step.
func rounding(f kernels.Format) (relative, absolute float64) {
	switch f {
	case kernels.Float16:
		return 0x1p-11, 0x1p-25
	case kernels.BFloat16:
		return 0x1p-8, 0x1p-134 // 8 bits of precision from 2^-126 on
	default:
		return 0, 0
	}
}
