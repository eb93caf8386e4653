package results

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

var everyType = []Column{
	{Name: "key", Type: String, Required: true, Kind: KeyColumn},
	{Name: "count", Type: Int64, Required: true, Kind: KeyColumn},
	{Name: "at", Type: Timestamp, Required: true, Kind: KeyColumn},
	{Name: "flag", Type: Bool, Required: true, Kind: ParamTableColumn},
	{Name: "size", Type: Int64, Required: true, Kind: ParamTableColumn},
	{Name: "alpha", Type: Double, Required: true, Kind: ParamTableColumn},
	{Name: "latency_ms", Type: Double, Kind: MetricColumn},
	{Name: "error", Type: String, Kind: NoteColumn},
	{Name: "maybe_count", Type: Int64, Kind: RunColumn},
	{Name: "maybe", Type: Bool, Kind: RunColumn},
	{Name: "ended", Type: Timestamp, Kind: RunColumn},
}

// writeRow writes a row that is right for everyType.
func writeRow(w *tableWriter) { writeRowWith(w, -1, nil) }

// writeRowWith writes such a row but for one value.
func writeRowWith(w *tableWriter, at int, other func(*tableWriter)) {
	null := (*tableWriter).Null
	for i, write := range []func(*tableWriter){
		func(w *tableWriter) { w.Text("k") },
		func(w *tableWriter) { w.Int(1) },
		func(w *tableWriter) { w.Int(2) },
		func(w *tableWriter) { w.Bool(true) },
		func(w *tableWriter) { w.Int(3) },
		func(w *tableWriter) { w.Float(0.5) },
		func(w *tableWriter) { w.Float(1.5) },
		null, null, null, null,
	} {
		if i == at {
			write = other
		}
		write(w)
	}
}

func TestTableWriterRefuses(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(w *tableWriter){
		"too few values":                 func(w *tableWriter) { w.Text("k") },
		"too many values":                func(w *tableWriter) { writeRow(w); w.Null() },
		"an int for a string":            func(w *tableWriter) { w.Int(1) },
		"a string for an int":            func(w *tableWriter) { w.Text("k"); w.Text("k") },
		"a float for an int":             func(w *tableWriter) { w.Text("k"); w.Float(1) },
		"NULL where required":            func(w *tableWriter) { writeRowWith(w, 5, (*tableWriter).Null) },
		"NaN where required":             func(w *tableWriter) { writeRowWith(w, 5, func(w *tableWriter) { w.Float(math.NaN()) }) },
		"a string for a number":          func(w *tableWriter) { writeRowWith(w, 6, func(w *tableWriter) { w.Text("1.5") }) },
		"nothing":                        func(w *tableWriter) {},
		"a row that is right afterwards": func(w *tableWriter) { w.Int(1); w.EndRow(); writeRow(w) },
	} {
		var out bytes.Buffer
		w, err := newTableWriter(&out, "t", everyType, nil)
		must(t, err)
		writeRow(w)
		must(t, w.EndRow())
		write(w)
		if err := w.EndRow(); err == nil {
			t.Errorf("accepted: %s", name)
		}
		if err := w.Close(); err == nil {
			t.Errorf("closed after: %s", name)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	for _, cols := range [][]Column{
		{{Name: "a.b", Type: Double}}, {{Name: "Latency", Type: Double}}, {{Name: "", Type: Double}}, {{Name: "p99 ms", Type: Double}},
		{{Name: "a", Type: "float32"}}, {{Name: "a", Type: Double}, {Name: "a", Type: Int64}}, {{Name: strings.Repeat("a", 200), Type: Double}},
	} {
		if _, err := schema("t", cols); err == nil {
			t.Errorf("accepted %+v", cols)
		}
	}
}

// What goes into a table comes out of it, through row groups, pages,
// dictionaries that overflow, and NULLs.
func TestTableRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		type row struct {
			key          string
			count, at    int64
			flag         bool
			size         int64
			alpha        float64
			latency      float64
			err          string
			maybe, ended int64
		}
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) row {
			return row{
				rapid.String().Draw(t, "key"), rapid.Int64().Draw(t, "count"), rapid.Int64().Draw(t, "at"), rapid.Bool().Draw(t, "flag"),
				rapid.Int64().Draw(t, "size"), rapid.Float64().Draw(t, "alpha"), anyFloat().Draw(t, "latency"),
				rapid.String().Draw(t, "err"), rapid.Int64().Draw(t, "maybe"), rapid.Int64().Draw(t, "ended"),
			}
		})).Draw(t, "rows")
		path := filepath.Join(dir, "t.parquet")
		text, err := encodeColumns(everyType)
		must2(t, err)
		must2(t, writeFile(path, func(out io.Writer) error {
			w, err := newTableWriter(out, "t", everyType, map[string]string{metaColumns: text, metaRunID: "r"})
			if err != nil {
				return err
			}
			for _, r := range rows {
				w.Text(r.key)
				w.Int(r.count)
				w.Int(r.at)
				w.Bool(r.flag)
				w.Int(r.size)
				w.Float(r.alpha)
				w.Float(r.latency)
				textOrNull(w, r.err)
				w.Int(r.maybe)
				w.Bool(r.flag)
				w.Int(r.ended)
				if err := w.EndRow(); err != nil {
					return err
				}
			}
			return w.Close()
		}))
		table, err := ReadTable(path)
		must2(t, err)
		if table.Rows != len(rows) || table.RunID != "r" {
			t.Fatalf("%d rows of %d, run %q", table.Rows, len(rows), table.RunID)
		}
		for i, r := range rows {
			v := func(i int) *vector { return &table.vectors[i] }
			if v(0).texts[i] != r.key || v(1).ints[i] != r.count || v(2).ints[i] != r.at || v(3).bools[i] != r.flag || v(4).ints[i] != r.size ||
				v(5).floats[i] != r.alpha || !sameFloat(r.latency, v(6).floats[i]) || v(7).texts[i] != r.err || v(7).null[i] != (r.err == "") ||
				v(8).ints[i] != r.maybe || v(9).bools[i] != r.flag || v(10).ints[i] != r.ended {
				t.Fatalf("row %d: %+v", i, r)
			}
		}
	})
}

