package workloads

import "runtime"

// UsableCores returns how many cores the process may use: those of its affinity,
// or what a quota grants, which may be a fraction.
func UsableCores() float64 {
	cores := float64(runtime.NumCPU())
	if granted := CPUQuota(); granted > 0 {
		cores = min(cores, granted)
	}
	return cores
}
