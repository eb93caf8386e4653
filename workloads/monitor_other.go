//go:build !linux

package workloads

import "math"

// Only Linux tells what the slow sources and the counters need; elsewhere
// these metrics are unknown, and the measured times are as good.
type slowSources struct{}

func openSlowSources() slowSources { return slowSources{} }

func (*slowSources) close() error { return nil }

func (*slowSources) read() slowReading {
	return slowReading{stealMS: math.NaN(), throttled: math.NaN(), peakRSS: math.NaN()}
}

func readCounters() counters { return counters{} }
