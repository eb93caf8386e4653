package results

import (
	"context"
	"fmt"
	"path/filepath"

	"runx/spec"
)

// Derived tells what Derive wrote.
type Derived struct {
	// Samples, Summary and Run are the paths of the tables.
	Samples, Summary, Run string
	Status                RunStatus
	// Rows counts the samples, Counts those of each status, Tainted those during
	// which interference was seen.
	Rows    int64
	Counts  map[Status]int64
	Tainted int64
	// Points counts the points that were visited.
	Points   int64
	Warnings []Warning
}

// Derive writes samples.parquet, summary.parquet and run.parquet from the
// journal and the spec.yaml of a run. The workload need not be at hand. It can
// be repeated, also while the run goes on. Memory is bounded by some 10 bytes
// per sample and 100 per point.
func Derive(ctx context.Context, dir string) (*Derived, error) {
	records, err := ReadJournal(filepath.Join(dir, JournalFile))
	if err != nil {
		return nil, openError(dir, err)
	}
	s, err := readSpec(ctx, dir, records.Header)
	if err != nil {
		return nil, err
	}
	d := &derivation{ctx: ctx, dir: dir, spec: s, records: records}
	for _, step := range []func() error{d.writeSamples, d.writeSummary, d.writeRun} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return d.derived(), nil
}

// A derivation is what one step of Derive leaves for the next.
type derivation struct {
	ctx     context.Context
	dir     string
	spec    *spec.Spec
	records *Records

	points *pointStore
	// slots, oks and firsts have an entry per sample: its point, whether it is
	// ok, and whether it is the first such one of its repetition.
	slots  []int32
	oks    []bool
	firsts []bool
	tally  []tally // by slot
	run    runTally
	notes  []Warning
}

// tally counts the samples of one point, and the repetitions that yielded those
// that are ok.
type tally struct {
	n, ok, failed, tainted int64
	repetitions            int64
	rep                    int // the last of them
}

// count reports whether the sample is the first ok one of its repetition.
func (t *tally) count(s *Sample) (first bool) {
	t.n++
	if s.Tainted != "" {
		t.tainted++
	}
	switch s.Status {
	case OK:
		first = t.repetitions == 0 || s.Rep != t.rep
		t.ok++
	case Failed, Timeout:
		t.failed++
	}
	if first {
		t.repetitions++
		t.rep = s.Rep
	}
	return first
}

// grouped says that repetitions yielded several samples.
func (t *tally) grouped() bool { return t.ok > t.repetitions }

// runTally is what the journal says of the run as a whole.
type runTally struct {
	status       RunStatus // empty: not finished
	finishedAt   int64     // 0: not finished
	peakRSSBytes int64
	resumes      int64
	rows         int64
	byStatus     map[Status]int64
	tainted      int64
	visited      int64
}

func (t *runTally) note(e *Event) {
	switch e.Kind {
	case ResumedEvent:
		t.resumes++
		t.status, t.finishedAt = "", 0
	case FinishedEvent:
		t.status, t.finishedAt = e.Status, e.At
	}
	t.peakRSSBytes = max(t.peakRSSBytes, e.PeakRSSBytes)
}

func (d *derivation) path(name string) string { return filepath.Join(d.dir, name) }

// meta is the file metadata of a table.
func (d *derivation) meta(cols []Column) (map[string]string, error) {
	text, err := encodeColumns(cols)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		metaFormat:     fmt.Sprint(Format),
		metaRunID:      d.records.Header.RunID,
		metaSpec:       string(d.spec.Resolved),
		metaSpecSHA256: d.records.Header.SpecSHA256,
		metaColumns:    text,
	}, nil
}

func (d *derivation) derived() *Derived {
	return &Derived{
		Samples:  d.path(SamplesFile),
		Summary:  d.path(SummaryFile),
		Run:      d.path(RunFile),
		Status:   d.status(),
		Rows:     d.run.rows,
		Counts:   d.run.byStatus,
		Tainted:  d.run.tainted,
		Points:   d.run.visited,
		Warnings: d.notes,
	}
}
