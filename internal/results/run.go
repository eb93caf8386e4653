package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"runx/internal/journal"
	"runx/spec"
)

// The names of the files in the directory of a run.
const (
	JournalFile = "journal.jsonl"
	SpecFile    = "spec.yaml"
	SamplesFile = "samples.parquet"
	SummaryFile = "summary.parquet"
	RunFile     = "run.parquet"
	ClaimsFile  = "claims.parquet"
	ReportFile  = "report.html"
	// PlotsFolder has the pictures of the run.
	PlotsFolder = "plots"
	// FilesFolder has a folder for each point that keeps files.
	FilesFolder = "files"
)

// A Run is the directory of one run, open for appending. It is not safe for
// concurrent use; another process cannot open it meanwhile.
type Run struct {
	dir      string
	absolute string // dir, wherever a worker runs
	header   *Header
	journal  *journal.Journal
	points   indexSet
	ended    map[int64]Ending
	samples  int64           // in the journal
	retried  map[int64]int64 // by point: how many samples there were when it was last tried again
	complete bool            // nothing is to be appended
	line     []byte
	closed   bool
}

// Dir is the directory of the run.
func (r *Run) Dir() string { return r.dir }

// FilesDir is the absolute path of the folder for the files of a point. It
// comes into being with the first of them.
func (r *Run) FilesDir(pointID string) string {
	return filepath.Join(r.absolute, FilesFolder, pointID)
}

// ID is the run_id.
func (r *Run) ID() string { return r.header.RunID }

// Environment is where the run began.
func (r *Run) Environment() Environment { return r.header.Environment }

// Matches says whether s is the spec that the run was made with, and its
// workload still the same: it compares text, parameters and metrics.
func (r *Run) Matches(s *spec.Spec) error {
	if err := r.header.matches(s); err != nil {
		cure := "begin a new run of the spec"
		if r.header.SpecSHA256 != s.SHA256() {
			cure = "undo the change of " + filepath.Join(r.dir, SpecFile) + ", or begin a new run with it"
		}
		return &Error{What: err.Error(), Cure: cure, Err: err}
	}
	return nil
}

// Point defines a point before its first sample. Defining it again costs
// nothing and writes nothing.
func (r *Run) Point(p spec.Point) error {
	if p.Index < 0 {
		return fmt.Errorf("define point %d: the index is negative", p.Index)
	}
	if r.points.has(p.Index) {
		return nil
	}
	line, err := appendPoint(r.line[:0], p, r.header.Params)
	if err != nil {
		return err
	}
	r.line = line
	if err := r.append(line); err != nil {
		return err
	}
	r.points.add(p.Index)
	return nil
}

// Append records a sample: one write(2), and no allocation. The sample is the
// caller's to reuse. After an error the journal holds what was appended before.
func (r *Run) Append(s *Sample) error {
	if !r.points.has(s.Point) {
		return fmt.Errorf("append a sample: point %d is not defined", s.Point)
	}
	if n := len(s.Values); n != len(r.header.Metrics) && (n > 0 || s.Status == OK) {
		return fmt.Errorf("append a sample: it has %d values, want %d", n, len(r.header.Metrics))
	}
	if !slices.Contains(statuses[:], s.Status) {
		return fmt.Errorf("append a sample: the status is %q", s.Status)
	}
	r.line = appendSample(r.line[:0], s)
	if err := r.append(r.line); err != nil {
		return err
	}
	r.samples++
	return nil
}

// End records that a point needs no more samples, where they do not show it, so
// that a resumed run leaves it alone. Recording it again writes nothing.
func (r *Run) End(point int64, why Ending) error {
	if !r.points.has(point) {
		return fmt.Errorf("end point %d: it is not defined", point)
	}
	if r.ended[point] == why {
		return nil
	}
	if err := r.event(Event{Kind: EndedEvent, Point: &point, Ending: why}); err != nil {
		return err
	}
	r.ended[point] = why
	return nil
}

// Ended is why a point needs no more samples, where that is recorded; empty
// where it is not.
func (r *Run) Ended(point int64) Ending { return r.ended[point] }

// Sync makes every sample durable. Append does it once a second anyway; call it
// before a long pause.
func (r *Run) Sync() error { return r.explain(r.journal.Sync()) }

// Complete says that the run has ended and that nothing of it is tried again.
func (r *Run) Complete() bool { return r.complete }

// Retry records that points are tried again: a run that goes on behaves as if
// their failures so far had not been. The tables keep them.
func (r *Run) Retry(points []int64) error {
	if r.complete && len(points) > 0 {
		if err := r.event(Event{Kind: ResumedEvent}); err != nil {
			return err
		}
		r.complete = false
	}
	for _, point := range points {
		if !r.points.has(point) {
			return fmt.Errorf("try point %d again: it is not defined", point)
		}
		if err := r.event(Event{Kind: RetriedEvent, Point: &point}); err != nil {
			return err
		}
		r.forgive(point)
	}
	return nil
}

// forgive forgets how a point ended, and its failures so far.
func (r *Run) forgive(point int64) {
	delete(r.ended, point)
	r.retried[point] = r.samples
}

// Samples yields the samples that the journal holds, in order, without the
// failures that [Run.Retry] forgave. The sample is reused.
func (r *Run) Samples() iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		records, err := ReadJournal(filepath.Join(r.dir, JournalFile))
		if err != nil {
			yield(nil, err)
			return
		}
		seen := int64(0)
		for rec, err := range records.All() {
			if err != nil {
				yield(nil, err)
				return
			}
			if rec.Sample == nil {
				continue
			}
			seen++
			forgiven := rec.Sample.Status != OK && seen <= r.retried[rec.Sample.Point]
			if !forgiven && !yield(rec.Sample, nil) {
				return
			}
		}
	}
}

// Finish records how the run ended and makes everything durable.
func (r *Run) Finish(status RunStatus) error {
	if !slices.Contains([]RunStatus{Complete, Interrupted, Broken}, status) {
		return fmt.Errorf("finish run %s: the status is %q", r.header.RunID, status)
	}
	err := r.event(Event{Kind: FinishedEvent, Status: status, PeakRSSBytes: peakRSS()})
	if err != nil {
		return err
	}
	return r.Sync()
}

// Close makes everything durable and lets others open the run. It is
// idempotent.
func (r *Run) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return r.explain(r.journal.Close())
}

func (r *Run) event(e Event) error {
	e.At = time.Now().UnixMicro()
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", e.Kind, err)
	}
	return r.append(append(line, '\n'))
}

var errRunClosed = errors.New("the run is closed")

func (r *Run) append(line []byte) error {
	if r.closed {
		return errRunClosed
	}
	if err := r.journal.Append(line); err != nil {
		return r.explain(err)
	}
	return nil
}

// explain says what a failure of the journal means for the run.
func (r *Run) explain(err error) error {
	if err == nil {
		return nil
	}
	cure := "the samples before this one are kept; go on with: runx resume " + r.dir
	if isFull(err) {
		cure = "free some space; " + cure
	}
	return &Error{What: fmt.Sprintf("cannot record a sample in %s: %v", r.dir, err), Cure: cure, Err: err}
}
