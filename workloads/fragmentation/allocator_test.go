package fragmentation

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// A placed block as the test remembers it.
type placed struct {
	h           handle
	start, size int64
}

// Whatever is asked of it, an allocator keeps blocks apart, aligned, large enough
// and inside the heap, tells its own state truly, and finds all freed memory
// again.
func TestAllocatorInvariants(t *testing.T) {
	t.Parallel()
	for _, name := range []string{firstFit, bestFit, buddyName, caching} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { serve(t, name) })
		})
	}
}

func serve(t *rapid.T, name string) {
	const heap = minHeap
	a, err := newAllocator(name, heap)
	if err != nil {
		t.Fatal(err)
	}
	// Small ones, those around the limits of the pools, and those that fill the heap.
	sizes := rapid.OneOf(
		rapid.Int64Range(1, 4*kib), rapid.Int64Range(1, 3*mib),
		rapid.Int64Range(9*mib, 21*mib), rapid.Just(int64(smallSize)), rapid.Just(int64(smallSize+1)))
	var blocks []placed
	for range rapid.IntRange(1, 150).Draw(t, "operations") {
		if len(blocks) > 0 && rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
			n := rapid.IntRange(0, len(blocks)-1).Draw(t, "victim")
			if err := a.free(blocks[n].h); err != nil {
				t.Fatal(err)
			}
			blocks = slices.Delete(blocks, n, n+1)
		} else {
			blocks = ask(t, a, blocks, sizes.Draw(t, "size"))
		}
		examine(t, a, name, blocks, heap)
	}
	for _, b := range blocks {
		if err := a.free(b.h); err != nil {
			t.Fatal(err)
		}
		if err := a.free(b.h); !errors.Is(err, errNotLive) {
			t.Fatalf("freed twice: error %v, want %v", err, errNotLive)
		}
	}
	if s := a.stats(); s.allotted != 0 || s.free != heap || s.largest != heap {
		t.Fatalf("all is freed: %+v", s)
	}
	if a.alloc(heap) == 0 {
		t.Fatal("all is freed, but the whole heap cannot be had")
	}
	if a.alloc(1) != 0 {
		t.Fatal("the heap is allotted, and there is more")
	}
}

// ask allocates, and holds stats to its word: what fits in the largest free
// block succeeds in the allocators with a single pool, and what does not, in none.
func ask(t *rapid.T, a allocator, blocks []placed, size int64) []placed {
	before := a.stats()
	h := a.alloc(size)
	_, pools := a.(*cachingHeap)
	if fits := rounded(size) <= before.largest; h != 0 && !fits || h == 0 && fits && !pools {
		t.Fatalf("%d bytes: handle %d, but the largest free block has %d", size, h, before.largest)
	}
	if h == 0 {
		return blocks
	}
	start, length := a.extent(h)
	if length < size || start%minBlock != 0 || length%minBlock != 0 {
		t.Fatalf("%d bytes got %d at %d", size, length, start)
	}
	return append(blocks, placed{h, start, length})
}

func examine(t *rapid.T, a allocator, name string, blocks []placed, heap int64) {
	s := a.stats()
	sorted := slices.SortedFunc(slices.Values(blocks), func(a, b placed) int { return cmp.Compare(a.start, b.start) })
	var sum, end, gap int64
	for _, b := range sorted {
		if b.start < end {
			t.Fatalf("a block at %d begins before %d, where another one ends", b.start, end)
		}
		gap = max(gap, b.start-end)
		end = b.start + b.size
		sum += b.size
	}
	if s.allotted != sum || s.free != heap-sum || s.held > heap || s.largest > s.free {
		t.Fatalf("%d bytes are live of %d: %+v", sum, heap, s)
	}
	if name == caching {
		return // its addresses are virtual
	}
	if end > heap {
		t.Fatalf("a block ends at %d in a heap of %d", end, heap)
	}
	gap = max(gap, heap-end)
	if s.largest > gap || name != buddyName && s.largest != gap {
		t.Fatalf("the largest gap has %d bytes, the allocator says %d", gap, s.largest)
	}
}

