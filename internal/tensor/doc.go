// Package tensor is the embedded engine: what workloads compute with when no
// other framework is there. Tensors are contiguous row-major slices of float32.
//
// The way of the data, in steps:
//
//  1. FillNormal makes inputs from a seed.
//  2. An Engine holds the threads and the kernels of the machine's instruction
//     set (package kernels). It is made once and used for many calls.
//  3. A call takes its intermediate tensors from an Arena, which counts their
//     bytes exactly, and gives them back at the end: PeakBytes afterwards is
//     what the algorithm needed. Arguments are the caller's and count only if
//     they came from the same arena. Each thread's few rows of scratch, below
//     30 KB, belong to the engine.
//  4. ReferenceAttentionRow computes chosen rows in float64, to verify by.
//
// Results do not depend on the number of threads. A repeated call with the same
// shape allocates nothing on the Go heap.
package tensor
