package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"runx/workloads"
)

// closeTimeout bounds the wait for an instance that closes.
const closeTimeout = 10 * time.Second

// An instance lives in the worker; this is its end in the host.
type instance struct {
	worker   *Worker
	id       int64
	verifies bool
	closed   bool
	columns  []int     // of the worker's rows: index into values, or one of the constants
	values   []float64 // scratch: one row in the order of the metrics
}

// The columns that are not metrics.
const (
	startedAt = -1
	tainted   = -2
)

func (w *Worker) open(ctx context.Context, d *workloads.Workload, env workloads.Env) (*instance, error) {
	w.mu.Lock()
	w.lastInstance++
	i := &instance{worker: w, id: w.lastInstance}
	launch := w.launch
	w.launch = nil
	w.mu.Unlock()
	a, err := i.call(ctx, request{
		Type: typeOpen, Workload: d.Name, Params: params(env.Params),
		Extracts: env.Extracts, Seed: strconv.FormatUint(env.Seed, 10),
		Dir: env.Dir, Launch: launch,
	}, nil)
	if err != nil {
		return nil, err
	}
	i.verifies = a.Verifies
	if err := i.match(a.Columns, workloads.SampleMetrics(*d, env.Extracts)); err != nil {
		return nil, fmt.Errorf("worker %q opens %q: %w", w.name, d.Name, err)
	}
	return i, nil
}

func (i *instance) call(ctx context.Context, q request, each func(*answer) error) (*answer, error) {
	q.Instance = i.id
	return i.worker.call(ctx, &q, each)
}

// match finds the metrics that the worker's columns are.
func (i *instance) match(columns []string, metrics []workloads.Metric) error {
	i.values = make([]float64, len(metrics))
	seen := map[string]bool{}
	for _, name := range columns {
		if seen[name] {
			return fmt.Errorf("the column %q is there twice", name)
		}
		seen[name] = true
		at := slices.IndexFunc(metrics, func(m workloads.Metric) bool { return m.Name == name })
		switch {
		case name == columnStartedAt:
			at = startedAt
		case name == columnTainted:
			at = tainted
		case name == workloads.WallMetric:
			return fmt.Errorf("the column %q is the host's to measure", name)
		case at < 0:
			return fmt.Errorf("the column %q is not a metric of it", name)
		}
		i.columns = append(i.columns, at)
	}
	return nil
}

// Verify asks the worker to verify, where it can.
func (i *instance) Verify(ctx context.Context) error {
	if !i.verifies {
		return nil
	}
	_, err := i.call(ctx, request{Type: typeVerify}, nil)
	return err
}

// Sample takes one sample.
func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	return i.SampleN(ctx, 1, r)
}

// SampleN takes up to n samples without a word in between.
func (i *instance) SampleN(ctx context.Context, n int, r *workloads.Recorder) error {
	asked := time.Now().UnixMicro()
	_, err := i.call(ctx, request{Type: typeSample, N: n, Rep: r.Rep()}, func(a *answer) error { return i.record(a.Rows, asked, r) })
	return err
}

// record takes the rows over into the recorder. One that does not say when it
// began did so after it was asked for.
func (i *instance) record(raw json.RawMessage, asked int64, r *workloads.Recorder) error {
	if len(raw) == 0 {
		return nil
	}
	var rows [][]any
	if err := json.Unmarshal(raw, &rows); err != nil {
		return violated("its rows are not an array of arrays: %v", err)
	}
	for _, cells := range rows {
		row, err := i.row(cells)
		if err != nil {
			return err
		}
		row.StartedAt = cmp.Or(row.StartedAt, asked)
		if err := r.Append(row); err != nil {
			return violated("%v", err)
		}
	}
	return nil
}

// row puts cells into the order of the metrics. Its values are scratch.
func (i *instance) row(cells []any) (workloads.Row, error) {
	if len(cells) != len(i.columns) {
		return workloads.Row{}, violated("a row has %d cells, its columns are %d", len(cells), len(i.columns))
	}
	row := workloads.Row{Values: i.values}
	for at := range row.Values {
		row.Values[at] = math.NaN()
	}
	for c, cell := range cells {
		at := i.columns[c]
		switch x := cell.(type) {
		case nil:
			continue
		case float64:
			if at >= 0 {
				row.Values[at] = x
				continue
			}
			if at == startedAt && math.Abs(x) < 1<<53 {
				row.StartedAt = int64(x)
				continue
			}
		case string:
			if at == tainted {
				row.Tainted = shorten(x)
				continue
			}
		}
		return row, violated("cell %d of a row has the wrong type: %v", c, cell)
	}
	return row, nil
}

// Close closes the instance over there. One whose worker is gone is closed.
func (i *instance) Close() error {
	if i.closed || !i.worker.Alive() {
		i.closed = true
		return nil
	}
	i.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_, err := i.call(ctx, request{Type: typeClose}, nil)
	return err
}
