package fragmentation

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"runx/workloads"
)

// stretch is how many allocations are drawn and made between two looks at
// whether the sample is still wanted.
const stretch = 256

// settling is how long caches, branch predictors and clock take, rather more
// than less, until they are as they will stay.
const settling = 10 * time.Millisecond

// An instance is a heap that is begun anew for each sample.
type instance struct {
	allocator allocator
	demand    demand
	seed      uint64 // of the demand
	age       int    // allocations from the full heap to the last window
	windows   int
	window    int // allocations

	placed []handle // by slot of the demand; 0 is a request that failed
	spans  []time.Duration
	failed int
	run    func() error // the timed window, made once
}

// begin empties the heap and fills it up to the target.
func (i *instance) begin(ctx context.Context, life int) error {
	i.demand.reset(i.seed, life)
	i.allocator.reset()
	i.placed = i.placed[:0]
	for full := false; !full; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		full = len(i.demand.fill(stretch)) < stretch
		i.makeRoom()
		if err := i.run(); err != nil {
			return err
		}
	}
	return nil
}

// pass lets n allocations go by.
func (i *instance) pass(ctx context.Context, n int) error {
	for n > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		i.draw(min(n, stretch))
		if err := i.run(); err != nil {
			return err
		}
		n -= stretch
	}
	return nil
}

// draw decides on the next n allocations.
func (i *instance) draw(n int) {
	i.demand.next(n)
	i.makeRoom()
}

// makeRoom lets placed have all slots.
func (i *instance) makeRoom() {
	for len(i.placed) < len(i.demand.slots) {
		i.placed = append(i.placed, 0)
	}
}

// perform makes the allocations and frees that were drawn.
func (i *instance) perform() error {
	i.failed = 0
	for _, o := range i.demand.ops {
		if o.size == 0 {
			if err := i.drop(o.slot); err != nil {
				return err
			}
			continue
		}
		h := i.allocator.alloc(int64(o.size))
		i.placed[o.slot] = h
		if h == 0 {
			i.failed++
		}
	}
	return nil
}

// performTimed does the same and takes the time of each allocation, too.
func (i *instance) performTimed() error {
	i.failed = 0
	i.spans = i.spans[:0]
	for _, o := range i.demand.ops {
		if o.size == 0 {
			if err := i.drop(o.slot); err != nil {
				return err
			}
			continue
		}
		start := time.Now()
		h := i.allocator.alloc(int64(o.size))
		i.spans = append(i.spans, time.Since(start))
		i.placed[o.slot] = h
		if h == 0 {
			i.failed++
		}
	}
	return nil
}

func (i *instance) drop(slot int32) error {
	h := i.placed[slot]
	if h == 0 {
		return nil
	}
	i.placed[slot] = 0
	if err := i.allocator.free(h); err != nil {
		return fmt.Errorf("free a block: %w", err)
	}
	return nil
}

// Sample lives one life and records its windows.
func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	if err := i.settle(ctx); err != nil {
		return err
	}
	if err := i.begin(ctx, r.Rep()); err != nil {
		return err
	}
	done := 0
	for w := range i.windows {
		at := i.age
		if i.windows > 1 {
			at = int(float64(i.age) * float64(w) / float64(i.windows-1))
		}
		if err := i.pass(ctx, at-done); err != nil {
			return err
		}
		if err := i.measure(r, at); err != nil {
			return err
		}
		done = at + 2*i.window
	}
	return nil
}

// settle goes on with the life before, so that the windows of a young heap do not
// look slow because the machine comes from elsewhere.
func (i *instance) settle(ctx context.Context) error {
	for start := time.Now(); time.Since(start) < settling; {
		if err := i.pass(ctx, stretch); err != nil {
			return err
		}
	}
	return nil
}

// measure makes one row: the heap as it is, and two windows, of which one is
// timed as a whole and one by allocation.
func (i *instance) measure(r *workloads.Recorder, at int) error {
	r.Next()
	r.Set("iterations_count", float64(at))
	layout := i.describe(r)
	searched := i.allocator.searched()
	i.draw(i.window)
	if err := r.MeasureOnce(i.run); err != nil {
		return err
	}
	if layout {
		r.Set("searched_count", float64(i.allocator.searched()-searched)/float64(i.window))
	}
	failed := i.failed
	i.draw(i.window)
	if err := i.performTimed(); err != nil {
		return err
	}
	r.Set("failed_count", float64(failed+i.failed))
	slices.Sort(i.spans)
	r.Set("alloc_p50_ns", i.span(0.5))
	r.Set("alloc_p99_ns", i.span(0.99))
	return nil
}

// describe records the state of the heap, and returns whether its layout is
// known.
func (i *instance) describe(r *workloads.Recorder) bool {
	live := i.live()
	s := i.allocator.stats()
	r.Set("live_bytes", float64(live))
	r.Set("memory_bytes", float64(s.held))
	internal := 0.0
	if s.allotted > 0 {
		internal = 1 - float64(live)/float64(s.allotted)
	}
	r.Set("internal_fragmentation_ratio", internal)
	if s.layout {
		r.Set("external_fragmentation_ratio", s.external())
		r.Set("largest_free_bytes", float64(s.largest))
		r.Set("free_blocks_count", float64(s.freeBlocks))
	}
	return s.layout
}

// span is a quantile of the sorted spans in ns: the least that so many do not
// exceed.
func (i *instance) span(q float64) float64 {
	return float64(i.spans[int(math.Ceil(q*float64(len(i.spans))))-1])
}

// live is how many bytes the live tensors asked for.
func (i *instance) live() int64 {
	var sum int64
	for slot, h := range i.placed {
		if h != 0 {
			sum += int64(i.demand.slots[slot].size)
		}
	}
	return sum
}

func (i *instance) Close() error {
	*i = instance{}
	return nil
}
