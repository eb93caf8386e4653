package runner

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
	"runx/workloads/noop"
	"runx/workloads/spin"
	"runx/workloads/wire"
)

// prepared is an engine with a real journal, ready for its first repetition.
func prepared(t testing.TB, text string, w workloads.Workload) (*engine, context.Context) {
	t.Helper()
	s, err := spec.Parse(t.Context(), "bench.yaml", []byte(text), spec.Options{Workloads: []workloads.Workload{w}})
	if err != nil {
		t.Fatal(err)
	}
	run, err := results.Create(t.TempDir(), s, results.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	})
	e, err := newEngine(t.Context(), s, run, Options{Observer: quiet{}, Self: []string{"replaced"}})
	if err != nil {
		t.Fatal(err)
	}
	e.monitor = workloads.NewMonitor()
	t.Cleanup(func() { e.closeAll(); e.logError("close", e.monitor.Close()) })
	return e, t.Context()
}

// quiet does what a display does between two pictures.
type quiet struct{}

func (quiet) Sampled(p Progress) { _ = p.Elapsed < time.Hour }
func (quiet) Opening(Progress)   {}

const sequentialNoop = `
version: 1
name: bench
workload: noop
measure: {samples: 100000000, order: sequential}
`

// A sample in steady state, journal included, allocates nothing: neither in
// the timed region nor around it.
func TestSampleAllocatesNothing(t *testing.T) {
	timeout := sequentialNoop[:len(sequentialNoop)-2] + ", timeout: 1h}"
	for name, text := range map[string]string{"plain": sequentialNoop, "timeout": timeout} {
		e, ctx := prepared(t, text, noop.Workload())
		if e.spec.Measure.Timeout > 0 {
			e.deadline = newDeadline(ctx)
			defer e.deadline.close()
		}
		p := &e.points[0]
		one := func() {
			if err := e.repetition(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		one()
		p.values = make([]float64, 0, 10_000) // or it grows now and then
		if n := testing.AllocsPerRun(2000, one); n != 0 {
			t.Errorf("%s: a sample allocates %v times", name, n)
		}
	}
}

// What a sample of nothing costs all told: to take it, to look after the point,
// to write its line. bare_ns is the workload under a recorder alone.
func BenchmarkNoopSequential(b *testing.B) {
	e, ctx := prepared(b, sequentialNoop, noop.Workload())
	benchmarkSamples(b, ctx, e)
}

// The same, one of each of 16 points per round, in random order. Every visit
// throws one sample away.
func BenchmarkNoopInterleaved(b *testing.B) {
	e, ctx := prepared(b, `
version: 1
name: bench
workload: noop16
sweep: {x: {range: [1, 16, 1]}}
measure: {samples: 100000000, order: interleaved}
`, noop16())
	benchmarkSamples(b, ctx, e)
}

// noop16 is noop with a parameter to sweep.
func noop16() workloads.Workload {
	w := noop.Workload()
	w.Name = "noop16"
	w.Params = []workloads.Param{{Name: "x", Kind: workloads.Int, Default: 0, Doc: "nothing"}}
	return w
}

func benchmarkSamples(b *testing.B, ctx context.Context, e *engine) {
	for i := range e.points {
		e.visits = append(e.visits, visit{point: &e.points[i]})
		if err := e.repetition(ctx, &e.points[i]); err != nil {
			b.Fatal(err)
		}
	}
	times := make([]float64, 0, b.N+1)
	b.ReportAllocs()
	b.ResetTimer()
	round := 1
	for left := b.N; left > 0; round++ {
		start := time.Now()
		e.round = round
		e.shuffle(round)
		for _, v := range e.visits {
			if err := e.repetition(ctx, v.point); err != nil {
				b.Fatal(err)
			}
		}
		left -= len(e.visits)
		times = append(times, float64(time.Since(start))/float64(len(e.visits)))
	}
	b.StopTimer()
	b.ReportMetric(median(times), "median_ns")
	b.ReportMetric(bare(b, ctx, e.points[0].slot), "bare_ns")
}

// bare is the median time of the workload under its recorder alone, in ns.
func bare(b *testing.B, ctx context.Context, s *slot) float64 {
	times := make([]float64, 2000)
	for i := range times {
		start := time.Now()
		s.recorder.Reset()
		if err := s.instance.Sample(ctx, s.recorder); err != nil {
			b.Fatal(err)
		}
		times[i] = float64(time.Since(start))
	}
	return median(times)
}

func median(x []float64) float64 {
	slices.Sort(x)
	return stats.Quantile(x, 0.5)
}

// What the runner adds to the latency that is measured: 10 µs of spinning as
// the journal has it, against the same loop under a bare pair of clock readings.
// The two alternate, so that both meet the same machine.
func BenchmarkSpinLatency(b *testing.B) {
	e, ctx := prepared(b, `
version: 1
name: bench
workload: spin
params: {duration_us: 10}
measure: {samples: 100000000, order: sequential}
`, spin.Workload())
	p := &e.points[0]
	if err := e.repetition(ctx, p); err != nil {
		b.Fatal(err)
	}
	op := func() {
		for start := time.Now(); time.Since(start) < 10*time.Microsecond; {
		}
	}
	var direct []float64
	e.watch.keep = true
	b.ReportAllocs()
	for b.Loop() {
		if err := e.repetition(ctx, p); err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		op()
		direct = append(direct, float64(time.Since(start)))
	}
	measured, alone := 1e6*median(p.values), median(direct)
	b.ReportMetric(measured, "measured_ns")
	b.ReportMetric(alone, "bare_ns")
	b.ReportMetric(100*(measured-alone)/alone, "added_%")
}

// A fresh runx serve per sample of noop, against fork and exec of true: the
// two alternate. bare_ms is runx serve with nobody to serve.
func BenchmarkIsolateSample(b *testing.B) {
	path := filepath.Join(b.TempDir(), "runx")
	if out, err := exec.Command("go", "build", "-o", path, "runx/cmd/runx").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	e, ctx := prepared(b, `
version: 1
name: bench
workload: noop
measure: {samples: 100000000, warmup: 0, isolate: sample}
`, noop.Workload())
	e.spec.Measure.OnError = spec.Stop
	e.newHost = childMaker(wire.Command{Argv: []string{path, "serve"}, Known: []workloads.Workload{noop.Workload()}}, "noop")
	p := &e.points[0]
	var ours, peers, bare []float64
	for b.Loop() {
		start := time.Now()
		if err := e.repetition(ctx, p); err != nil {
			b.Fatal(err)
		}
		ours = append(ours, float64(time.Since(start))/1e6)
		start = time.Now()
		if err := exec.Command("true").Run(); err != nil {
			b.Fatal(err)
		}
		peers = append(peers, float64(time.Since(start))/1e6)
		start = time.Now()
		if err := exec.Command(path, "serve").Run(); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, float64(time.Since(start))/1e6)
	}
	b.ReportMetric(median(bare), "bare_ms")
	b.ReportMetric(median(ours), "ms/sample")
	b.ReportMetric(median(peers), "ms/true")
	b.ReportMetric(median(ours)-median(peers), "ms-more")
}

// What the runner needs per point that waits: its record, and its place in the
// order of a round.
func BenchmarkPointMemory(b *testing.B) {
	const points = 200_000
	for b.Loop() {
		var before, after runtime.MemStats
		s := parse(b, &laboratory{}, fmt.Sprintf("sweep: {x: {range: [1, %d, 1]}}", points), "measure: {samples: 100}")
		runtime.GC()
		runtime.ReadMemStats(&before)
		e, err := newEngine(b.Context(), s, &memory{}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range e.points {
			e.visits = append(e.visits, visit{point: &e.points[i]})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/points, "bytes/point")
		runtime.KeepAlive(e)
	}
}
