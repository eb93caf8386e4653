package sleep

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"runx/workloads"
)

// sample opens an instance and takes samples in ms.
func sample(t *testing.T, ms float64, samples int) []float64 {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloads.Values{"duration_ms": ms}, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
	var got []float64
	for range samples {
		r.Reset()
		if err := i.Sample(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		rows, err := r.Rows()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rows[0].Values[0])
	}
	return got
}

// By a clock that does nothing but let sleepers sleep, every sample takes what
// was asked for to the nanosecond.
func TestSleepsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	for _, ms := range []float64{0, 0.5, 5, 3_600_000} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			for _, got := range sample(t, ms, 3) {
				if got != ms {
					t.Errorf("%v ms take %v ms", ms, got)
				}
			}
			if took, want := time.Since(began), time.Duration(3*ms*float64(time.Millisecond)); took != want {
				t.Errorf("three samples take %v, want %v", took, want)
			}
		})
	}
}

// By the clock of this machine no sample is shorter than what was asked for.
func TestNeverSleepsLess(t *testing.T) {
	t.Parallel()
	for _, ms := range []float64{0.5, 5} {
		for _, got := range sample(t, ms, 5) {
			if got < ms {
				t.Errorf("%v ms take %v ms", ms, got)
			}
		}
	}
}