func must2(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// A large table: several row groups of bounded size, pages V1, zstd, and no
// encoding that a reader may lack.
func TestTableForm(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.parquet")
	const rows = 2*groupRows + 1
	must(t, writeFile(path, func(out io.Writer) error {
		w, err := newTableWriter(out, "t", everyType, nil)
		if err != nil {
			return err
		}
		for i := range rows {
			w.Text("k")
			w.Int(int64(i))
			w.Int(int64(i))
			w.Bool(i%2 == 0)
			w.Int(int64(i % 7))
			w.Float(float64(i))
			w.Float(math.Sqrt(float64(i)))
			w.Null()
			w.Null()
			w.Null()
			w.Null()
			if err := w.EndRow(); err != nil {
				return err
			}
		}
		return w.Close()
	}))
	r, err := openTable(path)
	must(t, err)
	defer r.Close()
	if n := len(r.file.RowGroups()); n != 3 || r.file.NumRows() != rows {
		t.Errorf("%d row groups, %d rows", n, r.file.NumRows())
	}
	known := map[string]bool{"PLAIN": true, "RLE": true, "RLE_DICTIONARY": true, "DELTA_BINARY_PACKED": true}
	for _, group := range r.file.Metadata().RowGroups {
		for _, column := range group.Columns {
			for _, e := range column.MetaData.Encoding {
				if !known[e.String()] {
					t.Errorf("column %v has the encoding %s", column.MetaData.PathInSchema, e)
				}
			}
			if c := column.MetaData.Codec.String(); c != "ZSTD" {
				t.Errorf("codec %s", c)
			}
		}
	}
	row := 0
	must(t, r.eachValue(6, func(v parquet.Value) {
		if got := doubleOf(v); got != math.Sqrt(float64(row)) {
			t.Fatalf("row %d: %v", row, got)
		}
		row++
	}))
}

func TestWriteFileLeavesNothingAfterAFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "t.parquet")
	must(t, os.WriteFile(path, []byte("before"), 0o600))
	broken := io.ErrClosedPipe
	for name, write := range map[string]func(io.Writer) error{
		"at once":       func(io.Writer) error { return broken },
		"in the middle": func(w io.Writer) error { w.Write(make([]byte, 1<<20)); return broken },
	} {
		if err := writeFile(path, write); err == nil || !strings.Contains(err.Error(), broken.Error()) {
			t.Errorf("%s: %v", name, err)
		}
		if got := entries(t, dir); len(got) != 1 {
			t.Errorf("%s: left behind: %v", name, got)
		}
		if text, _ := os.ReadFile(path); string(text) != "before" {
			t.Errorf("%s: the file that was there is %q", name, text)
		}
	}
}

// While a table is written no reader's pattern matches the file.
func TestTemporaryNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, writeFile(filepath.Join(dir, "t.parquet"), func(io.Writer) error {
		for _, name := range entries(t, dir) {
			if strings.HasSuffix(name, ".parquet") {
				t.Errorf("a table in progress is called %s", name)
			}
		}
		return nil
	}))
}
