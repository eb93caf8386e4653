package tensor

import (
	"math"

	"runx/internal/tensor/kernels"
)

// partialRows is what a block has of one range of keys: for each row a sum of
// values that is not divided yet, the largest score and the sum of exponentials.
func (f *flashCall) partialRows(b rowBlock, part int) (out kernels.Matrix, largest, sums []float32) {
	d := f.HeadDim
	first := (b.batch*f.Heads+b.head)*f.ranges() + part*b.count
	data := f.partial[first*(d+2):][:b.count*(d+2)]
	return kernels.RowMajor(data[2*b.count:], b.count, d), data[:b.count], data[b.count : 2*b.count]
}

// flashJoin brings the ranges of a block together, one after the other.
type flashJoin flashCall

func (j *flashJoin) Do(w *kernels.Worker, i int) error {
	f := (*flashCall)(j)
	b := f.block(i)
	for r := range b.count {
		f.join(w, b, r)
	}
	return nil
}

// join computes a row: the sum of its ranges, each brought to the largest score
// of all.
func (f *flashCall) join(w *kernels.Worker, b rowBlock, r int) {
	most := float32(math.Inf(-1))
	for part := range f.ranges() {
		_, largest, _ := f.partialRows(b, part)
		most = max(most, largest[r])
	}
	out := matrixRow(f.rows(f.out, b, f.HeadDim), r)
	clear(out)
	var total float32
	for part := range f.ranges() {
		values, largest, sums := f.partialRows(b, part)
		factor := exp((largest[r] - kernels.SoftmaxBias(most)) * f.scale())
		total += factor * sums[r]
		w.AddScaled(out, matrixRow(values, r), factor)
	}
	f.finish(w, b, r, out, most, total)
}
