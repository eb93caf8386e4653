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
// float64 arithmetic on the weights before rounding. A logit that is farther from
// that on the stored weights than sums of float32 are is an error: the product is
// wrong.
func (l *layer) compare(x, y []float32, rows int) (accuracy, error) {
	var a accuracy
	var difference, exact, computed, product float64
	for row := range rows {
		input := x[row*l.Dim:][:l.Dim]
		for n, output := range l.sampled {
			got := float64(y[row*l.Outputs+output])
			if err := checkLogit(got, l.stored[n], input); err != nil {
				return accuracy{}, fmt.Errorf("logit %d of row %d in %s %w", output, row, l.Dtype, err)
			}
			want, _ := dot(l.exact[n], input)
			off := math.Abs(got - want)
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

// floatUnit is by which share of itself a float32 may be off by rounding.
const floatUnit = 0x1p-24

// checkLogit returns an error unless got is the product as float32 gives it: off
// by at most as many roundings as there are terms, and those of a scale.
func checkLogit(got float64, weights, input []float32) error {
	const scaling = 3
	want, size := dot(weights, input)
	bound := float64(len(weights)+scaling) * floatUnit * size
	if off := math.Abs(got - want); !(off <= bound) { // NaN is off too
		return fmt.Errorf("is off by %.3g, at most %.3g is rounding", off, bound)
	}
	return nil
}

// dot is the sum of the products in float64, and that of their sizes.
func dot(weights, input []float32) (sum, size float64) {
	for n, w := range weights {
		term := float64(w) * float64(input[n])
		sum += term
		size += math.Abs(term)
	}
	return sum, size
}
