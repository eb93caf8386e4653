//go:build !linux

package concurrency

// cpuQuota is none where there are no control groups.
func cpuQuota() float64 { return 0 }
