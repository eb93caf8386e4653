package results

import (
	"fmt"
	"strings"
	"testing"
)

// describeColumns renders what a reader sees of the columns.
func describeColumns(cols []Column) string {
	var b strings.Builder
	for _, c := range cols {
		null := "null"
		if c.Required {
			null = "required"
		}
		fmt.Fprintf(&b, "%s %s %s %s [%s]\n", c.Name, c.Type, null, c.Kind, c.Unit)
	}
	return b.String()
}

const goldenSamples = `spec string required key []
run_id string required key []
point_id string required key []
round int64 required key []
rep int64 required key []
started_at timestamp required key []
status string required note []
error string null note []
tainted string null note []
mode string required param []
size int64 required param [bytes]
alpha double required param []
warm bool required param []
label string required param []
latency_ms double null metric [ms]
memory_bytes double null metric [bytes]
bytes_per_s double null metric [1/s]
twice_per_s double null metric [1/s]
ops_count double null metric [count]
cpu_ms double null metric [ms]
context_switches_count double null metric [count]
preemptions_count double null metric [count]
minor_faults_count double null metric [count]
major_faults_count double null metric [count]
steal_ms double null metric [ms]
peak_rss_bytes double null metric [bytes]
wall_ms double null metric [ms]
`

const goldenSummary = `spec string required key []
run_id string required key []
point_id string required key []
mode string required param []
size int64 required param [bytes]
alpha double required param []
warm bool required param []
label string required param []
n int64 required count [samples]
n_ok int64 required count [samples]
n_failed int64 required count [samples]
n_tainted int64 required count [samples]
n_eff double null count [samples]
latency_ms_mean double null statistic [ms]
latency_ms_std double null statistic [ms]
latency_ms_cv double null statistic []
latency_ms_min double null statistic [ms]
latency_ms_max double null statistic [ms]
latency_ms_sum double null statistic [ms]
latency_ms_skewness double null statistic []
latency_ms_p50 double null statistic [ms]
latency_ms_p50_lo double null statistic [ms]
latency_ms_p50_hi double null statistic [ms]
latency_ms_p95 double null statistic [ms]
latency_ms_p95_lo double null statistic [ms]
latency_ms_p95_hi double null statistic [ms]
`

// The columns that readers build upon: a change here breaks their queries.
func TestColumns(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	if got := describeColumns(SampleColumns(s)); got != goldenSamples {
		t.Errorf("samples:\n%s", got)
	}
	if got := describeColumns(SummaryColumns(s)); !strings.HasPrefix(got, goldenSummary) {
		t.Errorf("summary:\n%s", got)
	}
	for _, cols := range [][]Column{SampleColumns(s), SummaryColumns(s)} {
		for _, c := range cols {
			if c.Doc == "" {
				t.Errorf("column %s has no doc", c.Name)
			}
		}
	}
}
