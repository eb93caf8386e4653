package kernels

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkOperations gives the time of each operation an element, on rows that
// stay in the first-level cache: those of a small model.
func BenchmarkOperations(b *testing.B) {
	const n = 768
	r := rand.New(rand.NewPCG(1, 1))
	for _, set := range Supported() {
		for _, op := range operations() {
			b.Run(set.Name()+"/"+op.name, func(b *testing.B) {
				a := op.prepared(op.draw(r, n, 1, 0, false), 0)
				for b.Loop() {
					op.call(set, a)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
