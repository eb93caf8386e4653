package results

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/parquet-go/parquet-go"
)

// A tableReader reads a Parquet file of this package column by column. Several
// goroutines may read different columns.
type tableReader struct {
	f    *os.File
	file *parquet.File
}

func openTable(path string) (*tableReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	file, err := openParquet(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read table %s: %w", path, err), f.Close())
	}
	return &tableReader{f, file}, nil
}

func openParquet(f *os.File) (*parquet.File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
}

func (t *tableReader) Close() error { return t.f.Close() }

// names are the columns in the order of the file.
func (t *tableReader) names() []string {
	var names []string
	for _, path := range t.file.Schema().Columns() {
		names = append(names, path[0])
	}
	return names
}

// eachValue calls visit with every value of a column, in the order of the rows.
func (t *tableReader) eachValue(column int, visit func(parquet.Value)) error {
	buf := make([]parquet.Value, batchRows)
	for _, group := range t.file.RowGroups() {
		if err := eachInChunk(group.ColumnChunks()[column], buf, visit); err != nil {
			return fmt.Errorf("read column %q: %w", t.names()[column], err)
		}
	}
	return nil
}

func eachInChunk(chunk parquet.ColumnChunk, buf []parquet.Value, visit func(parquet.Value)) (err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = eachInPage(page.Values(), buf, visit)
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
}

func eachInPage(values parquet.ValueReader, buf []parquet.Value, visit func(parquet.Value)) error {
	for {
		n, err := values.ReadValues(buf)
		for _, v := range buf[:n] {
			visit(v)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// doubleOf is a number of a DOUBLE column; NULL is NaN.
func doubleOf(v parquet.Value) float64 {
	if v.IsNull() {
		return math.NaN()
	}
	return v.Double()
}
