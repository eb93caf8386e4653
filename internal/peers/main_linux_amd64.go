// Command peers measures the embedded engine against OpenBLAS on one thread and
// prints one table with ratios. Run it in this folder:
//
//	go run .
//
// Times are thread CPU time, medians of rounds in which both sides take turns;
// a ratio below 1 means that we are faster. The figure to reach is attention on
// 8 heads × 2048 × 64 at no more than 1.0 times OpenBLAS with the same softmax;
// with -check, missing it is an error.
//
// Without OpenBLAS (Debian: libopenblas0-pthread) there is nothing to compare
// with: the program says so and succeeds, but fails where CI is set to true.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/cpu"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

func main() {
	rounds := flag.Int("rounds", 9, "measured rounds of each pair")
	check := flag.Bool("check", false, "fail if attention takes longer than OpenBLAS")
	flag.Parse()
	runtime.LockOSThread()
	runtime.GOMAXPROCS(1)
	if err := run(os.Stdout, max(*rounds, 1), *check); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, rounds int, check bool) error {
	peer, err := openPeer()
	if err != nil {
		if os.Getenv("CI") == "true" {
			return fmt.Errorf("%w\nhint: apt-get install libopenblas0-pthread", err)
		}
		fmt.Fprintf(out, "skipped: %v\nhint: apt-get install libopenblas0-pthread\n", err)
		return nil
	}
	peak, err := peakFlops()
	if err != nil {
		return err
	}
	engine, err := tensor.NewEngine(1)
	if err != nil {
		return err
	}
	defer engine.Close()
	fmt.Fprintf(out, "kernels: %s, peak: %.1f GFLOP/s, peer: %s\n\n", engine.Kernels(), peak/1e9, peer.config)
	results, err := measureAll(engine, peer, rounds)
	if err != nil {
		return err
	}
	if err := printTable(out, results, peak); err != nil {
		return err
	}
	if err := printMemory(out, engine); err != nil {
		return err
	}
	if check {
		return checkFigure(results)
	}
	return nil
}

// mostRatio is the figure to reach for attention.
const mostRatio = 1.0

func checkFigure(results []measured) error {
	var missed []error
	for _, m := range results {
		if m.figure && m.ratio > mostRatio {
			missed = append(missed, fmt.Errorf("%s: ratio %.3f, at most %.1f wanted", m.name, m.ratio, mostRatio))
		}
	}
	return errors.Join(missed...)
}

func measureAll(engine *tensor.Engine, peer *openBLAS, rounds int) ([]measured, error) {
	set := kernels.Best()
	team := kernels.NewTeam(set, 1)
	defer team.Close()
	pairs := attentionPairs(engine, set, peer, tensor.AttentionShape{Batch: 1, Heads: 8, SeqLen: 2048, HeadDim: 64})
	for _, p := range products() {
		pairs = append(pairs, p.pair(team, peer))
	}
	var results []measured
	for _, p := range pairs {
		m, err := measurePair(p, rounds)
		if err != nil {
			return nil, err
		}
		results = append(results, m)
	}
	return results, nil
}

func printTable(out io.Writer, results []measured, peak float64) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "pair\tours_ms\tOpenBLAS_ms\tratio\tours_GFLOP/s\tof_peak\tallocs_count\t")
	for _, m := range results {
		speed := m.flops / m.ours.Seconds()
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.3f\t%.1f\t%.0f%%\t%.0f\t\n",
			m.name, milliseconds(m.ours), milliseconds(m.theirs), m.ratio, speed/1e9, 100*speed/peak, m.allocsCount)
	}
	return w.Flush()
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// printMemory shows what each algorithm takes from its arena as the sequence
// grows, one head of 64.
func printMemory(out io.Writer, engine *tensor.Engine) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nseq_len\tnaive_peak_bytes\tflash_peak_bytes\t")
	for _, seqLen := range []int{512, 1024, 2048, 4096} {
		s := tensor.AttentionShape{Batch: 1, Heads: 8, SeqLen: seqLen, HeadDim: 64}
		x := make([]float32, s.Elems())
		var peaks []int64
		for _, call := range []func(*tensor.Arena, tensor.AttentionShape, []float32, []float32, []float32, []float32) error{
			engine.NaiveAttention, engine.FlashAttention,
		} {
			arena := tensor.NewArena()
			if err := call(arena, s, x, x, x, make([]float32, s.Elems())); err != nil {
				return err
			}
			peaks = append(peaks, arena.PeakBytes())
		}
		fmt.Fprintf(w, "%d\t%d\t%d\t\n", seqLen, peaks[0], peaks[1])
	}
	return w.Flush()
}

// peakFlops measures how many floating-point operations a second independent
// fused multiply-adds reach, the best of the instruction sets and of some tries.
func peakFlops() (float64, error) {
	const rounds, chains, tries = 2_000_000, 12, 5
	loops := []struct {
		usable bool
		lanes  float64
		loop   func(int64)
	}{
		{cpu.X86.HasAVX2 && cpu.X86.HasFMA, 8, peakFMAAVX2},
		{cpu.X86.HasAVX512F, 16, peakFMAAVX512},
	}
	speeds := []float64{0}
	for _, l := range loops {
		for range tries {
			if !l.usable {
				continue
			}
			elapsed, err := timed(func() error { l.loop(rounds); return nil })
			if err != nil {
				return 0, err
			}
			speeds = append(speeds, 2*l.lanes*chains*rounds/elapsed.Seconds())
		}
	}
	return slices.Max(speeds), nil
}
