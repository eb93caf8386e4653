//go:build !linux

package exec

import (
	"math"
	"os"
)

// Systems differ in the unit of the memory that they report; only Linux is
// known here.
func maxRSS(*os.ProcessState) float64 { return math.NaN() }

func peakRSS() float64 { return math.NaN() }
