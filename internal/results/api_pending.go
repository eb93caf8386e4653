package results

import (
	"context"
	"errors"
	"iter"

	"runx/spec"
	"runx/workloads"
)

var errPending = errors.New("not yet")

// CreateOptions say what a run directory is made with.
type CreateOptions struct {
	// RunID names the run; empty makes one from the time and chance.
	RunID string
	// Command is the command line, for the record.
	Command []string
}

// A Run is the directory of one run, open for appending.
type Run struct{}

// Create makes the directory root/<spec>/<run_id> with spec.yaml and a journal
// that holds its header. On an error nothing is left behind.
func Create(root string, s *spec.Spec, opts CreateOptions) (*Run, error) { return nil, errPending }

// Open continues a run: it locks the journal, cuts off a torn tail and records
// that the run was resumed.
func Open(dir string) (*Run, error) { return nil, errPending }

// Dir is the directory of the run.
func (r *Run) Dir() string { return "" }

// ID is the run_id.
func (r *Run) ID() string { return "" }

// Header is the first line of the journal.
func (r *Run) Header() *Header { return nil }

// Matches says whether s is the spec that the run was made with: same text,
// same parameters, same metrics.
func (r *Run) Matches(s *spec.Spec) error { return errPending }

// Point defines a point before its first sample. Defining it again costs
// nothing and writes nothing.
func (r *Run) Point(p spec.Point) error { return errPending }

// Append records a sample with one write(2) and without allocating. The
// sample is the caller's to reuse.
func (r *Run) Append(s *Sample) error { return errPending }

// Sync makes every sample durable; Append does it once a second anyway. Call
// it before a long pause.
func (r *Run) Sync() error { return errPending }

// Samples yields what the journal holds, in order. The sample is reused.
func (r *Run) Samples() iter.Seq2[*Sample, error] { return nil }

// Finish records how the run ended and makes everything durable.
func (r *Run) Finish(status RunStatus) error { return errPending }

// Close gives the run back. It is idempotent.
func (r *Run) Close() error { return errPending }

// A Header is the first line of a journal.
type Header struct {
	Format      int                `json:"runx"`
	RunID       string             `json:"run_id"`
	Spec        string             `json:"spec"`
	SpecSHA256  string             `json:"spec_sha256"`
	CreatedAt   int64              `json:"created_at_us"`
	Command     []string           `json:"command,omitempty"`
	Workload    workloads.Workload `json:"workload"`
	Params      []ParamColumn      `json:"params"`
	Metrics     []string           `json:"metrics"`
	Environment Environment        `json:"environment"`
}

// A ParamColumn is the name and kind of a parameter, in column order.
type ParamColumn struct {
	Name string         `json:"name"`
	Kind workloads.Kind `json:"kind"`
}

// Derived is what Derive wrote.
type Derived struct {
	Dir string
	// Files are the paths of the tables: samples, summary, run.
	Samples, Summary, Run string
	Status                RunStatus
	Points, Rows          int64
	Counts                map[Status]int64
	Tainted               int64
	// Torn is the length in bytes of the torn tail that was left out.
}

// Derive writes samples.parquet, summary.parquet and run.parquet from the
// journal and spec.yaml of a run. The workload need not be at hand. It may be
// repeated, and may be called while the run is open.
func Derive(ctx context.Context, dir string) (*Derived, error) { return nil, errPending }

// Link points root/<spec>.parquet and root/<spec>.summary.parquet at the
// newest complete run of the spec, if there is one. The warning is not empty
// where the links could not be made, which loses no data.
func Link(root, specName string) (Warning, error) { return Warning{}, errPending }

// A Warning is something that the user should know, and what to do about it.
type Warning struct{ Message, Cure string }

// RunInfo is one line of a listing.
type RunInfo struct {
	Dir, ID, Spec, Title string
	Status               RunStatus
	StartedAt            int64 // microseconds since 1970 UTC
	JournalBytes         int64
}

// List returns the runs under root, oldest first.
func List(root string) ([]RunInfo, error) { return nil, errPending }

// Find returns the directory of a run by its path, by its id or a unique
// beginning of it, or of the newest run of a spec by the spec's name.
func Find(root, name string) (dir string, err error) { return "", errPending }

// ReadSpec reads the spec of a run as it was run, without the workload at
// hand: its instances cannot be opened.
func ReadSpec(ctx context.Context, dir string) (*spec.Spec, error) { return nil, errPending }

// Type is the type of a column.
type Type string

// The types of columns.
const (
	Int64     Type = "int64"
	Double    Type = "double"
	String    Type = "string"
	Bool      Type = "bool"
	Timestamp Type = "timestamp" // microseconds UTC
)

// A Column describes one column of a table.
type Column struct {
	Name     string `json:"name"`
	Type     Type   `json:"type"`
	Required bool   `json:"required"`       // never NULL
	Kind     string `json:"kind"`           // key, param, metric, statistic, count, note
	Unit     string `json:"unit,omitempty"` // plain where empty
	Doc      string `json:"doc,omitempty"`
}

// SampleColumns are the columns of samples.parquet.
func SampleColumns(s *spec.Spec) []Column { return nil }

// SummaryColumns are the columns of summary.parquet.
func SummaryColumns(s *spec.Spec) []Column { return nil }

// A Table is a whole table in memory, column by column.
type Table struct {
	Columns []Column
	Meta    map[string]string
	Rows    int
}

// Value returns one cell: int64, float64, string, bool, time.Time, or nil for
// NULL.
func (t *Table) Value(row int, column string) any { return nil }

// Floats returns a column of numbers; NULL is NaN. It is nil where there is no
// such column.
func (t *Table) Floats(column string) []float64 { return nil }

// ReadTable reads a Parquet file that this package wrote.
func ReadTable(path string) (*Table, error) { return nil, errPending }

// ReadSummary reads the summary.parquet of a run.
func ReadSummary(dir string) (*Table, error) { return nil, errPending }

// Environment is where a run took place; what is not known is empty.
type Environment struct {
	Version     string `json:"version"`
	VCSRevision string `json:"vcs_revision"`
	VCSModified bool   `json:"vcs_modified"`
	GoVersion   string `json:"go_version"`
	OS          string `json:"os"`
	Arch        string `json:"arch"`
}

// CaptureEnvironment reads the environment of this process.
func CaptureEnvironment() Environment { return Environment{} }
