package main

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/sys/cpu"

	"runx/internal/tensor/kernels"
)

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
			seconds, err := timed(threadTime, 1, func() error { l.loop(rounds); return nil })
			if err != nil {
				return 0, err
			}
			speeds = append(speeds, 2*l.lanes*chains*rounds/seconds)
		}
	}
	return slices.Max(speeds), nil
}

// reading is the limit of what reads a matrix once: reading it and nothing else.
func reading(x []float32) side {
	read := peakReadAVX2
	if cpu.X86.HasAVX512F {
		read = peakReadAVX512
	}
	s := onThread("reading", func() error { read(&x[0], int64(len(x))); return nil })
	// The loop reads whole blocks only, and a limit that leaves some out is none.
	sum := float64(read(&x[0], int64(len(x))))
	if want := float64(kernels.Best().Sum(x)); math.Abs(sum-want) > 1e-6*float64(len(x)) {
		s.missing = fmt.Errorf("the loop that reads found the sum %v, not %v", sum, want)
	}
	return s
}
