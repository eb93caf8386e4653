package kernels

import (
	"math/rand/v2"
	"runtime/debug"
	"testing"
)

func TestOperationsTouchNothingBeyondASlice(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const most = 133
	e := edge{t: t, rand: rand.New(rand.NewPCG(8, 8))}
	var buffers [5][]float32
	for i := range buffers {
		buffers[i] = e.floats(most)
	}
	for _, set := range Supported() {
		for n := 1; n <= most; n++ {
			ends := make([][]float32, len(buffers))
			for i := range ends {
				ends[i] = buffers[i][most-n:]
			}
			for _, op := range operations() {
				op.call(set, arguments{out: ends[:op.outputs], in: ends[op.outputs:][:op.inputs], rstd: 1, rms: 1})
			}
			set.Max(ends[0])
			set.Softmax(ends[0], ends[1])
			half := n / 2
			set.Rotate(ends[0][n-2*half:], ends[1][n-half:], ends[2][n-half:])
		}
	}
}
