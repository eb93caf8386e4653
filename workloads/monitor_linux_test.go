package workloads

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func file(t *testing.T, text string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestNumber(t *testing.T) {
	t.Parallel()
	stat := file(t, "cpu  10 20 30 40 50 60 70 88 9 0\ncpu0 1 2 3 4 5 6 7 8\n")
	status := file(t, "Name:\tVmHWM: 9\nVmPeak:\t  5 kB\nVmHWM:\t  1234 kB\n")
	s := slowSources{buf: make([]byte, 4096)}
	for _, c := range []struct {
		f    *os.File
		key  string
		i    int
		want float64
	}{
		{stat, "cpu ", 7, 88}, {stat, "cpu ", 0, 10}, {stat, "cpu0 ", 1, 2}, {status, "VmHWM:", 0, 1234},
		{stat, "cpu ", 99, math.NaN()}, {stat, "intr ", 0, math.NaN()}, {status, "VmHWM:", 1, math.NaN()},
		{nil, "cpu ", 0, math.NaN()},
	} {
		if got := s.number(c.f, c.key, c.i); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("field %d of %q is %v, want %v", c.i, c.key, got, c.want)
		}
	}
}

// The counters see what an operation does. They are those of the whole process,
// so that other tests may add to them; hence bounds from below only.
func TestMonitorSeesWork(t *testing.T) {
	m := NewMonitor()
	defer m.Close()
	w, extracts := measured()
	r := NewRecorder(w, extracts, m)
	const pages, cpuMS, sleeps = 4000, 20, 10
	err := r.MeasureOnce(func() error {
		for begin := processTime(t); processTime(t)-begin < cpuMS*time.Millisecond; {
		}
		block := make([]byte, pages*os.Getpagesize())
		for i := 0; i < len(block); i += os.Getpagesize() {
			block[i] = 1
		}
		runtime.KeepAlive(block)
		for range sleeps {
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := values(t, r)
	// Where pages are huge there are fewer faults. A thread that is preempted
	// on its way to sleep may have slept enough when it goes on.
	for name, least := range map[string]float64{
		"cpu_ms": 0.9 * cpuMS, "minor_faults_count": 1, "context_switches_count": 1, "peak_rss_bytes": pages * 4096,
		"major_faults_count": 0, "preemptions_count": 0, "steal_ms": 0,
	} {
		if !(got[name] >= least) {
			t.Errorf("%s is %v, want at least %v", name, got[name], least)
		}
	}
}

// processTime is the CPU time of this process by another clock than the one
// that the monitor reads.
func processTime(t *testing.T) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

// Interference is charged to the sample in which it happened, not to one that
// follows a pause in which it did.
func TestInterferenceTaints(t *testing.T) {
	t.Parallel()
	stat, cpu := file(t, ""), file(t, "")
	tell := func(steal, throttled string) {
		for f, text := range map[*os.File]string{
			stat: "cpu  1 2 3 4 5 6 7 " + steal + " 9\n",
			cpu:  "usage_usec 1\nnr_throttled " + throttled + "\n",
		} {
			if err := os.WriteFile(f.Name(), []byte(text), 0o600); err != nil {
				t.Error(err)
			}
		}
	}
	tell("100", "5")
	m := &Monitor{slow: slowSources{stat: stat, cpu: cpu, buf: make([]byte, 4096)}}
	m.read(time.Now())
	w, extracts := measured()
	r := NewRecorder(w, extracts, m)
	take := func(during func()) (tainted string, steal float64) {
		r.Reset()
		err := r.MeasureOnce(func() error {
			during()
			time.Sleep(2 * longSample)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		rows, _ := r.Rows()
		return rows[0].Tainted, values(t, r)["steal_ms"]
	}
	for _, c := range []struct {
		what    string
		before  func()
		during  func()
		tainted string
		steal   float64
	}{
		{"nothing", func() {}, func() {}, "", 0},
		{"steal during", func() {}, func() { tell("103", "5") }, "steal", 30},
		{"nothing again", func() {}, func() {}, "", 0},
		{"throttled during", func() {}, func() { tell("103", "6") }, "throttled", 0},
		{"both before", func() { tell("200", "7"); time.Sleep(2 * longSample) }, func() {}, "", 0},
	} {
		c.before()
		if tainted, steal := take(c.during); tainted != c.tainted || steal != c.steal {
			t.Errorf("%s: tainted %q by %v ms, want %q by %v", c.what, tainted, steal, c.tainted, c.steal)
		}
	}
}

func TestAClosedMonitorStillWorks(t *testing.T) {
	t.Parallel()
	m := NewMonitor()
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	w, extracts := measured()
	r := NewRecorder(w, extracts, m)
	if err := r.MeasureOnce(func() error { time.Sleep(20 * time.Millisecond); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := values(t, r); got["latency_ms"] < 20 || !(got["cpu_ms"] >= 0) {
		t.Errorf("%v", got)
	}
}

func TestAvailableMemory(t *testing.T) {
	t.Parallel()
	available, ok := AvailableMemory()
	total := procNumber("/proc/meminfo", "MemTotal:") * 1024
	if !ok || available < 1<<20 || float64(available) > total {
		t.Errorf("%d bytes of %v, %t", available, total, ok)
	}
}

func TestGroupMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := groupMemory(dir); !math.IsInf(got, 1) {
		t.Errorf("a group that tells nothing has %v left", got)
	}
	write("memory.max", "max\n")
	if got := groupMemory(dir); !math.IsInf(got, 1) {
		t.Errorf("a group without a limit has %v left", got)
	}
	write("memory.max", "1000\n")
	write("memory.current", "700\n")
	if got := groupMemory(dir); got != 300 {
		t.Errorf("%v left, want 300", got)
	}
	write("memory.stat", "active_file 7\ninactive_file 50\n")
	if got := groupMemory(dir); got != 350 {
		t.Errorf("%v left, want 350 with what can be dropped", got)
	}
}
