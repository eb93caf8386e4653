package workloads

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// userHZ is the unit of /proc/stat: fixed by the kernel's interface to
// programs, whatever its own tick is.
const userHZ = 100

// slowSources are the files kept open and read again from their start.
type slowSources struct {
	stat   *os.File // /proc/stat
	status *os.File // /proc/self/status
	cpu    *os.File // cpu.stat of the process's cgroup
	buf    []byte
}

func openSlowSources() slowSources {
	// A source that is missing is not an error: its metrics are unknown.
	s := slowSources{buf: make([]byte, 4096)}
	s.stat, _ = os.Open("/proc/stat")
	s.status, _ = os.Open("/proc/self/status")
	s.cpu, _ = os.Open(filepath.Join("/sys/fs/cgroup", ownCgroup(), "cpu.stat"))
	return s
}

func (s *slowSources) close() error {
	var errs []error
	for _, f := range []*os.File{s.stat, s.status, s.cpu} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	*s = slowSources{}
	return errors.Join(errs...)
}

func (s *slowSources) read() slowReading {
	return slowReading{
		stealMS:   s.number(s.stat, "cpu ", 7) * 1000 / userHZ,
		peakRSS:   s.number(s.status, "VmHWM:", 0) * 1024,
		throttled: s.number(s.cpu, "nr_throttled", 0),
	}
}

// number returns the i-th field behind the key that begins a line.
func (s *slowSources) number(f *os.File, key string, i int) float64 {
	if f == nil {
		return math.NaN()
	}
	n, err := f.ReadAt(s.buf, 0)
	if err != nil && err != io.EOF {
		return math.NaN()
	}
	line := s.buf[:n]
	if !bytes.HasPrefix(line, []byte(key)) {
		at := bytes.Index(line, []byte("\n"+key))
		if at < 0 {
			return math.NaN()
		}
		line = line[at+1:]
	}
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	line = line[len(key):]
	for ; ; i-- {
		line = bytes.TrimLeft(line, " \t")
		end := bytes.IndexAny(line, " \t")
		if end < 0 {
			end = len(line)
		}
		if i == 0 {
			v, err := strconv.ParseFloat(string(line[:end]), 64)
			if err != nil {
				return math.NaN()
			}
			return v
		}
		line = line[end:]
	}
}

// ownCgroup is the path of the process in the unified hierarchy, "" if unknown.
func ownCgroup() string {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSpace(path)
		}
	}
	return ""
}

func readCounters() counters {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return counters{}
	}
	return counters{
		cpu:         time.Duration(u.Utime.Nano() + u.Stime.Nano()),
		voluntary:   u.Nvcsw,
		involuntary: u.Nivcsw,
		minorFaults: u.Minflt,
		majorFaults: u.Majflt,
		known:       true,
	}
}
