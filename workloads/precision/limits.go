package precision

import (
	"math"
	"time"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

const (
	// limitElems are read for the bandwidth: 64 MiB, more than caches keep.
	limitElems = 16 << 20
	// A limit is what was reached at best, when limitTries in a row came no
	// closer than by limitGain: a slow stretch at the start is no limit.
	limitTries = 12
	limitGain  = 0.01
	// limitRows, limitInner and limitCols are a product whose factors and result
	// stay in the second-level cache: 96, 192 and 96 KiB.
	limitRows, limitInner, limitCols = 96, 256, 192
	// limitProducts are how many of them one measurement takes, a millisecond
	// and more.
	limitProducts = 16
)

// limits are what the machine can do at best with these kernels.
type limits struct {
	flopsPerS, bytesPerS float64
}

// measureLimits finds them on all threads of the team at once.
func measureLimits(team *kernels.Team) (limits, error) {
	threads := team.Threads()
	reading := &reading{data: make([]float32, limitElems), sums: make([]float32, threads)}
	for n := range reading.data {
		reading.data[n] = 1 // a page that was never written is not in memory
	}
	arithmetic, err := newArithmetic(team.Set(), threads)
	if err != nil {
		return limits{}, err
	}
	seconds, err := fastest(team, reading)
	if err != nil {
		return limits{}, err
	}
	l := limits{bytesPerS: limitElems * floatBytes / seconds}
	if seconds, err = fastest(team, arithmetic); err != nil {
		return limits{}, err
	}
	l.flopsPerS = 2 * limitRows * limitInner * limitCols * limitProducts * float64(threads) / seconds
	return l, nil
}

// fastest does the task on every thread at the same time until it gets no
// faster, and returns the shortest duration.
func fastest(team *kernels.Team, task kernels.Task) (seconds float64, err error) {
	seconds = math.Inf(1)
	for left := limitTries; left > 0; left-- {
		start := time.Now()
		if err := team.Run(kernels.Step{Task: task, Parts: team.Threads()}); err != nil {
			return 0, err
		}
		took := time.Since(start).Seconds()
		if took < seconds*(1-limitGain) {
			left = limitTries
		}
		seconds = min(seconds, took)
	}
	return seconds, nil
}

// reading adds up memory, each part one share of it.
type reading struct {
	data []float32
	sums []float32
}

func (r *reading) Do(w *kernels.Worker, part int) error {
	first := len(r.data) * part / len(r.sums)
	end := len(r.data) * (part + 1) / len(r.sums)
	r.sums[part] = w.Sum(r.data[first:end])
	return nil
}

// arithmetic multiplies what is in the cache, each part for itself.
type arithmetic struct {
	left   kernels.Matrix
	right  kernels.Packed
	result [][]float32
}

func newArithmetic(set *kernels.Set, threads int) (_ *arithmetic, err error) {
	left, right := make([]float32, limitRows*limitInner), make([]float32, limitInner*limitCols)
	tensor.FillNormal(left, 1) // zeros take less power, and processors run them faster
	tensor.FillNormal(right, 2)
	a := &arithmetic{
		left:   kernels.RowMajor(left, limitRows, limitInner),
		result: make([][]float32, threads),
	}
	for n := range a.result {
		a.result[n] = make([]float32, limitRows*limitCols)
	}
	packed := make([]float32, set.PackedLen(limitInner, limitCols))
	a.right, err = set.Pack(packed, kernels.RowMajor(right, limitInner, limitCols))
	return a, err
}

func (a *arithmetic) Do(w *kernels.Worker, part int) error {
	result := kernels.RowMajor(a.result[part], limitRows, limitCols)
	for range limitProducts {
		if err := w.GemmPacked(1, a.left, a.right, 0, result); err != nil {
			return err
		}
	}
	return nil
}
