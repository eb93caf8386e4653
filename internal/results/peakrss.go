package results

import (
	"os"
	"strconv"
	"strings"
)

// peakRSS is the highest resident memory of this process in bytes, 0 where the
// system does not tell. VmHWM is right where ru_maxrss is not: that one is
// inherited from the parent at fork.
func peakRSS() int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return kibibytes(string(data), "VmHWM:")
}

// kibibytes finds the line of a key in the format of /proc and returns its
// value in bytes, 0 if it is not there.
func kibibytes(text, key string) int64 {
	fields := strings.Fields(valueOf(text, key))
	if len(fields) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// valueOf finds the first line that begins with the key and returns the rest
// of it, trimmed.
func valueOf(text, key string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
