package results

import (
	"io"
	"math"
)

// cancelRows is how many rows pass between two looks at the context.
const cancelRows = 4096

// writeSamples streams the journal into samples.parquet.
func (d *derivation) writeSamples() error {
	cols := SampleColumns(d.spec)
	meta, err := d.meta(cols)
	if err != nil {
		return err
	}
	return writeFile(d.path(SamplesFile), func(out io.Writer) error {
		table, err := newTableWriter(out, "samples", cols, meta)
		if err != nil {
			return err
		}
		if err := d.streamSamples(table); err != nil {
			return err
		}
		return table.Close()
	})
}

func (d *derivation) streamSamples(table *tableWriter) error {
	d.points = newPointStore(d.records.Header.Params)
	d.run.byStatus = map[Status]int64{}
	rows := newSampleRows(d, table)
	for r, err := range readAhead(d.records.All()) {
		if err != nil {
			return err
		}
		switch {
		case r.Point != nil:
			d.tally = append(d.tally, tally{})
			err = d.points.add(r.Point)
		case r.Sample != nil:
			err = rows.write(r.Sample)
		case r.Event != nil:
			d.run.note(r.Event)
		}
		if err != nil {
			return err
		}
	}
	d.notes = append(d.notes, rows.expressions.warnings()...)
	for _, t := range d.tally {
		d.run.tainted += t.tainted
		if t.n > 0 {
			d.run.visited++
		}
	}
	return nil
}

// sampleRows turns samples into rows of the table.
type sampleRows struct {
	d           *derivation
	table       *tableWriter
	specName    string
	runID       string
	raw         []int // places in Sample.Values of the metrics before the expressions, then of those behind them
	split       int   // of raw: how many stand before the expressions
	expressions *expressions
}

func newSampleRows(d *derivation, table *tableWriter) *sampleRows {
	h := d.records.Header
	r := &sampleRows{d: d, table: table, specName: h.Spec, runID: h.RunID, split: -1}
	at := map[string]int{}
	for i, name := range h.Metrics {
		at[name] = i
	}
	for _, m := range d.spec.SampleMetrics() {
		if i, ok := at[m.Name]; ok {
			r.raw = append(r.raw, i)
		} else if r.split < 0 {
			r.split = len(r.raw)
		}
	}
	if r.split < 0 {
		r.split = len(r.raw)
	}
	r.expressions = newExpressions(d.spec, h.Metrics, d.points)
	return r
}

func (r *sampleRows) write(s *Sample) error {
	d := r.d
	slot := d.points.slots[s.Point]
	d.slots = append(d.slots, slot)
	d.oks = append(d.oks, s.Status == OK)
	d.firsts = append(d.firsts, d.tally[slot].count(s))
	d.run.byStatus[s.Status]++
	d.run.rows++
	if d.run.rows%cancelRows == 0 && d.ctx.Err() != nil {
		return d.ctx.Err()
	}
	r.keys(s, slot)
	for i := range d.points.params {
		d.points.params[i].write(r.table, slot)
	}
	r.metrics(s, r.raw[:r.split])
	for _, v := range r.expressions.eval(s, slot) {
		r.table.Float(v)
	}
	r.metrics(s, r.raw[r.split:])
	return r.table.EndRow()
}

func (r *sampleRows) keys(s *Sample, slot int32) {
	t := r.table
	t.Text(r.specName)
	t.Text(r.runID)
	t.Text(r.d.points.ids[slot])
	t.Int(int64(s.Round))
	t.Int(int64(s.Rep))
	t.Int(s.StartedAt)
	t.Text(string(s.Status))
	textOrNull(t, s.Error)
	textOrNull(t, s.Tainted)
}

func textOrNull(t *tableWriter, s string) {
	if s == "" {
		t.Null()
		return
	}
	t.Text(s)
}

func (r *sampleRows) metrics(s *Sample, places []int) {
	for _, i := range places {
		v := math.NaN()
		if len(s.Values) > 0 {
			v = s.Values[i]
		}
		r.table.Float(v)
	}
}
