// Package noop measures nothing: the answer is what a measurement costs by itself.
//
// One sample is a pair of readings of the monotonic clock with an empty
// function between them. Its latency_ms is the floor below which no workload
// can be told from nothing on this machine, a few tens of nanoseconds; its
// wall_ms adds what the runner does around a sample.
//
// It says nothing about the caches or the branch predictors that a real
// operation finds cold.
package noop
