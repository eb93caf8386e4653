package results

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"

	"runx/spec"
	"runx/workloads"
)

// blockBytes bounds the memory for the statistics of a block of points.
const blockBytes = 64 << 20

// writeSummary makes summary.parquet from samples.parquet, column by column.
func (d *derivation) writeSummary() (err error) {
	samples, err := openTable(d.path(SamplesFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, samples.Close()) }()
	cols := SummaryColumns(d.spec)
	meta, err := d.meta(cols)
	if err != nil {
		return err
	}
	return writeFile(d.path(SummaryFile), func(out io.Writer) error {
		table, err := newTableWriter(out, "summary", cols, meta)
		if err != nil {
			return err
		}
		if err := newSummary(d, samples, table).write(); err != nil {
			return err
		}
		return table.Close()
	})
}

// A summary computes one row per point that was visited.
type summary struct {
	d       *derivation
	samples *tableReader
	table   *tableWriter
	order   []int32 // slots in the order of the rows
	rank    []int32 // of a slot in order; -1 where it was not visited
	metrics []metricPlan
	latency int // the metric that n_eff is about, among the metrics
}

// metricPlan is what the table wants to know of one metric.
type metricPlan struct {
	column int // in samples.parquet
	stats  []spec.Stat
	width  int // columns that the statistics fill
}

func newSummary(d *derivation, samples *tableReader, table *tableWriter) *summary {
	s := &summary{d: d, samples: samples, table: table, rank: make([]int32, len(d.tally))}
	for _, slot := range d.points.byIndex() {
		s.rank[slot] = -1
		if d.tally[slot].n > 0 {
			s.rank[slot] = int32(len(s.order))
			s.order = append(s.order, slot)
		}
	}
	names := samples.names()
	for _, m := range d.spec.Summary {
		plan := metricPlan{column: slices.Index(names, m.Metric), stats: m.Stats}
		for _, stat := range m.Stats {
			plan.width += statWidth(stat)
		}
		s.metrics = append(s.metrics, plan)
	}
	latency := slices.Index(names, workloads.LatencyMetric)
	s.latency = slices.IndexFunc(s.metrics, func(m metricPlan) bool { return m.column == latency })
	if s.latency < 0 {
		s.latency = len(s.metrics)
		s.metrics = append(s.metrics, metricPlan{column: latency})
	}
	return s
}

// statWidth is the number of columns of a statistic.
func statWidth(stat spec.Stat) int {
	if _, isQuantile := stat.Quantile(); isQuantile {
		return 3
	}
	return 1
}

// write goes through the points in blocks that are as large as memory permits,
// mostly one, because each block reads the samples again.
func (s *summary) write() error {
	width := 2
	for _, m := range s.metrics {
		width += m.width
	}
	size := max(1, blockBytes/8/width)
	for from := 0; from < len(s.order); from += size {
		b := s.newBlock(from, min(from+size, len(s.order)))
		if err := b.compute(); err != nil {
			return err
		}
		if err := b.write(); err != nil {
			return err
		}
	}
	return nil
}

// A block is the points of order[from:to].
type block struct {
	*summary
	from, to int
	starts   []int         // place of the first value of a point; one more at the end
	grouped  bool          // some repetition yielded several samples
	stats    [][][]float64 // by metric, column, point
	worth    []float64     // n_eff by point
}

func (s *summary) newBlock(from, to int) *block {
	b := &block{summary: s, from: from, to: to, starts: make([]int, to-from+1), stats: make([][][]float64, len(s.metrics))}
	for i, slot := range s.order[from:to] {
		b.starts[i+1] = b.starts[i] + int(s.d.tally[slot].ok)
		b.grouped = b.grouped || s.d.tally[slot].grouped()
	}
	return b
}

// compute works on as many metrics at once as there are workers: the
// measurement is over, all cores are free.
func (b *block) compute() error {
	next := make(chan int, len(b.metrics))
	for i := range b.metrics {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	errs := make([]error, min(summaryWorkers, len(b.metrics)))
	for k := range errs {
		wg.Go(func() {
			w := newStatWorker(b)
			for i := range next {
				if errs[k] == nil {
					errs[k] = w.metric(i)
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (b *block) write() error {
	h, t := b.d.records.Header, b.table
	for i, slot := range b.order[b.from:b.to] {
		t.Text(h.Spec)
		t.Text(h.RunID)
		t.Text(b.d.points.ids[slot])
		for p := range b.d.points.params {
			b.d.points.params[p].write(t, slot)
		}
		n := b.d.tally[slot]
		for _, count := range []int64{n.n, n.ok, n.failed, n.tainted} {
			t.Int(count)
		}
		t.Float(b.worth[i])
		for _, columns := range b.stats {
			for _, values := range columns {
				t.Float(values[i])
			}
		}
		if err := t.EndRow(); err != nil {
			return err
		}
	}
	return b.d.ctx.Err()
}

// gather reads the values of a metric that are not NULL, from ok samples, by
// point and in the order of the journal.
func (b *block) gather(column int, to *gathered) error {
	to.clear()
	row := 0
	err := b.samples.eachValue(column, func(v parquet.Value) {
		i := int(b.rank[b.d.slots[row]]) - b.from
		if b.d.oks[row] && i >= 0 && i < len(to.counts) {
			to.add(i, b.starts[i], v, b.d.firsts[row])
		}
		row++
	})
	if err == nil && row != len(b.d.slots) {
		err = fmt.Errorf("column %d of the samples has %d rows, want %d", column, row, len(b.d.slots))
	}
	return err
}
