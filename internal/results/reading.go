package results

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"runx/spec"
)

// A Reading is a run for those who say what it means: its spec, and its tables
// when they are asked for.
type Reading struct {
	Dir  string
	Info RunInfo
	// Header is the first line of the journal.
	Header *Header
	// Spec is that of the run as it was run; its workload is known by its
	// description alone.
	Spec *spec.Spec
}

// Read reads what a run is about. The tables need not be there yet.
func Read(ctx context.Context, dir string) (*Reading, error) {
	records, err := ReadJournal(filepath.Join(dir, JournalFile))
	if err != nil {
		return nil, openError(dir, err)
	}
	s, err := readSpec(ctx, dir, records.Header)
	if err != nil {
		return nil, err
	}
	return &Reading{Dir: dir, Info: Info(dir), Header: records.Header, Spec: s}, nil
}

// Summary reads summary.parquet: see [ReadTable].
func (r *Reading) Summary(columns ...string) (*Table, error) { return r.table(SummaryFile, columns) }

// Samples reads samples.parquet: see [ReadTable].
func (r *Reading) Samples(columns ...string) (*Table, error) { return r.table(SamplesFile, columns) }

// Run reads run.parquet, which has one row: see [ReadTable].
func (r *Reading) Run(columns ...string) (*Table, error) { return r.table(RunFile, columns) }

// Claims reads claims.parquet: see [ReadTable].
func (r *Reading) Claims(columns ...string) (*Table, error) { return r.table(ClaimsFile, columns) }

func (r *Reading) table(file string, columns []string) (*Table, error) {
	return ReadTable(filepath.Join(r.Dir, file), columns...)
}

// WriteClaims writes claims.parquet whole or not at all. A row has a value for
// each column: int64 (also for timestamps), float64, string, bool, or nil for
// NULL.
func (r *Reading) WriteClaims(cols []Column, rows [][]any) error {
	d := &derivation{dir: r.Dir, spec: r.Spec, records: &Records{Header: r.Header}}
	meta, err := d.meta(cols)
	if err != nil {
		return err
	}
	return writeFile(d.path(ClaimsFile), func(out io.Writer) error {
		table, err := newTableWriter(out, "claims", cols, meta)
		if err != nil {
			return err
		}
		for _, row := range rows {
			for _, v := range row {
				table.Value(v)
			}
			if err := table.EndRow(); err != nil {
				return err
			}
		}
		return table.Close()
	})
}

// WriteFile makes a file in the directory of the run, which is whole or not
// there. name may be below the directory: "plots/latency.svg".
func (r *Reading) WriteFile(name string, write func(io.Writer) error) error {
	path := filepath.Join(r.Dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return tableError(path, err)
	}
	return writeFile(path, write)
}

// WritePage makes root/name, such as the index over all runs, whole or not at
// all.
func WritePage(root, name string, write func(io.Writer) error) error {
	return writeFile(filepath.Join(root, name), write)
}
