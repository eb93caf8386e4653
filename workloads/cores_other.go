//go:build !linux

package workloads

// CPUQuota returns 0: there are no control groups here.
func CPUQuota() float64 { return 0 }
