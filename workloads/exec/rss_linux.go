package exec

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"syscall"
)

// maxRSS is the highest resident memory of a process that has ended, in bytes.
func maxRSS(state *os.ProcessState) float64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return math.NaN()
	}
	return float64(usage.Maxrss) * 1024
}

// peakRSS is that of this process so far.
func peakRSS() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return math.NaN()
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return math.NaN()
	}
	kb, err := strconv.ParseFloat(string(fields[0]), 64)
	if err != nil {
		return math.NaN()
	}
	return kb * 1024
}
