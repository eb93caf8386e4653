package noop

import (
	"io"
	"testing"
	"testing/synctest"

	"runx/workloads"
)

// By a clock that only waiting moves, nothing takes no time at all. What the
// real clock sees of it is a figure for benchmarks: runner's
// BenchmarkNoopSequential.
func TestNothingTakesNoTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := Workload()
		i, err := w.Open(t.Context(), workloads.Env{Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
		for range 10 {
			r.Reset()
			if err := i.Sample(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			rows, err := r.Rows()
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			if latency, ops := rows[0].Values[0], rows[0].Values[1]; latency != 0 || ops != 1 {
				t.Errorf("%v operations of %v ms", ops, latency)
			}
		}
	})
}