// What stats of caching calls the largest possible request succeeds, and a
// larger one does not.
func TestCachingKnowsItsLargestRequest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, err := newAllocator(caching, minHeap)
		if err != nil {
			t.Fatal(err)
		}
		var live []handle
		for range rapid.IntRange(0, 60).Draw(t, "operations") {
			if len(live) > 0 && rapid.Bool().Draw(t, "free") {
				n := rapid.IntRange(0, len(live)-1).Draw(t, "victim")
				if err := a.free(live[n]); err != nil {
					t.Fatal(err)
				}
				live = slices.Delete(live, n, n+1)
			} else if h := a.alloc(rapid.Int64Range(1, 12*mib).Draw(t, "size")); h != 0 {
				live = append(live, h)
			}
		}
		largest := a.stats().largest
		if a.alloc(largest+1) != 0 {
			t.Fatalf("more than %d bytes could be had", largest)
		}
		if largest > 0 && a.alloc(largest) == 0 {
			t.Fatalf("%d bytes could not be had", largest)
		}
	})
}

// Holes of 4, 2 and 3 KiB lie at 0, 5 and 8 KiB, between live blocks. First fit
// begins at the left and spoils the large hole; best fit leaves it whole for the
// request that needs it.
func TestTextbookPlacement(t *testing.T) {
	t.Parallel()
	requests := []int64{2 * kib, 3 * kib, 4 * kib}
	for name, want := range map[string][]int64{
		firstFit: {0, 8 * kib, 12 * kib}, // 4 KiB go behind everything
		bestFit:  {5 * kib, 8 * kib, 0},
	} {
		a, err := newAllocator(name, minHeap)
		if err != nil {
			t.Fatal(err)
		}
		var handles []handle
		for _, size := range []int64{4 * kib, kib, 2 * kib, kib, 3 * kib, kib} {
			handles = append(handles, a.alloc(size))
		}
		for _, n := range []int{0, 2, 4} {
			if err := a.free(handles[n]); err != nil {
				t.Fatal(err)
			}
		}
		var got []int64
		for _, size := range requests {
			start, _ := a.extent(a.alloc(size))
			got = append(got, start)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: blocks at %v, want %v", name, got, want)
		}
	}
}

// A request of a unit more than a power of two takes almost twice its size, and
// buddies merge only with each other: of four neighbours, the two in the middle
// make no block.
func TestBuddyByTheBook(t *testing.T) {
	t.Parallel()
	b := newBuddyHeap(minHeap)
	b.reset()
	h := b.alloc(mib + 1)
	if _, size := b.extent(h); size != 2*mib {
		t.Errorf("1 MiB and a byte got %d bytes, want 2 MiB", size)
	}
	b.reset()
	var quarters []handle
	for range 4 {
		quarters = append(quarters, b.alloc(minHeap/4))
	}
	for _, step := range []struct {
		free    int
		largest int64
	}{{1, minHeap / 4}, {2, minHeap / 4}, {0, minHeap / 2}, {3, minHeap}} {
		if err := b.free(quarters[step.free]); err != nil {
			t.Fatal(err)
		}
		if got := b.stats().largest; got != step.largest {
			t.Errorf("after quarter %d the largest block has %d bytes, want %d", step.free, got, step.largest)
		}
	}
}

// Segments, rests and releases as PyTorch's source has them.
func TestCachingFollowsPyTorch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ request, block, segment int64 }{
		{1, 512, 2 * mib},
		{513, 1024, 2 * mib},
		{mib, mib, 2 * mib},                    // the last of the small pool
		{mib + 1, mib + 512, 20 * mib},         // a large segment is cut
		{10*mib - 512, 10*mib - 512, 20 * mib}, // the last that shares one
		{10 * mib, 10 * mib, 10 * mib},         // from here on to 2 MiB
		{11 * mib, 12 * mib, 12 * mib},         // a rest of 1 MiB stays
		{11*mib - 512, 11*mib - 512, 12 * mib}, // what is more is cut off
	} {
		a, err := newAllocator(caching, minHeap)
		if err != nil {
			t.Fatal(err)
		}
		_, size := a.extent(a.alloc(c.request))
		if held := a.stats().held; size != c.block || held != c.segment {
			t.Errorf("%d bytes: a block of %d in a segment of %d, want %d in %d", c.request, size, held, c.block, c.segment)
		}
	}
}

