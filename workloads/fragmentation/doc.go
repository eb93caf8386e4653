// Package fragmentation ages a heap by allocating and freeing tensors, and measures how its allocator decays.
//
// One sample is one life of a heap of heap_bytes, from empty. Allocations of
// random sizes fill it up to the target, occupancy * heap_bytes of requested
// bytes; from then on each allocation is preceded by as many frees of live
// tensors as keep it within the target. The demand is drawn beforehand and does
// not depend on the allocator. An allocation that fails is counted and dropped,
// and so is its free, so live_bytes falls short of the target where many fail.
// A life has windows rows: row k is measured when k/(windows-1) of age_count
// allocations have passed since the heap was full, a single row at age_count. It
// holds the heap as it is then, so that row 0 shows one in which nothing was ever
// freed, and the two windows of allocations that follow. Where frees are random, a
// heap comes to its steady state when its contents have been replaced some times:
// age_count should be many times the number of live tensors. Every sample is
// another life with other random numbers. Before it, the heap of the one before
// lives on for 10 ms, untimed, so that a machine that comes from elsewhere does not
// make the young heap look slow.
//
// All allocators serve the same demand: sizes and deaths depend on demand_seed,
// the number of the repetition, sizes, lifetime and the target, and on nothing
// else, so that repetition 3 of one allocator is the life that repetition 3 of
// another one is (common random numbers), and a difference between the two is
// the allocators'. The sizes are the same for all occupancies, too. The run's
// seed changes only the order of the points.
//
// Sizes: uniform is 512 B to 1 MiB. lognormal has the median 16 KiB and sigma
// 1.5, within 512 B and 8 MiB. bimodal is 4 to 16 KiB nine times of ten, else 1
// to 4 MiB. powers are powers of two from 512 B to 1 MiB, each as likely.
// tensors are the activations of GPT-2 small in 16 bits for 1 to 512 tokens
// (log-uniform): hidden states, the projections to q, k and v, the wide layer
// of the MLP, or the scores of twelve heads, each as likely. Lifetimes: random
// frees any live tensor; generational frees among the nine of ten that are born
// to die young, as long as they take more than a quarter of the target.
//
// Allocators: first_fit searches a list of the free blocks in the order of
// their addresses, best_fit a tree in the order of their sizes (Knuth, The Art
// of Computer Programming 1, 2.5); both have boundary tags and merge at once.
// buddy splits and merges powers of two. All three begin blocks at multiples of
// 512 B and have one heap. caching follows PyTorch's CUDACachingAllocator
// (c10/cuda of version 2, with its defaults: no expandable segments, no limit on
// splitting, no rounding to powers of two; one stream): sizes rounded to 512 B,
// segments of 2 MiB for tensors up to 1 MiB, of 20 MiB below 10 MiB, else of a
// multiple of 2 MiB; best fit among the free blocks of the pool; a rest of more
// than 1 MiB (in the small pool of 512 B or more) is split off; where the device is
// full, segments without a live tensor are given back first. These four manage
// addresses only: no memory is touched. go is the runtime's heap of
// this process: real memory, cleared, and freed by the collector some time
// later. It has no limit, so nothing fails, and it does not tell how its free
// memory lies: its external fragmentation, largest free block, number of free
// blocks and search are NULL.
//
// latency_ms is the time of one window, window_count allocations with the frees
// between them, taken as a whole: the loop around costs some ns an allocation.
// alloc_p50_ns and alloc_p99_ns are of the next window_count allocations, each
// timed by itself, failed ones included; they hold what reading the clock costs,
// 20 to 100 ns, so compare them with each other. searched_count is how many free
// blocks the allocator looks at for one allocation of the first window: those
// that first_fit passes in its list, best_fit and caching on the way down their
// trees, and caching also where it looks for what it can give back. It is exact,
// and what drifts in it drifts in the latency. failed_count is of both windows.
//
// external_fragmentation_ratio is 1 - largest_free_bytes / free bytes, where
// largest_free_bytes is the largest request that would succeed and the free
// bytes of caching include those of the device that are in no segment.
// internal_fragmentation_ratio is 1 - requested / allotted bytes of the live
// tensors. memory_bytes is what the allocator holds: the whole heap, the
// segments of caching, the runtime's heap in use or kept for use (with garbage,
// and with what the rest of the process has).
//
// Not measured: cudaMalloc and cudaFree, which synchronise and take from
// microseconds to milliseconds and which caching exists to avoid; several streams
// and threads; and what placement does to the speed of those who use the memory.
// The fragmentation ratios and failures of caching carry over to PyTorch on a GPU
// of heap_bytes for the same demand. A real model's demand repeats itself from step
// to step and fragments less than a random one (Wilson, Johnstone, Neely and Boles
// 1995); an adversary's fragments far more: whoever does not move blocks may need
// half of log2(largest / smallest block) times the live bytes, whatever his policy
// (Robson 1971). The latencies are of this code: PyTorch adds a lock and
// statistics, and its host work overlaps with the GPU.
package fragmentation
