package tensor

import (
	"errors"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestParseField(t *testing.T) {
	t.Parallel()
	const meminfo = "MemTotal:       24689664 kB\nMemFree:        22000000 kB\nMemAvailable:   23000000 kB\n"
	for name, c := range map[string]struct {
		text, field string
		want        int64
		known       bool
	}{
		"kilobytes": {meminfo, "MemAvailable:", 23000000 * 1024, true},
		"bytes":     {"file 7\nanon 4096\n", "anon", 4096, true},
		"absent":    {meminfo, "anon", 0, false},
		"no number": {"anon max\n", "anon", 0, false},
		"no value":  {"anon\n", "anon", 0, false},
	} {
		got, known := parseField([]byte(c.text), c.field)
		if got != c.want || known != c.known {
			t.Errorf("%s: %d %v, want %d %v", name, got, known, c.want, c.known)
		}
	}
}

// More than there is must come back as an error, not as the end of the process.
func TestArenaRefusesMoreThanThereIs(t *testing.T) {
	t.Parallel()
	available, known := availableBytes()
	if !known || available <= 0 {
		t.Fatalf("available memory is %d, known %v", available, known)
	}
	a := NewArena()
	_, err := a.Alloc(int(available))
	if full, ok := errors.AsType[*OutOfMemoryError](err); !ok || full.NeedBytes != 4*available || full.AvailableBytes >= full.NeedBytes {
		t.Fatalf("four times the available memory: error is %v", err)
	}
	if a.LiveBytes() != 0 || a.PeakBytes() != 0 || a.Allocations() != 0 {
		t.Errorf("a refused block counts: live %d, peak %d, allocations %d", a.LiveBytes(), a.PeakBytes(), a.Allocations())
	}
}

// A block that was never written must count when the next one is checked, so its
// pages are resident at once.
func TestArenaTakesPagesAtOnce(t *testing.T) {
	debug.FreeOSMemory()
	before, known := fieldBytes("/proc/self/status", "VmRSS:")
	if !known {
		t.Fatal("resident memory is not known")
	}
	const size = 2 * largeBytes
	x, err := NewArena().Alloc(size / floatBytes)
	if err != nil {
		t.Fatal(err)
	}
	after, _ := fieldBytes("/proc/self/status", "VmRSS:")
	if after-before < size*3/4 {
		t.Errorf("%d bytes allocated, resident memory went from %d to %d", size, before, after)
	}
	runtime.KeepAlive(x)
}

// A tensor that the machine has no memory for is an error of the pass.
func TestPassWithoutMemory(t *testing.T) {
	t.Parallel()
	p := newTestPass(t, PassOptions{})
	p.Tensor(1<<20, 1<<20, 1<<10)
	if _, ok := errors.AsType[*OutOfMemoryError](p.Err()); !ok || p.Arena().LiveBytes() != 0 {
		t.Errorf("the error is %v, %d bytes are live", p.Err(), p.Arena().LiveBytes())
	}
}
