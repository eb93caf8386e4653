package results

import (
	"testing"

	"runx/spec"
)

// deriveGrouped makes a run of one point: repetitions of 30 rows each, which
// have the number of the repetition as latency, and as memory the number of the
// row in it. Of the first repetition there is a failed attempt too.
func deriveGrouped(t *testing.T, repetitions int) *Table {
	t.Helper()
	s := parseSpec(t, probeSpec)
	s.Summary = []spec.MetricSummary{
		{Metric: "latency_ms", Stats: []spec.Stat{"p50"}}, {Metric: "memory_bytes", Stats: []spec.Stat{"p50"}},
	}
	r := createRun(t, t.TempDir(), s)
	p := pointsOf(t, s)[0]
	must(t, r.Point(p))
	must(t, r.Append(&Sample{Point: p.Index, Status: Failed, Error: "once"}))
	for rep := range repetitions {
		for row := range 30 {
			must(t, r.Append(&Sample{
				Point: p.Index, Rep: rep, Status: OK, Values: values(r, float64(rep+1), float64(row+1), 1),
			}))
		}
	}
	must(t, r.Finish(Complete))
	records, err := ReadJournal(r.Dir() + "/" + JournalFile)
	must(t, err)
	d := &derivation{ctx: t.Context(), dir: r.Dir(), spec: s, records: records}
	must(t, d.writeSamples())
	must(t, d.writeSummary())
	table, err := ReadTable(d.path(SummaryFile))
	must(t, err)
	return table
}

// A number per repetition that stands in each of its rows has the interval of as
// many numbers as there are repetitions; rows that differ within the repetitions
// alone have one that is narrower. For the median of 10 the ranks are 2 and 9:
// Conover, "Practical Nonparametric Statistics", 3rd ed., 3.2.
func TestRowsOfARepetitionAreNoSamplesOfTheirOwn(t *testing.T) {
	t.Parallel()
	table := deriveGrouped(t, 10)
	for column, want := range map[string]float64{
		"latency_ms_p50": 5.5, "latency_ms_p50_lo": 2, "latency_ms_p50_hi": 9, "memory_bytes_p50": 15.5,
	} {
		if got := table.Value(0, column); got != want {
			t.Errorf("%s is %v, want %v", column, got, want)
		}
	}
	lo, _ := table.Value(0, "memory_bytes_p50_lo").(float64)
	hi, _ := table.Value(0, "memory_bytes_p50_hi").(float64)
	if lo < 11 || lo > 15 || hi < 16 || hi > 20 {
		t.Errorf("rows that tell more than their repetitions have the interval %v to %v", lo, hi)
	}
}

// Few repetitions do not tell how much their rows agree.
func TestFewRepetitionsHaveNoInterval(t *testing.T) {
	t.Parallel()
	table := deriveGrouped(t, 4)
	for _, column := range []string{"latency_ms_p50_lo", "latency_ms_p50_hi", "memory_bytes_p50_lo", "memory_bytes_p50_hi"} {
		if got := table.Value(0, column); got != nil {
			t.Errorf("%s is %v, want NULL", column, got)
		}
	}
	if got := table.Value(0, "latency_ms_p50"); got != 2.5 {
		t.Errorf("the median is %v", got)
	}
}