// What is said of PyTorch's c10/cuda/CUDACachingAllocator.cpp, rule by rule. A
// step of a positive size allocates, one of -n frees what step n allocated (from 1),
// and want is where the last one begins and what it takes; a size of 0 is a
// request that fails. The device has 64 MiB.
func TestCachingRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule        string
		steps       []int64
		start, size int64
	}{
		{"get_free_block: the smallest block that suffices, not the first",
			[]int64{4 * kib, kib, 2 * kib, kib, -1, -3, 2 * kib}, 5 * kib, 2 * kib},
		{"BlockComparatorSize: of equal blocks the lowest address",
			[]int64{2 * kib, kib, 2 * kib, kib, -3, -1, 2 * kib}, 0, 2 * kib},
		{"should_split, small pool: a rest of kMinBlockSize is split off",
			[]int64{kib, kib, -1, 512, 512}, 512, 512},
		{"should_split, large pool: a rest of kSmallSize is kept",
			[]int64{4 * mib, 2 * mib, -1, 3 * mib}, 0, 4 * mib},
		{"should_split, large pool: a rest of more than kSmallSize is split off",
			[]int64{4 * mib, 2 * mib, -1, 3*mib - 512}, 0, 3*mib - 512},
		{"get_pool: a small tensor does not go into a free large block",
			[]int64{4 * mib, 2 * mib, -1, mib}, 20 * mib, mib},
		{"get_pool: the pool is that of the rounded size",
			[]int64{4 * mib, 2 * mib, mib + 1}, 6 * mib, mib + 512},
		{"try_merge_blocks: a block merges with both free neighbours",
			[]int64{kib, kib, kib, kib, -1, -3, -2, 3 * kib}, 0, 3 * kib},
		{"try_merge_blocks: segments do not merge, although one follows the other",
			[]int64{10 * mib, 10 * mib, 10 * mib, -1, -2, 20 * mib}, 30 * mib, 20 * mib},
		{"free_block: a segment that is free stays in the cache",
			[]int64{12 * mib, -1, 12 * mib}, 0, 12 * mib},
		{"release_cached_blocks: unsplit segments of both pools make room",
			[]int64{30 * mib, kib, -1, -2, 64 * mib}, 32 * mib, 64 * mib},
		{"release_cached_blocks: a segment with a live tensor stays",
			[]int64{4 * mib, 2 * mib, -1, 46 * mib}, 0, 0},
		{"get_allocation_size: below kMinLargeAlloc a segment has 20 MiB, and where that is too much, it fails",
			[]int64{46 * mib, 2 * mib}, 0, 0},
		{"get_allocation_size: from kMinLargeAlloc on it has what is needed",
			[]int64{46 * mib, 10 * mib}, 46 * mib, 10 * mib},
	} {
		a, err := newAllocator(caching, minHeap)
		if err != nil {
			t.Fatal(err)
		}
		handles := make([]handle, len(c.steps))
		for n, step := range c.steps {
			if step > 0 {
				handles[n] = a.alloc(step)
			} else if err := a.free(handles[-step-1]); err != nil {
				t.Fatalf("%s: step %d: %v", c.rule, n+1, err)
			}
		}
		var start, size int64
		if last := handles[len(handles)-1]; last != 0 {
			start, size = a.extent(last)
		}
		if start != c.start || size != c.size {
			t.Errorf("%s: %d bytes at %d, want %d at %d", c.rule, size, start, c.size, c.start)
		}
	}
}

func TestCachingReleasesOnlyWhenFull(t *testing.T) {
	t.Parallel()
	a, err := newAllocator(caching, minHeap)
	if err != nil {
		t.Fatal(err)
	}
	large := a.alloc(40 * mib)
	small := a.alloc(kib)
	if err := a.free(large); err != nil {
		t.Fatal(err)
	}
	if held := a.stats().held; held != 42*mib {
		t.Errorf("%d bytes are held after the free, want 42 MiB: the cache keeps them", held)
	}
	if a.alloc(60*mib) == 0 || a.stats().held != 62*mib {
		t.Errorf("60 MiB did not replace the cached segment: %+v", a.stats())
	}
	if a.alloc(4*mib) != 0 {
		t.Error("the device is full, but 4 MiB were had")
	}
	if start, _ := a.extent(small); start != 40*mib {
		t.Errorf("the small tensor moved to %d", start)
	}
}

