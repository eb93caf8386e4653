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

// One row waits for the right factor, many for the arithmetic.
func BenchmarkGemmPacked(b *testing.B) {
	const k, n = 2048, 4096
	r := rand.New(rand.NewPCG(1, 1))
	for _, set := range Supported() {
		worker, right := newWorker(set, 0), view(r, k, n, 0, true)
		for _, f := range []Format{Float32, Float16, BFloat16, Int8} {
			packed, err := packAs(set, right, f)
			if err != nil {
				b.Fatal(err)
			}
			for _, rows := range []int{1, 8, 64} {
				b.Run(fmt.Sprintf("%s/%s/rows=%d", set.Name(), f, rows), func(b *testing.B) {
					left, out := view(r, rows, k, 0, false), view(r, rows, n, 0, false)
					for b.Loop() {
						if err := worker.GemmPacked(1, left, packed, 0, out); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}

// packAs packs b in the given format.
func packAs(set *Set, b Matrix, f Format) (Packed, error) {
	n := set.PackedLen(b.Rows, b.Cols)
	switch f {
	case Float32:
		return set.Pack(make([]float32, n), b)
	case Int8:
		return set.PackInt8(make([]int8, n), make([]float32, set.ScalesLen(b.Cols)), b)
	}
	return set.PackHalf(make([]uint16, n), f, b)
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
