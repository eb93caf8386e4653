package workloads

import (
	"fmt"
	"runtime/debug"
)

// RequireMemory refuses what the machine would swap or be killed for. bytes is
// about what a point needs, rather more than less, as a float64, which no
// product of parameters overflows.
func RequireMemory(bytes float64) error {
	available, known := AvailableMemory()
	if !known || bytes <= float64(available) {
		return nil
	}
	// What earlier points have left may not be back with the system yet.
	debug.FreeOSMemory()
	if available, known = AvailableMemory(); known && bytes > float64(available) {
		return fmt.Errorf("the point needs about %.0f MiB, %.0f MiB are available", bytes/(1<<20), float64(available)/(1<<20))
	}
	return nil
}