// The runtime's size classes: 1025 bytes take 1152, and what is larger than
// 32 KiB whole pages of 8 KiB.
func TestGoHeapKnowsItsClasses(t *testing.T) {
	a, err := newAllocator(goName, minHeap)
	if err != nil {
		t.Fatal(err)
	}
	var want int64
	for _, c := range []struct{ request, class int64 }{{1, 8}, {1024, 1024}, {1025, 1152}, {100_000, 106_496}} {
		h := a.alloc(c.request)
		if _, size := a.extent(h); size != c.class {
			t.Errorf("%d bytes take %d, want %d", c.request, size, c.class)
		}
		if want += c.class; a.stats().allotted != want {
			t.Errorf("%d bytes are allotted, want %d", a.stats().allotted, want)
		}
	}
	h := a.alloc(1)
	if err := a.free(h); err != nil || !errors.Is(a.free(h), errNotLive) {
		t.Errorf("free: error %v, and again: want %v", err, errNotLive)
	}
	if s := a.stats(); s.allotted != want || s.held < want {
		t.Errorf("%d bytes are allotted of %d held, want %d", s.allotted, s.held, want)
	}
}

// The tree keeps order and count whatever goes in and out, and finds the best fit.
func TestTreeAgainstAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b blocks
		b.reset()
		var tr tree
		tr.reset(&b)
		var list []int32
		for n := range rapid.IntRange(1, 200).Draw(t, "operations") {
			if len(list) > 0 && rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
				at := rapid.IntRange(0, len(list)-1).Draw(t, "victim")
				tr.remove(list[at])
				b.drop(list[at])
				list = slices.Delete(list, at, at+1)
			} else {
				id := b.add(int64(n), rapid.Int64Range(1, 30).Draw(t, "size"))
				tr.insert(id)
				list = append(list, id)
			}
			slices.SortFunc(list, func(x, y int32) int {
				return cmp.Or(cmp.Compare(b.all[x].size, b.all[y].size), cmp.Compare(b.all[x].addr, b.all[y].addr))
			})
			if got := slices.Collect(tr.each()); !slices.Equal(got, list) || tr.count != len(list) {
				t.Fatalf("the tree has %v (count %d), want %v", got, tr.count, list)
			}
			want, size := int32(0), rapid.Int64Range(1, 31).Draw(t, "wanted")
			if at := slices.IndexFunc(list, func(id int32) bool { return b.all[id].size >= size }); at >= 0 {
				want = list[at]
			}
			if got := tr.atLeast(size); got != want {
				t.Fatalf("at least %d: block %d, want %d", size, got, want)
			}
		}
	})
}

// How many free blocks a search passes is known where the heap is: of holes of 1,
// 2 and 3 KiB before the rest, first fit passes all that are too small. A search
// that finds nothing has looked, too; buddy looks at one list.
func TestSearchesAreCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		request  int64
		searched int64
	}{
		{firstFit, kib, 1}, {firstFit, 2 * kib, 2}, {firstFit, 3 * kib, 3}, {firstFit, mib, 4}, {firstFit, minHeap, 4},
		{buddyName, kib, 1}, {buddyName, minHeap, 0},
	} {
		a, err := newAllocator(c.name, minHeap)
		if err != nil {
			t.Fatal(err)
		}
		var handles []handle
		for _, size := range []int64{kib, 512, 2 * kib, 512, 3 * kib, 512} {
			handles = append(handles, a.alloc(size))
		}
		for _, n := range []int{0, 2, 4} {
			if err := a.free(handles[n]); err != nil {
				t.Fatal(err)
			}
		}
		before := a.searched()
		a.alloc(c.request)
		if got := a.searched() - before; got != c.searched {
			t.Errorf("%s: %d free blocks looked at for %d bytes, want %d", c.name, got, c.request, c.searched)
		}
	}
	// A tree of n blocks is about 2 ln n deep (Seidel and Aragon 1996).
	a := &bestFitHeap{size: minHeap}
	a.reset()
	var handles []handle
	for n := range int64(2000) {
		handles = append(handles, a.alloc(512*(1+n%50)))
	}
	for n := 0; n < len(handles); n += 2 {
		if err := a.free(handles[n]); err != nil {
			t.Fatal(err)
		}
	}
	before := a.searched()
	for n := range int64(100) {
		a.alloc(512 * (1 + n%50))
	}
	if mean := float64(a.searched()-before) / 100; mean < 4 || mean > 4*math.Log(1000) {
		t.Errorf("%v blocks looked at in a tree of 1000", mean)
	}
}
