package pipeline

import (
	"math"
	"slices"
	"time"

	"runx/internal/tensor"
	"runx/internal/tensor/kernels"
)

const (
	// bandwidthBytes is the most that is read to find the bandwidth.
	bandwidthBytes = 128 << 20
	// bandwidthPart is the least that a thread reads at a time.
	bandwidthPart = 64 << 10
	// bandwidthTime is how long the search for the fastest reading takes.
	bandwidthTime = 50 * time.Millisecond
	repetitions   = 5
	clockReadings = 1000
)

// measureClock is the cost of one reading of the clock.
func measureClock() time.Duration {
	var costs [repetitions]time.Duration
	var l timeline
	l.begin()
	for n := range costs {
		start := time.Now()
		for range clockReadings {
			l.now()
		}
		costs[n] = time.Since(start) / clockReadings
	}
	slices.Sort(costs[:])
	return costs[repetitions/2]
}

// reading is the task of reading an array in parts.
type reading struct {
	set  *kernels.Set
	data []float32
	part int // elements
	sums []float32
}

func (t *reading) Do(_ *kernels.Worker, i int) error {
	begin := i * t.part
	t.sums[i] = t.set.Sum(t.data[begin:min(begin+t.part, len(t.data))])
	return nil
}

// measureBandwidth is how many bytes per second the threads of the engine read
// from an array of about so many bytes, at their best: what slows them down is
// not the memory.
func measureBandwidth(e *tensor.Engine, bytes int64) (float64, error) {
	elems := int(min(max(bytes, bandwidthPart), bandwidthBytes)) / floatBytes
	// Each thread gets several parts, so that one that is held up is not waited for.
	part := max(bandwidthPart/floatBytes, elems/(8*e.Threads())+1)
	parts := (elems + part - 1) / part
	task := &reading{set: kernels.Best(), data: make([]float32, elems), part: part, sums: make([]float32, parts)}
	for i := range task.data {
		task.data[i] = 1 // the system gives no memory before it is written
	}
	fastest := time.Duration(math.MaxInt64)
	for begun, n := time.Now(), 0; n < repetitions || time.Since(begun) < bandwidthTime; n++ {
		start := time.Now()
		if err := e.Run(kernels.Step{Task: task, Parts: parts}); err != nil {
			return 0, err
		}
		fastest = min(fastest, max(time.Since(start), 1))
	}
	return float64(elems*floatBytes) / fastest.Seconds(), nil
}
