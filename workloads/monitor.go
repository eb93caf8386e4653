package workloads

import (
	"math"
	"time"
)

// refresh is how long a reading of the slow sources holds. They cost tens of
// microseconds, and the kernel counts steal in steps of 10 ms anyway.
const refresh = 10 * time.Millisecond

// longSample is the duration from which a sample gets slow readings of its own:
// they cost it less than two percent, and interference that matters makes a
// sample at least this long.
const longSample = time.Millisecond

// A Monitor watches what the operating system does to this process while it
// measures. Cheap counters (CPU time, context switches, page faults) are read
// around every operation; the slow sources (/proc, cgroup) at most every 10 ms
// and around long operations. It is not safe for concurrent use. The zero
// value works, without the slow sources; [NewMonitor] opens them.
type Monitor struct {
	slow     slowSources
	last     slowReading
	lastTime time.Time
	start    counters
	long     bool // the previous operation was long, so the next one is expected to be
}

// usage is what a stretch of work cost. NaN is "the system does not tell".
type usage struct {
	cpuMS, voluntary, involuntary, minorFaults, majorFaults float64
	stealMS, peakRSS                                        float64
	tainted                                                 string
}

// counters are the totals of the process that the system keeps cheaply.
type counters struct {
	cpu                                              time.Duration
	voluntary, involuntary, minorFaults, majorFaults int64
	known                                            bool
}

// slowReading is one reading of the slow sources.
type slowReading struct {
	stealMS   float64 // since boot, all cores; NaN where unknown
	throttled float64 // periods in which the cgroup's quota was used up; NaN where unknown
	peakRSS   float64 // bytes; NaN where unknown
}

// NewMonitor opens what the system offers. Close gives it back.
func NewMonitor() *Monitor {
	m := &Monitor{slow: openSlowSources()}
	m.read(time.Now())
	return m
}

// Close closes the sources. The monitor keeps working without them.
func (m *Monitor) Close() error { return m.slow.close() }

func (m *Monitor) before() {
	if m.long {
		if now := time.Now(); now.Sub(m.lastTime) > longSample {
			m.read(now)
		}
	}
	m.start = readCounters()
}

func (m *Monitor) after(elapsed time.Duration) usage {
	end := readCounters()
	m.long = elapsed >= longSample
	before := m.last
	if m.long || time.Since(m.lastTime) >= refresh {
		m.read(time.Now())
	}
	u := end.since(m.start)
	u.peakRSS = m.last.peakRSS
	u.stealMS = m.last.stealMS - before.stealMS
	switch {
	case u.stealMS > 0:
		u.tainted = "steal"
	case m.last.throttled > before.throttled:
		u.tainted = "throttled"
	}
	return u
}

func (m *Monitor) read(now time.Time) {
	m.last, m.lastTime = m.slow.read(), now
}

func (c counters) since(start counters) usage {
	if !c.known {
		nan := math.NaN()
		return usage{cpuMS: nan, voluntary: nan, involuntary: nan, minorFaults: nan, majorFaults: nan}
	}
	return usage{
		cpuMS:       milliseconds(c.cpu - start.cpu),
		voluntary:   float64(c.voluntary - start.voluntary),
		involuntary: float64(c.involuntary - start.involuntary),
		minorFaults: float64(c.minorFaults - start.minorFaults),
		majorFaults: float64(c.majorFaults - start.majorFaults),
	}
}
