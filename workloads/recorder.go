package workloads

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// minTimed is the shortest stretch that one pair of clock readings measures to
// better than a percent; shorter operations are repeated and divided.
const minTimed = 10 * time.Microsecond

// surelyLong is a duration that no interruption gives to a short operation.
const surelyLong = 20 * time.Millisecond

// maxOps bounds the repetition of an operation that takes no time at all.
const maxOps = 1 << 16

// A Row is one measurement.
type Row struct {
	// StartedAt is when the operation began, in microseconds since 1970 UTC.
	StartedAt int64
	// Values are in the order of [SampleMetrics]; NaN is "not measured".
	Values []float64
	// Tainted says which interference was seen during the measurement, or "".
	Tainted string
}

// A Recorder takes down what one instance measures. The workload calls
// [Recorder.Measure] or [Recorder.MeasureOnce] around its operation, then
// [Recorder.Set] for what else it knows; the host calls [Recorder.Reset] before
// each call of Sample and reads [Recorder.Rows] after it.
//
// Within the timed region a recorder does nothing: no allocation, no lock, no
// system call but the two readings of the clock.
type Recorder struct {
	monitor  *Monitor
	names    []string // of Row.Values
	workload int      // names[1 : 1+workload] are the workload's to set
	rows     []Row
	n        int // rows in use; the rest are kept for reuse
	open     bool
	discards bool // the rows will not be read
	rep      int
	ops      int // calls of the operation per Measure; 0 until known
	err      error
}

// NewRecorder returns a recorder for samples of w. The monitor watches the
// process that performs them; several recorders may share it.
func NewRecorder(w Workload, extracts []Extract, m *Monitor) *Recorder {
	r := &Recorder{monitor: m, workload: len(w.Metrics) + len(extracts)}
	for _, metric := range SampleMetrics(w, extracts) {
		r.names = append(r.names, metric.Name)
	}
	return r
}

// Reset forgets the rows, and keeps their memory.
func (r *Recorder) Reset() {
	r.n, r.open, r.discards, r.err = 0, false, false, nil
}

// Discard is Reset before a sample that will be thrown away. It is taken in the
// same way, but nobody asks what the operating system did meanwhile, which
// costs more than a short operation.
func (r *Recorder) Discard() {
	r.Reset()
	r.discards = true
}

// SetRep says which repetition of its point the next call of Sample is for,
// counted from 0.
func (r *Recorder) SetRep(n int) { r.rep = n }

// Rep returns the number of the repetition. One that is thrown away, or tried
// again, has the number of the one that counts, and an instance that is opened
// later goes on where another one ended: what is drawn from Rep is the same at
// all points, whatever came between.
func (r *Recorder) Rep() int { return r.rep }

// Rows returns what was recorded since Reset. It is valid until the next call
// of Reset. The error is a mistake of the workload: no row at all, or a metric
// that it did not declare.
func (r *Recorder) Rows() ([]Row, error) {
	if r.err == nil && r.n == 0 {
		return nil, errors.New("the workload recorded nothing: Sample must call Measure, MeasureOnce or SetLatency")
	}
	return r.rows[:r.n], r.err
}

// Measure times op and makes its duration the row's latency. An operation
// shorter than 10 µs is repeated and the total divided, so op must leave things
// as it found them. The first call finds out how often, by running op some
// times; its count holds for the life of the recorder, so that all samples of
// a point are alike.
func (r *Recorder) Measure(op func() error) error {
	if r.ops == 0 {
		if err := r.calibrate(op); err != nil {
			return err
		}
	}
	return r.measure(op, r.ops)
}

// MeasureOnce times exactly one call of op.
func (r *Recorder) MeasureOnce(op func() error) error {
	return r.measure(op, 1)
}

// Set records a metric that the workload declares, in the current row.
func (r *Recorder) Set(metric string, value float64) {
	for i := 1; i <= r.workload; i++ {
		if r.names[i] == metric {
			r.row().Values[i] = value
			return
		}
	}
	if r.err == nil {
		r.err = fmt.Errorf("the workload set the metric %q, which it does not declare", metric)
	}
}

// SetLatency records a duration that the workload knows without timing it: a
// simulated one, or one from a log.
func (r *Recorder) SetLatency(d time.Duration) {
	r.row().Values[colLatency] = milliseconds(d)
}

// Next ends the current row; what follows belongs to the next one.
func (r *Recorder) Next() { r.open = false }

// Append adds a row that another process recorded. Its values are copied.
func (r *Recorder) Append(row Row) error {
	if len(row.Values) != len(r.names) {
		return fmt.Errorf("a row has %d values, want %d", len(row.Values), len(r.names))
	}
	r.Next()
	own := r.row()
	own.StartedAt, own.Tainted = row.StartedAt, row.Tainted
	copy(own.Values, row.Values)
	r.Next()
	return nil
}

// SetWall records the time that the host saw pass, spread evenly over the rows
// since Reset.
func (r *Recorder) SetWall(d time.Duration) {
	for i := range r.n {
		v := r.rows[i].Values
		v[len(v)-1] = milliseconds(d) / float64(r.n)
	}
}

func (r *Recorder) measure(op func() error, ops int) error {
	row := r.row()
	if r.discards {
		return repeat(op, ops)
	}
	r.monitor.before()
	start := time.Now()
	err := repeat(op, ops)
	elapsed := time.Since(start)
	u := r.monitor.after(elapsed)
	if err != nil {
		return err
	}
	row.StartedAt = start.UnixMicro()
	row.Tainted = u.tainted
	v := row.Values
	v[colLatency] = milliseconds(elapsed) / float64(ops)
	rest := v[r.workload:] // so that the column constants hold
	rest[colOps] = float64(ops)
	rest[colCPU] = u.cpuMS / float64(ops)
	rest[colVoluntary], rest[colInvoluntary] = u.voluntary, u.involuntary
	rest[colMinorFaults], rest[colMajorFaults] = u.minorFaults, u.majorFaults
	rest[colSteal] = u.stealMS
	rest[colPeakRSS] = u.peakRSS
	return nil
}

// calibrate doubles the number of operations until they take long enough. A slow
// first call or an interruption makes too few of them look long enough, and the
// count holds for good: so the shortest of three tries decides.
func (r *Recorder) calibrate(op func() error) error {
	tries := 0
	for ops := 1; ; {
		start := time.Now()
		if err := repeat(op, ops); err != nil {
			return err
		}
		elapsed := time.Since(start)
		switch tries++; {
		case elapsed < minTimed && ops < maxOps:
			ops, tries = 2*ops, 0
		case tries == 3 || elapsed >= surelyLong || ops >= maxOps:
			r.ops = ops
			return nil
		}
	}
}

func repeat(op func() error, n int) error {
	for range n {
		if err := op(); err != nil {
			return err
		}
	}
	return nil
}

// row returns the current row and begins one where there is none.
func (r *Recorder) row() *Row {
	if r.open {
		return &r.rows[r.n-1]
	}
	if r.n == len(r.rows) {
		r.rows = append(r.rows, Row{Values: make([]float64, len(r.names))})
	}
	row := &r.rows[r.n]
	r.n++
	r.open = true
	row.StartedAt, row.Tainted = time.Now().UnixMicro(), ""
	for i := range row.Values {
		row.Values[i] = math.NaN()
	}
	return row
}

// Names returns the metrics of a row in order.
func (r *Recorder) Names() []string { return slices.Clone(r.names) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
