package fragmentation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// verifiedAge is how many allocations a heap has seen when it is verified.
const verifiedAge = 1000

// Verify lives for a while and checks that the blocks do not overlap, that each
// has what was asked for, and that they add up.
func (i *instance) Verify(ctx context.Context) error {
	if err := i.begin(ctx, 0); err != nil {
		return err
	}
	if err := i.pass(ctx, verifiedAge); err != nil {
		return err
	}
	return i.checkLayout()
}

func (i *instance) checkLayout() error {
	type stretch struct{ start, size int64 }
	var taken []stretch
	var sum int64
	for slot, h := range i.placed {
		if h == 0 {
			continue
		}
		start, size := i.allocator.extent(h)
		if asked := int64(i.demand.slots[slot].size); size < asked {
			return fmt.Errorf("a block of %d bytes was allotted for %d", size, asked)
		}
		taken = append(taken, stretch{start, size})
		sum += size
	}
	slices.SortFunc(taken, func(a, b stretch) int { return cmp.Compare(a.start, b.start) })
	for n := 1; n < len(taken); n++ {
		if end := taken[n-1].start + taken[n-1].size; end > taken[n].start {
			return fmt.Errorf("a block ends at %d, the next one begins at %d", end, taken[n].start)
		}
	}
	if allotted := i.allocator.stats().allotted; sum != allotted {
		return fmt.Errorf("the live blocks have %d bytes, the allocator says %d", sum, allotted)
	}
	return nil
}
