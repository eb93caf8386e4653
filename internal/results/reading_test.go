package results

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func readDemo(t *testing.T) *Reading {
	t.Helper()
	_, r, _ := deriveDemo(t)
	reading, err := Read(t.Context(), r.Dir())
	must(t, err)
	return reading
}

func TestRead(t *testing.T) {
	t.Parallel()
	r := readDemo(t)
	if r.Spec.Question != "Does it work?" || r.Info.Status != Complete || r.Header.RunID != r.Info.ID || r.Info.Dir != r.Dir {
		t.Errorf("%+v", r)
	}
	samples, err := r.Samples("latency_ms", "mode", "no_such_column")
	must(t, err)
	if got := columnNames(samples.Columns); !slices.Equal(got, []string{"mode", "latency_ms"}) || samples.Rows != 6*102 {
		t.Errorf("%d rows of %v", samples.Rows, got)
	}
	if v := samples.Value(102*4+3, "latency_ms"); v != 8.0 {
		t.Errorf("the latency is %v", v)
	}
	if v := samples.Value(0, "status"); v != nil {
		t.Errorf("a column that was not asked for has %v", v)
	}
	run, err := r.Run()
	must(t, err)
	summary, err := r.Summary()
	must(t, err)
	if run.Rows != 1 || summary.Rows != 6 {
		t.Errorf("%d runs, %d points", run.Rows, summary.Rows)
	}
}

func TestReadBeforeItsTables(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	run := createRun(t, t.TempDir(), s)
	r, err := Read(t.Context(), run.Dir())
	must(t, err)
	if _, err := r.Samples(); !errors.Is(err, fs.ErrNotExist) || r.Spec.Name != "demo" {
		t.Errorf("%v of %s", err, r.Spec.Name)
	}
	if _, err := Read(t.Context(), t.TempDir()); !errors.Is(err, ErrNotFound) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestTableForExpressions(t *testing.T) {
	t.Parallel()
	table, err := readDemo(t).Samples()
	must(t, err)
	for column, want := range map[string]any{
		"mode": "naive", "size": 1, "alpha": 0.5, "warm": true, "rep": 0, "latency_ms": 1.0, "started_at": 1_763_910_000_000_000,
	} {
		if got := table.Operand(0, column); got != want {
			t.Errorf("%s is %#v, want %#v", column, got, want)
		}
	}
	for _, column := range []string{"wall_ms", "no_such_column"} {
		if got, ok := table.Operand(0, column).(float64); !ok || !math.IsNaN(got) {
			t.Errorf("%s is %v, want NaN", column, got)
		}
	}
	for column, want := range map[string]float64{"size": 1, "rep": 99, "latency_ms": 100, "started_at": 1_763_910_000_000_099} {
		if got := table.Numbers(column); len(got) != table.Rows || got[99] != want {
			t.Errorf("%s is %v, want %v", column, got[99], want)
		}
	}
	for _, column := range []string{"mode", "warm", "no_such_column"} {
		if got := table.Numbers(column); got != nil {
			t.Errorf("%s has the numbers %v", column, got)
		}
	}
}

func TestWriteClaims(t *testing.T) {
	t.Parallel()
	r := readDemo(t)
	cols := []Column{
		{Name: "claim", Type: String, Required: true},
		{Name: "value", Type: Double},
		{Name: "resamples_count", Type: Int64, Unit: "count"},
		{Name: "warm", Type: Bool},
	}
	must(t, r.WriteClaims(cols, [][]any{{"a", 1.5, int64(2000), true}, {"b", nil, nil, nil}, {"c", math.NaN(), int64(0), false}}))
	table, err := r.Claims()
	must(t, err)
	if table.Rows != 3 || table.RunID != r.Header.RunID || table.Spec != string(r.Spec.Resolved) {
		t.Fatalf("%d rows of run %q", table.Rows, table.RunID)
	}
	for row, want := range [][]any{{"a", 1.5, int64(2000), true}, {"b", nil, nil, nil}, {"c", nil, int64(0), false}} {
		for i, c := range cols {
			if got := table.Value(row, c.Name); got != want[i] {
				t.Errorf("row %d: %s is %v, want %v", row, c.Name, got, want[i])
			}
		}
	}
}

// A table that cannot be written leaves the one that was there.
func TestWriteClaimsFails(t *testing.T) {
	t.Parallel()
	r := readDemo(t)
	cols := []Column{{Name: "claim", Type: String, Required: true}}
	must(t, r.WriteClaims(cols, [][]any{{"a"}}))
	for name, row := range map[string][]any{"no value": {nil}, "another type": {1.5}, "too many": {"a", "b"}, "no type of a table": {7}} {
		if r.WriteClaims(cols, [][]any{row}) == nil {
			t.Errorf("%s was written", name)
		}
	}
	table, err := r.Claims()
	must(t, err)
	if table.Rows != 1 || table.Value(0, "claim") != "a" {
		t.Errorf("%d rows are left", table.Rows)
	}
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	r := readDemo(t)
	must(t, r.WriteFile("plots/a.svg", func(w io.Writer) error { _, err := io.WriteString(w, "<svg/>"); return err }))
	broken := errors.New("broken")
	err := r.WriteFile("plots/a.svg", func(w io.Writer) error {
		_, err := io.WriteString(w, "<sv")
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	text, err := os.ReadFile(filepath.Join(r.Dir, "plots", "a.svg"))
	must(t, err)
	if string(text) != "<svg/>" {
		t.Errorf("what was whole is now %q", text)
	}
	for _, name := range entries(t, r.Dir) {
		if strings.HasSuffix(name, ".tmp") {
			t.Errorf("%s is left", name)
		}
	}
	must(t, WritePage(filepath.Dir(filepath.Dir(r.Dir)), "index.html", func(io.Writer) error { return nil }))
}

// The conditions of a claim are asked of the rows of a table.
func TestFilterOverTable(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec+`
claims:
  - {name: c, where: 'mode == "flash" && latency_ms_p50 > 55', value: max(size), expect: value > 0}
`)
	run := createRun(t, t.TempDir(), s)
	fillDemo(t, run, s) // point i has a median of i + 50.5
	must(t, run.Finish(Complete))
	must(t, run.Close())
	d, err := Derive(t.Context(), run.Dir())
	must(t, err)
	table, err := ReadTable(d.Summary)
	must(t, err)
	filter := s.Claims[0].Filter()
	var kept []int
	for row := range table.Rows {
		keep, err := filter.Keep(func(column string) any { return table.Operand(row, column) })
		must(t, err)
		if keep {
			kept = append(kept, row)
		}
	}
	if !slices.Equal(kept, []int{5}) {
		t.Errorf("rows %v count, want 5", kept)
	}
}
