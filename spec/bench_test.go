package spec

import (
	"context"
	"testing"
	"time"
)

// grid is a spec of many points with a condition that needs the fastest axis,
// so that no branch can be removed at once.
func grid(b *testing.B, perAxis string) *Spec {
	b.Helper()
	s, err := Parse(context.Background(), "t.yaml", []byte(head+`
sweep:
  seq_len: {range: [1, `+perAxis+`, 1]}
  batch: {range: [1, `+perAxis+`, 1]}
  scale: {range: [1, `+perAxis+`, 1]}
where: seq_len * batch + scale > 100
`), options())
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkPlanMillion is what runx plan does with a grid of 10^6 points: read
// the spec, count what stays, list a page.
func BenchmarkPlanMillion(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		s := grid(b, "100")
		if n, complete, err := s.Count(context.Background()); !complete || err != nil || n == 0 {
			b.Fatal(n, complete, err)
		}
		page(b, s)
	}
}

// BenchmarkFirstPageBillion is the first page of a grid of 10^9 points.
func BenchmarkFirstPageBillion(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		page(b, grid(b, "1000"))
	}
}

func page(b *testing.B, s *Spec) {
	n := 0
	for _, err := range s.Points() {
		if err != nil {
			b.Fatal(err)
		}
		if n++; n == 20 {
			return
		}
	}
}

// BenchmarkPoints is the cost of one point that stays, with its values and its
// name.
func BenchmarkPoints(b *testing.B) {
	s := grid(b, "100")
	b.ReportAllocs()
	b.ResetTimer()
	n := 0
	for n < b.N {
		for _, err := range s.Points() {
			if err != nil {
				b.Fatal(err)
			}
			if n++; n >= b.N {
				break
			}
		}
	}
}

// BenchmarkAt is the cost of making one point again.
func BenchmarkAt(b *testing.B) {
	s := grid(b, "100")
	b.ReportAllocs()
	for b.Loop() {
		if _, stays, err := s.At(777_777); !stays || err != nil {
			b.Fatal(stays, err)
		}
	}
}

// BenchmarkCountBillion counts for as long as a person waits.
func BenchmarkCountBillion(b *testing.B) {
	s := grid(b, "1000")
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		n, complete, err := s.Count(ctx)
		cancel()
		if complete || err != nil {
			b.Fatal(n, complete, err)
		}
		b.ReportMetric(float64(n)*10, "points/s")
	}
}

// BenchmarkMetric is one evaluation of a small metric.
func BenchmarkMetric(b *testing.B) {
	s, err := Parse(context.Background(), "t.yaml", []byte(head+"sweep: {seq_len: [8]}\nmetrics: {tokens_per_s: batch * seq_len / (latency_ms / 1e3)}\n"), options())
	if err != nil {
		b.Fatal(err)
	}
	env := map[string]any{"batch": 1, "seq_len": 8, "latency_ms": 0.5}
	b.ReportAllocs()
	for b.Loop() {
		if v, err := s.Metrics[0].Eval(env); err != nil || v != 16000 {
			b.Fatal(v, err)
		}
	}
}

// BenchmarkParse reads a spec that uses all of the language.
func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(context.Background(), "t.yaml", []byte(everything), options()); err != nil {
			b.Fatal(err)
		}
	}
}
