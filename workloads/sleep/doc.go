// Package sleep waits for a given time without using the processor.
//
// The known answer is duration_ms from below: latency_ms is never less, and
// what it has more is the operating system's timer and the time until a
// processor is free, typically 0.05 to 1 ms. cpu_ms stays near zero. A busy
// machine shows here first.
package sleep
