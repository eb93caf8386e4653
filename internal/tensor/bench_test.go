package tensor

import (
	"fmt"
	"testing"

	"runx/internal/tensor/kernels"
)

// BenchmarkAttention shows speed, Go allocations (-benchmem) and what each
// algorithm takes from the arena as the sequence grows.
func BenchmarkAttention(b *testing.B) {
	for _, name := range []string{"naive", "flash"} {
		for _, threads := range []int{1, 2} {
			for _, seqLen := range []int{128, 512, 1024, 2048, 4096} {
				b.Run(fmt.Sprintf("%s/seq_len=%d/threads=%d", name, seqLen, threads), func(b *testing.B) {
					s := AttentionShape{Batch: 1, Heads: 8, SeqLen: seqLen, HeadDim: 64}
					benchmarkAttention(b, algorithms[name], s, threads)
				})
			}
		}
	}
}

func benchmarkAttention(b *testing.B, attend attend, s AttentionShape, threads int) {
	q, k, v := inputs(s, 1, 1)
	out := make([]float32, s.Elems())
	e, err := newEngine(kernels.Best(), threads)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	a := NewArena()
	call := func() {
		if err := attend(e, a, s, q, k, v, out); err != nil {
			b.Fatal(err)
		}
	}
	call() // fills the arena
	for b.Loop() {
		call()
	}
	b.ReportMetric(s.Flops()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	b.ReportMetric(float64(a.PeakBytes()), "arena_peak_bytes")
}
