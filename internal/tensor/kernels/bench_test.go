package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkGemm(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, set := range Supported() {
		for _, threads := range []int{1, 2} {
			for _, n := range []int{256, 1024} {
				b.Run(fmt.Sprintf("%s/%dx%dx%d/threads=%d", set.Name(), n, n, n, threads), func(b *testing.B) {
					team := NewTeam(set, threads)
					defer team.Close()
					x, y, z := view(r, n, n, 0, false), view(r, n, n, 0, false), view(r, n, n, 0, false)
					call := func() {
						if err := team.Gemm(1, x, y, 0, z); err != nil {
							b.Fatal(err)
						}
					}
					call() // makes the buffer for packing
					for b.Loop() {
						call()
					}
					b.ReportMetric(2*float64(n*n*n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}

func BenchmarkSoftmax(b *testing.B) {
	const n = 2048
	r := rand.New(rand.NewPCG(1, 1))
	for _, set := range Supported() {
		b.Run(set.Name(), func(b *testing.B) {
			x, dst := normals(r, n), make([]float32, n)
			for b.Loop() {
				set.Softmax(dst, x)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}
