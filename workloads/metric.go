package workloads

import (
	"fmt"
	"slices"
	"strings"
)

// Better is the direction in which a metric improves.
type Better string

// The directions of a metric.
const (
	Neither Better = ""
	Lower   Better = "lower"
	Higher  Better = "higher"
)

// A Metric is a named number of a sample. Its unit is the end of its name.
type Metric struct {
	Name   string `json:"name"`
	Better Better `json:"better,omitempty"`
	Doc    string `json:"doc"`
}

func (m *Metric) validate() error {
	switch {
	case !NamePattern.MatchString(m.Name):
		return fmt.Errorf("metric %q does not match %s", m.Name, NamePattern)
	case strings.TrimSpace(m.Doc) == "":
		return fmt.Errorf("metric %q has no doc", m.Name)
	case !slices.Contains([]Better{Neither, Lower, Higher}, m.Better):
		return fmt.Errorf("metric %q: better is %q, want lower, higher or nothing", m.Name, m.Better)
	}
	return nil
}

// unitSuffixes maps the end of a metric's name to its unit; the longest match
// wins.
var unitSuffixes = []struct{ suffix, unit string }{
	{"_per_s", "1/s"}, {"_bytes", "bytes"}, {"_ratio", "ratio"}, {"_count", "count"}, {"_flops", "flops"},
	{"_ns", "ns"}, {"_us", "us"}, {"_ms", "ms"}, {"_s", "s"},
}

// UnitOf returns the unit that the end of a metric's name states, or "".
func UnitOf(name string) string {
	for _, u := range unitSuffixes {
		if strings.HasSuffix(name, u.suffix) {
			return u.unit
		}
	}
	return ""
}

// LatencyMetric is the name of the measured duration of one operation.
const LatencyMetric = "latency_ms"

// WallMetric is the name of the time that the runner sees pass around one call
// of Sample: the latency and all that it cost to take it.
const WallMetric = "wall_ms"

// RunnerMetrics are the metrics that every sample has whatever the workload,
// in column order. What the operating system does not tell is NULL.
func RunnerMetrics() []Metric {
	return slices.Clone(runnerMetrics[:])
}

// The order is that of the index constants below.
var runnerMetrics = [...]Metric{
	{LatencyMetric, Lower, "time of one operation on the monotonic clock of the process that performs it"},
	{"ops_count", Neither, "operations that latency_ms is the mean of: more than 1 where one alone is too short for the clock"},
	{"cpu_ms", Neither, "CPU time, user and system, that the process spent per operation, all threads together"},
	{"context_switches_count", Neither, "voluntary context switches of the process during the sample"},
	{"preemptions_count", Neither, "involuntary context switches of the process during the sample"},
	{"minor_faults_count", Neither, "page faults served without input or output during the sample"},
	{"major_faults_count", Neither, "page faults that waited for input or output during the sample"},
	{"steal_ms", Neither, "CPU time that the hypervisor gave to others, all cores together, in the window that holds the sample"},
	{"peak_rss_bytes", Lower, "highest resident memory of the process so far (VmHWM)"},
	{WallMetric, Neither, "time that the runner saw pass around the sample, measured from outside"},
}

const (
	colLatency = iota
	colOps
	colCPU
	colVoluntary
	colInvoluntary
	colMinorFaults
	colMajorFaults
	colSteal
	colPeakRSS
	colWall
)

// SampleMetrics are the metrics of a sample of w in the order of [Row.Values]:
// latency_ms, the workload's own, those that the spec extracts, and the rest
// of [RunnerMetrics].
func SampleMetrics(w Workload, extracts []Extract) []Metric {
	all := []Metric{runnerMetrics[colLatency]}
	all = append(all, w.Metrics...)
	for _, e := range extracts {
		all = append(all, Metric{Name: e.Metric, Doc: "extracted from the output"})
	}
	return append(all, runnerMetrics[colLatency+1:]...)
}
