package results

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// Whatever samples a run holds, in whatever order and however interrupted: its
// table holds the same.
func TestJournalToTableProperty(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, probeSpec)
	points := pointsOf(t, s)
	root := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		r, err := Create(root, s, CreateOptions{})
		must2(rt, err)
		defer os.RemoveAll(r.Dir())
		defer func() { r.Close() }()
		var want []Sample
		for range rapid.IntRange(0, 30).Draw(rt, "samples") {
			if rapid.IntRange(0, 9).Draw(rt, "resume") == 0 {
				must2(rt, r.Close())
				r, err = Open(r.Dir())
				must2(rt, err)
			}
			p := points[rapid.IntRange(0, len(points)-1).Draw(rt, "at")]
			sample := anySample().Draw(rt, "sample")
			sample.Point = p.Index
			sample.Values = rapid.SliceOfN(anyFloat(), len(r.header.Metrics), len(r.header.Metrics)).Draw(rt, "values")
			if sample.Status != OK && rapid.Bool().Draw(rt, "no values") {
				sample.Values = nil
			}
			must2(rt, r.Point(p))
			must2(rt, r.Append(&sample))
			want = append(want, sample)
		}
		must2(rt, r.Close())
		records, err := ReadJournal(filepath.Join(r.Dir(), JournalFile))
		must2(rt, err)
		d := &derivation{ctx: t.Context(), dir: r.Dir(), spec: s, records: records}
		must2(rt, d.writeSamples())
		table, err := ReadTable(d.path(SamplesFile))
		must2(rt, err)
		if table.Rows != len(want) {
			rt.Fatalf("%d rows of %d", table.Rows, len(want))
		}
		for i := range want {
			checkRow(rt, table, i, &want[i], points[want[i].Point].ID, r.header.Metrics)
		}
	})
}

func checkRow(t *rapid.T, table *Table, row int, want *Sample, id string, metrics []string) {
	v := func(column string) *vector { return &table.vectors[findColumn(table.Columns, column)] }
	switch {
	case v("point_id").texts[row] != id, v("round").ints[row] != int64(want.Round), v("rep").ints[row] != int64(want.Rep),
		v("started_at").ints[row] != want.StartedAt, v("status").texts[row] != string(want.Status),
		v("error").texts[row] != stored(want.Error), v("error").null[row] != (want.Error == ""),
		v("tainted").texts[row] != stored(want.Tainted), v("tainted").null[row] != (want.Tainted == ""):
		t.Fatalf("row %d does not hold %+v", row, want)
	}
	for i, name := range metrics {
		value := math.NaN()
		if want.Values != nil {
			value = want.Values[i]
		}
		if got := v(name).floats[row]; !sameFloat(value, got) {
			t.Fatalf("row %d: %s is %v, want %v", row, name, got, value)
		}
	}
}
