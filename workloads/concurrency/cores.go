package concurrency

import "runtime"

// usableCores is how many cores the process may use: those of its affinity, or
// what a quota grants, which may be a fraction.
func usableCores() float64 {
	cores := float64(runtime.NumCPU())
	if granted := cpuQuota(); granted > 0 {
		cores = min(cores, granted)
	}
	return cores
}
