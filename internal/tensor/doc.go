// Package tensor is the embedded engine: what workloads compute with when no
// other framework is there. Tensors are contiguous row-major arrays of float32.
//
// The way of the data, in steps:
//
//  1. An Engine holds the threads and the kernels of the machine's instruction
//     set (package kernels). It is made once; any number of goroutines use it.
//  2. An Arena hands out memory and counts it exactly: PeakBytes after a
//     computation is what it needed. The engine has besides: some 300 KB of
//     scratch for each thread, up to 8 MiB of copied factors for each product
//     that is under way, and the tables of Rotary.
//  3. NewTensor, NewParameter and FromSlice make inputs, FillNormal fills them
//     from a seed. A Weight is the matrix of a linear layer in one of several
//     storages: plain or packed, of four or two bytes an element.
//  4. A Pass computes: each operation takes tensors and returns a new one from
//     the arena. The first error sticks. Whoever owns a tensor frees it.
//  5. With gradients a Pass puts operations on a tape, which keeps what their
//     gradients need; Backward goes through it from the end, adds to the
//     parameters' gradients and frees what was kept. Without gradients nothing
//     is recorded or kept, and the arena shows the difference.
//  6. A KVCache keeps keys and values of attention from one pass to the next.
//  7. Engine.NaiveAttention and FlashAttention are attention by itself, on
//     slices, and ReferenceAttentionRow computes chosen rows of it in float64,
//     to verify by.
//
// Each operation is in one file with its gradient and says its shapes, formula,
// source and what the tape keeps. It is split into blocks that depend on shapes
// alone, and sums over blocks are added in order, so results are the same, bit
// for bit, for any number of threads. An operation without gradients allocates
// nothing on the Go heap in a steady state but the header of its result.
package tensor
