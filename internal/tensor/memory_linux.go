package tensor

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// availableBytes is how much memory the process can still take before the system
// ends it: what the machine has available, or less where a control group says
// so. It is false where neither is known.
func availableBytes() (int64, bool) {
	machine, known := fieldBytes("/proc/meminfo", "MemAvailable:")
	limit, limited := groupLimit()
	switch {
	case known && limited:
		return min(machine, limit), true
	case limited:
		return limit, true
	default:
		return machine, known
	}
}

// groupLimit is what the control group (version 2, seen from a container) leaves
// beside the memory that cannot be reclaimed.
func groupLimit() (int64, bool) {
	text, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return 0, false
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, false // "max": no limit
	}
	anonymous, known := fieldBytes("/sys/fs/cgroup/memory.stat", "anon")
	return limit - anonymous, known
}

// fieldBytes reads a line of the form "name number [kB]" from a file.
func fieldBytes(path, name string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	return parseField(text, name)
}

func parseField(text []byte, name string) (int64, bool) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != name {
			continue
		}
		n, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return 0, false
		}
		if len(fields) > 2 && fields[2] == "kB" {
			n *= 1024
		}
		return n, true
	}
	return 0, false
}
