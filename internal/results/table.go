package results

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
)

// A Table is a whole table in memory, column by column.
type Table struct {
	// Columns describe the columns in order.
	Columns []Column
	// RunID and Spec, the text, are from the file's metadata.
	RunID, Spec string
	// Rows is the number of rows.
	Rows    int
	vectors []vector
}

// vector is one column; the slice of its type is in use, and null where it may
// be NULL.
type vector struct {
	ints   []int64
	floats []float64 // NULL is NaN
	texts  []string
	bools  []bool
	null   []bool
}

// ReadSummary reads the summary.parquet of a run.
func ReadSummary(dir string) (*Table, error) { return ReadTable(filepath.Join(dir, SummaryFile)) }

// ReadTable reads a Parquet file that this package wrote: the columns named, or
// all if none is. A name that the file does not have is passed over.
func ReadTable(path string, columns ...string) (t *Table, err error) {
	r, err := openTable(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	text, ok := r.file.Lookup(metaColumns)
	if !ok {
		return nil, fmt.Errorf("read table %s: it is not one of runx's: it lacks %s in its metadata", path, metaColumns)
	}
	cols, err := decodeColumns(text)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", path, err)
	}
	t = &Table{Rows: int(r.file.NumRows())}
	t.RunID, _ = r.file.Lookup(metaRunID)
	t.Spec, _ = r.file.Lookup(metaSpec)
	for i, name := range r.names() {
		if i >= len(cols) || cols[i].Name != name {
			return nil, fmt.Errorf("read table %s: column %q is not described", path, name)
		}
		if len(columns) > 0 && !slices.Contains(columns, name) {
			continue
		}
		var v vector
		if err := r.eachValue(i, func(x parquet.Value) { v.add(&cols[i], x) }); err != nil {
			return nil, fmt.Errorf("read table %s: %w", path, err)
		}
		t.Columns, t.vectors = append(t.Columns, cols[i]), append(t.vectors, v)
	}
	return t, nil
}

func (v *vector) add(c *Column, x parquet.Value) {
	if !c.Required {
		v.null = append(v.null, x.IsNull())
	}
	switch c.Type {
	case Int64, Timestamp:
		v.ints = append(v.ints, x.Int64()) // 0 for NULL
	case Double:
		v.floats = append(v.floats, doubleOf(x))
	case String:
		v.texts = append(v.texts, string(x.ByteArray())) // "" for NULL
	case Bool:
		v.bools = append(v.bools, !x.IsNull() && x.Boolean())
	}
}

// Has tells whether there is such a column.
func (t *Table) Has(column string) bool { return findColumn(t.Columns, column) >= 0 }

// Value returns a cell: int64, float64, string, bool, time.Time in UTC, or nil
// for NULL and for a column that is not there.
func (t *Table) Value(row int, column string) any {
	i := findColumn(t.Columns, column)
	if i < 0 {
		return nil
	}
	v := &t.vectors[i]
	if v.null != nil && v.null[row] {
		return nil
	}
	switch t.Columns[i].Type {
	case Int64:
		return v.ints[row]
	case Timestamp:
		return time.UnixMicro(v.ints[row]).UTC()
	case Double:
		return v.floats[row]
	case Bool:
		return v.bools[row]
	}
	return v.texts[row]
}

// Floats returns a column of doubles, NULL being NaN, or nil where there is no
// such column. It belongs to the table.
func (t *Table) Floats(column string) []float64 {
	if i := findColumn(t.Columns, column); i >= 0 {
		return t.vectors[i].floats
	}
	return nil
}

// Numbers returns a column of numbers, timestamps being microseconds since 1970
// and NULL being NaN, or nil where there is none of that name. The caller must
// not change it.
func (t *Table) Numbers(column string) []float64 {
	i := findColumn(t.Columns, column)
	if i < 0 || t.Columns[i].Type == String || t.Columns[i].Type == Bool {
		return nil
	}
	v := &t.vectors[i]
	if t.Columns[i].Type == Double {
		return v.floats
	}
	numbers := make([]float64, len(v.ints))
	for row, n := range v.ints {
		numbers[row] = float64(n)
		if v.null != nil && v.null[row] {
			numbers[row] = math.NaN()
		}
	}
	return numbers
}

// Operand returns a cell as expressions of a spec take it (see [spec.Filter]):
// an int, a float64, a string or a bool. Timestamps are microseconds since 1970,
// a number that is NULL is NaN, and so is one that is not there.
func (t *Table) Operand(row int, column string) any {
	switch v := t.Value(row, column).(type) {
	case int64:
		return int(v)
	case time.Time:
		return int(v.UnixMicro())
	case nil:
		return math.NaN()
	default:
		return v
	}
}
