// Package spin keeps one processor busy for a given time by the monotonic clock.
//
// The known answer is duration_us: latency_ms is that, plus a reading of the
// clock and a round of the loop (below 0.1 µs), plus whatever interrupted the
// loop. So the excess of latency_ms over duration_us, sample by sample, is the
// interference of this machine: preemption, interrupts, a hypervisor. cpu_ms
// equals latency_ms where nothing interfered.
//
// The loop follows the clock and not a count of instructions, so it does not
// show a processor that has become slower.
package spin
