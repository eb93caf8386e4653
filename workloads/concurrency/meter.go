package concurrency

import (
	"slices"

	"runx/workloads"
)

// columns are where the values of a row are that this package fills in or reads.
type columns struct {
	latency, queue, service, lag, throughput, offered, little int
	cores, answer, memory, ops, steal, rss                    int
	// summed are counted for each process, and add up.
	summed [len(summedNames)]int
	width  int
}

var summedNames = [...]string{"cpu_ms", "context_switches_count", "preemptions_count", "minor_faults_count", "major_faults_count"}

func columnsOf(names []string) columns {
	at := func(name string) int { return slices.Index(names, name) }
	c := columns{
		latency: at(workloads.LatencyMetric), queue: at("queue_ms"), service: at("service_ms"), lag: at("lag_ms"),
		throughput: at("requests_per_s"), offered: at("offered_per_s"), little: at("little_error_ratio"),
		cores: at("cores_count"), answer: at("answer_checksum"), memory: at("memory_bytes"),
		ops: at("ops_count"), steal: at("steal_ms"), rss: at("peak_rss_bytes"),
		width: len(names),
	}
	for n, name := range summedNames {
		c.summed[n] = at(name)
	}
	return c
}

// A usage is what the processes of a repetition used.
type usage struct {
	summed      [len(summedNames)]float64
	steal       float64
	rssBytes    float64
	memoryBytes float64
}

// add takes up the values of one row of a process.
func (u *usage) add(c columns, values []float64) {
	for n, column := range c.summed {
		u.summed[n] += values[column]
	}
	u.steal = values[c.steal]
	u.rssBytes, u.memoryBytes = values[c.rss], values[c.memory]
}

// merge takes up another process. What the hypervisor took is counted for the
// whole machine, by whom it is asked.
func (u *usage) merge(other usage) {
	for n := range u.summed {
		u.summed[n] += other.summed[n]
	}
	u.rssBytes += other.rssBytes
	u.memoryBytes += other.memoryBytes
}

// A meter asks the system what this process uses while something runs.
type meter struct {
	monitor  *workloads.Monitor
	recorder *workloads.Recorder
	columns  columns
}

func newMeter() *meter {
	monitor := workloads.NewMonitor()
	m := &meter{monitor: monitor, recorder: workloads.NewRecorder(Workload(), nil, monitor)}
	m.columns = columnsOf(m.recorder.Names())
	return m
}

// during returns what the process used during op, and the interference that was
// seen.
func (m *meter) during(op func() error) (u usage, tainted string, err error) {
	m.recorder.Reset()
	if err := m.recorder.MeasureOnce(op); err != nil {
		return u, "", err
	}
	rows, err := m.recorder.Rows()
	if err != nil {
		return u, "", err
	}
	u.add(m.columns, rows[0].Values)
	u.memoryBytes = 0 // the servers know
	return u, rows[0].Tainted, nil
}

func (m *meter) close() error { return m.monitor.Close() }
