package wire

import (
	"context"
	"io"
	"os/exec"
	"slices"
	"testing"
	"time"

	"runx/internal/process"
	"runx/workloads"
)

// BenchmarkFreshWorker compares a fresh worker that takes one sample with the
// bare start of a process, in turn in one run, by medians.
func BenchmarkFreshWorker(b *testing.B) {
	c := command("serve", io.Discard)
	c.Known = fakes()[1:]
	var worker, bare []time.Duration
	for b.Loop() {
		worker = append(worker, timed(b, func() error { return freshSample(b.Context(), c) }))
		bare = append(bare, timed(b, runTrue))
	}
	ms := func(d []time.Duration) float64 {
		slices.Sort(d)
		return float64(d[len(d)/2]) / float64(time.Millisecond)
	}
	b.ReportMetric(ms(worker), "worker_ms")
	b.ReportMetric(ms(bare), "true_ms")
	b.ReportMetric(ms(worker)-ms(bare), "extra_ms")
	b.ReportMetric(0, "ns/op")
}

func timed(b *testing.B, f func() error) time.Duration {
	start := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func runTrue() error {
	p, err := process.Start(exec.Command("true"))
	if err != nil {
		return err
	}
	return p.Wait()
}

func freshSample(ctx context.Context, c Command) error {
	w, err := Dial(ctx, c)
	if err != nil {
		return err
	}
	d := w.Workloads()[0]
	i, err := d.Open(ctx, workloads.Env{Params: workloads.Values{}, Log: io.Discard})
	if err != nil {
		return err
	}
	if err := i.Sample(ctx, workloads.NewRecorder(d, nil, &workloads.Monitor{})); err != nil {
		return err
	}
	if err := i.Close(); err != nil {
		return err
	}
	return w.Close()
}

// BenchmarkSample is what one sample of nothing costs over the wire, alone and
// many in a message.
func BenchmarkSample(b *testing.B) {
	for name, n := range map[string]int{"one": 1, "hundred": 100} {
		b.Run(name, func(b *testing.B) {
			c := command("serve", io.Discard)
			c.Known = fakes()[1:]
			w, err := Dial(b.Context(), c)
			if err != nil {
				b.Fatal(err)
			}
			defer w.Kill()
			d := w.Workloads()[0]
			i, err := d.Open(b.Context(), workloads.Env{Params: workloads.Values{}, Log: io.Discard})
			if err != nil {
				b.Fatal(err)
			}
			r := workloads.NewRecorder(d, nil, &workloads.Monitor{})
			for b.Loop() {
				r.Reset()
				if err := i.(workloads.MultiSampler).SampleN(b.Context(), n, r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "us/sample")
		})
	}
}
