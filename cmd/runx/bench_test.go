package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkListProcess is what a person waits for: the start of the program,
// its answer, its end. The figure to keep is 30 ms.
func BenchmarkListProcess(b *testing.B) {
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := exec.Command("runx", "list").Run(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "median-ms")
}

// BenchmarkPlanMillion plans a grid of a million points with a where; the
// figures to keep are 2 s and 100 MB.
func BenchmarkPlanMillion(b *testing.B) {
	for _, size := range []int{100, 1000} {
		path := filepath.Join(b.TempDir(), "grid.yaml")
		text := fmt.Sprintf(`version: 1
name: grid
workload: synthetic
sweep:
  location_ms: {range: [1, %d, 1]}
  scale_ms: {range: [1, %d, 1]}
  size: {range: [1, %d, 1]}
where: location_ms * scale_ms < 5000 || size > 50
`, size, size, size)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("points=1e%d", len(fmt.Sprint(size*size*size))-1), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if code := run([]string{"plan", path}, nil, io.Discard, io.Discard); code != exitDone {
					b.Fatalf("exit code %d", code)
				}
			}
		})
	}
}
