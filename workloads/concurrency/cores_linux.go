package concurrency

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// cpuQuota is the tightest quota of the process's control group and those above
// it, in cores; 0 is none.
func cpuQuota() float64 {
	_, group, found := strings.Cut("\n"+text("/proc/self/cgroup"), "\n0::")
	if !found {
		return 0 // no unified hierarchy
	}
	group, _, _ = strings.Cut(group, "\n")
	tightest := 0.0
	for {
		if cores := quotaOf(text(path.Join("/sys/fs/cgroup", group, "cpu.max"))); cores > 0 && (tightest == 0 || cores < tightest) {
			tightest = cores
		}
		if group == "/" || group == "." {
			return tightest
		}
		group = path.Dir(group)
	}
}

func text(name string) string {
	data, err := os.ReadFile(name)
	if err != nil {
		return "" // unknown, which is no quota
	}
	return string(data)
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
