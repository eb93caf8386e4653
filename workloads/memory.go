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
		return fmt.Errorf("the point needs about %s of memory, %s are available\nhint: leave such points out with where, or make what is measured smaller",
			formatBytes(bytes), formatBytes(float64(available)))
	}
	return nil
}

// formatBytes renders an amount of memory in the unit that leaves it one to four
// digits.
func formatBytes(bytes float64) string {
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	bytes /= 1 << 10
	for len(units) > 1 && bytes >= 1<<10 {
		bytes, units = bytes/(1<<10), units[1:]
	}
	return fmt.Sprintf("%.4g %s", bytes, units[0])
}
