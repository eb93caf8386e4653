//go:build unix

package coldstart

import (
	"math"

	"golang.org/x/sys/unix"
)

// readFaults reads the counters of the process.
func readFaults() faults {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return faults{math.NaN(), math.NaN()}
	}
	return faults{minor: float64(u.Minflt), major: float64(u.Majflt)}
}
