// Package kernels computes on float32: matrix products and matrix-vector products
// on as many threads as a Team has, and what a network does with the rows between
// them (softmax, norms, activations, rotary embedding, their gradients, sums).
// Matrices may be stored in two bytes an element, Float16 or BFloat16, and the
// right factor of a product in one, Int8; sums are in float32 all the same.
//
// The way of the data, in steps:
//
//  1. A Set holds the innermost routines of one instruction set. Best chooses by
//     what the processor and the operating system offer at run time: AVX-512,
//     AVX2 with FMA, or portable Go, which every machine has.
//  2. A Matrix is a view of a slice, a HalfMatrix one of elements in two bytes. The
//     right factor of a product is copied into a Packed: panels of as many columns
//     as a routine computes at once, so that it reads memory forwards only. A
//     Packed stores float32, or halves or integers, which the routines expand as
//     they load them; it serves any number of rows and is reused freely. Integers
//     are multiplied as they are, and the sums of a column by its scale.
//  3. A Worker takes some rows of the left factor at a time, which then stay in
//     the second-level cache, and lets the panels pass by them. A tile routine
//     multiplies a few rows by one panel, held in registers while the sum over
//     the inner dimension runs. There are routines for fewer rows, so that one row
//     reads the panels as fast as memory gives them. The first of several tiles
//     leaves what it has expanded in float32 for the others.
//  4. Gemv multiplies a matrix as it lies, Matrix or HalfMatrix, by a vector. It
//     reads each element once, a dozen rows or columns at a time, and asks for the
//     next ones meanwhile: memory is what it waits for.
//  5. A Team splits a product, or a Task of the caller, among its Workers. Callers
//     may be any number of goroutines: whoever computes holds a Worker, so all of
//     them together never use more threads than the Team has. The split never
//     changes how an element is computed, so results are the same, bit for bit,
//     for any number of threads. Between two Sets they differ by rounding.
//
// Operations on slices are methods of Set and run on the caller's thread, which
// may be a Worker's: each call sees its slices once or twice from the beginning
// to the end, in pieces that assembly takes, and ends with a masked vector. Each
// states its formula, its source and the bound of its error.
//
// The layout of the product follows K. Goto and R. van de Geijn, "Anatomy of
// High-Performance Matrix Multiplication", ACM TOMS 34 (2008).
//
// Assembly cannot be preempted, so one call of it lasts some microseconds; the
// loops around it are Go. Slices are checked in Go before an address is handed
// to assembly, and nothing beyond their end is read or written.
package kernels

//go:generate go run -C gen .
