package workloads

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// CPUQuota returns the tightest quota of the process's control group and those
// above it, in cores; 0 is none.
func CPUQuota() float64 {
	tightest := 0.0
	for dir := filepath.Join(cgroupRoot, ownCgroup()); len(dir) >= len(cgroupRoot); dir = filepath.Dir(dir) {
		content, err := os.ReadFile(filepath.Join(dir, "cpu.max"))
		if err != nil {
			continue // unknown, which is no quota
		}
		if cores := quotaOf(string(content)); cores > 0 && (tightest == 0 || cores < tightest) {
			tightest = cores
		}
	}
	return tightest
}

// quotaOf is the cores that the content of a cpu.max grants, microseconds of
// each so many; 0 is no quota.
func quotaOf(content string) float64 {
	fields := strings.Fields(content)
	if len(fields) != 2 {
		return 0
	}
	granted, err1 := strconv.ParseFloat(fields[0], 64)
	period, err2 := strconv.ParseFloat(fields[1], 64)
	if err1 != nil || err2 != nil || period <= 0 {
		return 0 // "max" is no number
	}
	return granted / period
}
