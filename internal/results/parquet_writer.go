package results

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

const (
	// batchRows are handed to parquet-go at once.
	batchRows = 1024
	// groupRows are the rows of a row group: peak memory stays small, and
	// readers work on groups in parallel.
	groupRows = 120 * batchRows
	// dictionaryBytes is the size from which a column of a row group goes on
	// without a dictionary.
	dictionaryBytes = 64 << 10
	// pageBytes make the first page of a column, after which it is known whether
	// a dictionary pays, small.
	pageBytes = 128 << 10
)

// A tableWriter writes rows of declared columns as Parquet. It checks arity,
// types and NULLs itself, because parquet-go checks none of them and writes a
// wrong file without an error. A row is a call of Int, Float, Text, Bool or
// Null per column, in order, then EndRow. The first error is kept and returned
// by EndRow and Close.
type tableWriter struct {
	out     *parquet.GenericWriter[any]
	cols    []Column
	nulls   []parquet.Value // the NULL of each column
	batch   [][]parquet.Value
	next    int // column of the next value of the row
	rows    int // in the batch
	grouped int // rows in the row group
	total   int64
	err     error
}

func newTableWriter(out io.Writer, name string, cols []Column, meta map[string]string) (*tableWriter, error) {
	s, err := schema(name, cols)
	if err != nil {
		return nil, err
	}
	options := []parquet.WriterOption{
		s,
		parquet.Compression(&parquet.Zstd),
		parquet.DataPageVersion(1),
		parquet.PageBufferSize(pageBytes),
		parquet.DictionaryMaxBytes(dictionaryBytes),
	}
	for k, v := range meta {
		options = append(options, parquet.KeyValueMetadata(k, v))
	}
	w := &tableWriter{out: parquet.NewGenericWriter[any](out, options...), cols: cols}
	for i := range cols {
		w.nulls = append(w.nulls, parquet.NullValue().Level(0, 0, i))
		w.batch = append(w.batch, make([]parquet.Value, 0, batchRows))
	}
	return w, nil
}

// Int adds an integer, or the microseconds of a timestamp.
func (w *tableWriter) Int(v int64) {
	if i := w.next; i < len(w.cols) && w.cols[i].Type == Timestamp {
		w.add(Timestamp, parquet.Int64Value(v))
		return
	}
	w.add(Int64, parquet.Int64Value(v))
}

// Float adds a number; what is not finite becomes NULL: readers skip NaN in
// the minima and maxima by which they prune, and then lose rows.
func (w *tableWriter) Float(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		w.Null()
		return
	}
	w.add(Double, parquet.DoubleValue(v))
}

// Text adds a string.
func (w *tableWriter) Text(v string) {
	// The bytes are only read, and copied when the batch is written.
	w.add(String, parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(v), len(v))))
}

// Bool adds a truth value.
func (w *tableWriter) Bool(v bool) { w.add(Bool, parquet.BooleanValue(v)) }

// Value adds an int64, a float64, a string or a bool; nil is NULL.
func (w *tableWriter) Value(v any) {
	switch x := v.(type) {
	case nil:
		w.Null()
	case int64:
		w.Int(x)
	case float64:
		w.Float(x)
	case string:
		w.Text(x)
	case bool:
		w.Bool(x)
	default:
		w.err = cmp.Or(w.err, fmt.Errorf("a %T is no value of a table", v))
	}
}

// Null adds a NULL.
func (w *tableWriter) Null() {
	i := w.next
	w.next++
	switch {
	case w.err != nil || i >= len(w.cols):
	case w.cols[i].Required:
		w.err = fmt.Errorf("column %q: a NULL where none is allowed", w.cols[i].Name)
	default:
		w.batch[i] = append(w.batch[i], w.nulls[i])
	}
}

func (w *tableWriter) add(t Type, v parquet.Value) {
	i := w.next
	w.next++
	switch {
	case w.err != nil || i >= len(w.cols):
	case w.cols[i].Type != t:
		w.err = fmt.Errorf("column %q: a %s where a %s is wanted", w.cols[i].Name, t, w.cols[i].Type)
	default:
		if !w.cols[i].Required { // a required column has no levels
			v = v.Level(0, 1, i)
		}
		w.batch[i] = append(w.batch[i], v)
	}
}

// EndRow completes the row.
func (w *tableWriter) EndRow() error {
	if w.err == nil && w.next != len(w.cols) {
		w.err = fmt.Errorf("a row of %d values, want %d", w.next, len(w.cols))
	}
	w.next = 0
	if w.err != nil {
		return w.err
	}
	w.rows++
	if w.rows == batchRows {
		w.err = w.flush()
	}
	return w.err
}

func (w *tableWriter) flush() error {
	for i, column := range w.out.ColumnWriters() {
		n, err := column.WriteRowValues(w.batch[i])
		if err == nil && n != w.rows { // parquet-go takes the row count from the first column alone
			err = fmt.Errorf("%d rows of %d written", n, w.rows)
		}
		if err != nil {
			return fmt.Errorf("column %q: %w", w.cols[i].Name, err)
		}
		w.batch[i] = w.batch[i][:0]
	}
	w.total += int64(w.rows)
	w.grouped += w.rows
	w.rows = 0
	if w.grouped >= groupRows { // parquet-go limits row groups only for whole rows
		w.grouped = 0
		return w.out.Flush()
	}
	return nil
}

var errClosed = errors.New("the table is closed")

// Close writes what is left and the footer. Without it there is no table.
func (w *tableWriter) Close() error {
	if w.err == nil {
		w.err = w.flush()
	}
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return w.out.Close()
}
