package fragmentation

import (
	"context"
	_ "embed"
	"fmt"
	"math/bits"

	"runx/workloads"
)

//go:embed doc.go
var source string

const minHeap = 64 << 20 // bytes: eight of the largest tensors

// Workload describes fragmentation.
func Workload() workloads.Workload {
	return workloads.Workload{
		Name: "fragmentation",
		Doc:  workloads.PackageDoc(source),
		Params: []workloads.Param{
			{Name: "allocator", Kind: workloads.Enum, Enum: allocators, Default: caching,
				Doc: "who serves the heap; see the workload's doc"},
			{Name: "sizes", Kind: workloads.Enum, Enum: distributions, Default: tensors,
				Doc: "what the sizes are drawn from; see the workload's doc"},
			{Name: "lifetime", Kind: workloads.Enum, Enum: lifetimes, Default: anyTensor,
				Doc: "which live tensor is freed: any, or mostly those born to die young"},
			{Name: "occupancy", Kind: workloads.Float, Default: 0.8, Min: new(0.1), Max: new(0.99),
				Doc: "requested bytes of the live tensors that are aimed at, as a share of the heap"},
			{Name: "heap_bytes", Kind: workloads.Int, Unit: "bytes", Default: 256 << 20, Min: new(float64(minHeap)), Max: new(float64(1 << 36)),
				Doc: "size of the heap, or of the device that caching takes segments from; a power of two"},
			{Name: "demand_seed", Kind: workloads.Int, Default: 1, Min: new(0.0),
				Doc: "what sizes and deaths are drawn from: points with the same seed, sizes and lifetime get the same requests"},
			{Name: "age_count", Kind: workloads.Int, Unit: "allocations", Default: 10_000, Min: new(0.0), Max: new(1e9),
				Doc: "allocations between the full heap and the last window"},
			{Name: "windows", Kind: workloads.Int, Unit: "windows", Default: 1, Min: new(1.0), Max: new(1000.0),
				Doc: "rows of a sample, evenly spaced from 0 to age_count allocations; a single one is at age_count"},
			{Name: "window_count", Kind: workloads.Int, Unit: "allocations", Default: 1000, Min: new(100.0), Max: new(1e5),
				Doc: "allocations that latency_ms covers; as many again are timed one by one"},
		},
		Metrics: []workloads.Metric{
			{Name: "iterations_count", Doc: "allocations between the full heap and this window"},
			{Name: "alloc_p50_ns", Better: workloads.Lower, Doc: "median time of one allocation, with a reading of the clock"},
			{Name: "alloc_p99_ns", Better: workloads.Lower, Doc: "99th percentile of the time of one allocation, with a reading of the clock"},
			{Name: "searched_count", Better: workloads.Lower, Doc: "free blocks looked at for one allocation, the mean over the window of latency_ms; NULL for go"},
			{Name: "failed_count", Better: workloads.Lower, Doc: "allocations that failed, of the 2 * window_count of this row"},
			{Name: "external_fragmentation_ratio", Better: workloads.Lower, Doc: "share of the free bytes that the largest possible request does not get; NULL for go"},
			{Name: "internal_fragmentation_ratio", Better: workloads.Lower, Doc: "share of the allotted bytes that nobody asked for"},
			{Name: "largest_free_bytes", Better: workloads.Higher, Doc: "largest request that would succeed; NULL for go"},
			{Name: "free_blocks_count", Doc: "free blocks; NULL for go"},
			{Name: "live_bytes", Better: workloads.Higher, Doc: "bytes that the live tensors asked for"},
			{Name: "memory_bytes", Better: workloads.Lower, Doc: "bytes that the allocator holds: the heap, the segments of caching, the runtime's heap of go"},
		},
		Check:    check,
		ManyRows: true,
		Open:     open,
	}
}

// check finds values that do not go together.
func check(v workloads.Values) error {
	var p struct {
		Occupancy float64 `param:"occupancy"`
		Heap      int     `param:"heap_bytes"`
		Age       int     `param:"age_count"`
		Windows   int     `param:"windows"`
		Window    int     `param:"window_count"`
	}
	if err := v.Decode(&p); err != nil {
		return err
	}
	if bits.OnesCount64(uint64(p.Heap)) != 1 {
		return &workloads.Conflict{
			Params:  []string{"heap_bytes"},
			Problem: fmt.Sprintf("heap_bytes %d is not a power of two", p.Heap),
		}
	}
	if p.Occupancy*float64(p.Heap) < maxSize {
		return &workloads.Conflict{
			Params:  []string{"occupancy", "heap_bytes"},
			Problem: fmt.Sprintf("occupancy %v of heap_bytes %d has no room for the largest tensor of %d bytes", p.Occupancy, p.Heap, maxSize),
			Where:   fmt.Sprintf("occupancy * heap_bytes >= %d", maxSize),
		}
	}
	if between := 2 * p.Window * (p.Windows - 1); between > p.Age {
		return &workloads.Conflict{
			Params: []string{"age_count", "windows", "window_count"},
			Problem: fmt.Sprintf("%d windows of twice %d allocations need an age_count of %d at least, not %d",
				p.Windows, p.Window, between, p.Age),
			Where: "2 * window_count * (windows - 1) <= age_count",
		}
	}
	return nil
}

func open(_ context.Context, env workloads.Env) (workloads.Instance, error) {
	if err := check(env.Params); err != nil {
		return nil, err
	}
	var p struct {
		Allocator string  `param:"allocator"`
		Sizes     string  `param:"sizes"`
		Lifetime  string  `param:"lifetime"`
		Occupancy float64 `param:"occupancy"`
		Heap      int     `param:"heap_bytes"`
		Age       int     `param:"age_count"`
		Windows   int     `param:"windows"`
		Window    int     `param:"window_count"`
		Seed      int     `param:"demand_seed"`
	}
	if err := env.Params.Decode(&p); err != nil {
		return nil, err
	}
	if err := workloads.RequireMemory(needs(p.Allocator, float64(p.Heap), float64(p.Window))); err != nil {
		return nil, err
	}
	size, err := sizesOf(p.Sizes)
	if err != nil {
		return nil, err
	}
	a, err := newAllocator(p.Allocator, int64(p.Heap))
	if err != nil {
		return nil, err
	}
	i := &instance{
		allocator: a,
		demand:    demand{size: size, target: int64(p.Occupancy * float64(p.Heap)), aged: p.Lifetime == generational},
		seed:      uint64(p.Seed), age: p.Age, windows: p.Windows, window: p.Window,
	}
	i.run = i.perform
	i.demand.reset(i.seed, 0)
	return i, nil
}

// needs is about what a point takes, in bytes, rather more than less.
func needs(allocator string, heap, window float64) float64 {
	const (
		perTensor = 256      // a tensor's slot, block and handle, in slices that double
		smallMean = 24 << 10 // less than the least mean of a distribution, 50 KiB of lognormal
		perOp     = 64
	)
	need := heap/smallMean*perTensor + window*perOp
	switch allocator {
	case buddyName:
		need += heap / minBlock * 9
	case goName:
		need += 2.5 * heap // as much garbage as live objects before it is collected
	}
	return need
}
