package workloads

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

const cgroupRoot = "/sys/fs/cgroup"

// AvailableMemory returns how many bytes this process can still take before
// the system swaps or its control group kills it: the least of MemAvailable
// and of what each group above it has left, caches that can be dropped not
// counted as taken. ok is false where the system does not tell.
func AvailableMemory() (bytes int64, ok bool) {
	least := procNumber("/proc/meminfo", "MemAvailable:") * 1024
	for dir := filepath.Join(cgroupRoot, ownCgroup()); len(dir) >= len(cgroupRoot); dir = filepath.Dir(dir) {
		if left := groupMemory(dir); left < least || math.IsNaN(least) {
			least = left
		}
	}
	if math.IsNaN(least) || math.IsInf(least, 0) {
		return 0, false
	}
	return int64(max(least, 0)), true
}

// groupMemory is what one control group has left; +Inf where it has no limit.
func groupMemory(dir string) float64 {
	limit := procNumber(filepath.Join(dir, "memory.max"), "")
	if math.IsNaN(limit) {
		return math.Inf(1)
	}
	cached := procNumber(filepath.Join(dir, "memory.stat"), "inactive_file")
	if math.IsNaN(cached) {
		cached = 0
	}
	return limit - procNumber(filepath.Join(dir, "memory.current"), "") + cached
}

// procNumber returns the number behind the key that begins a line, or NaN.
func procNumber(path, key string) float64 {
	data, err := os.ReadFile(path)
	if err != nil {
		return math.NaN()
	}
	for line := range bytes.Lines(data) {
		rest, found := bytes.CutPrefix(line, []byte(key))
		fields := bytes.Fields(rest)
		if !found || len(fields) == 0 {
			continue
		}
		if v, err := strconv.ParseFloat(string(fields[0]), 64); err == nil {
			return v
		}
	}
	return math.NaN()
}
