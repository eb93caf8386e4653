package sleep

import (
	"io"
	"slices"
	"testing"

	"runx/workloads"
)

// No sample is shorter than what was asked for, and the best one not longer by
// more than a coarse timer is.
func TestSleepsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	for _, ms := range []float64{0, 0.5, 5} {
		w := Workload()
		i, err := w.Open(t.Context(), workloads.Env{Params: workloads.Values{"duration_ms": ms}, Log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
		var got []float64
		for range 10 {
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
		if least := slices.Min(got); least < ms || least > ms+16 {
			t.Errorf("%v ms take %v ms or more", ms, least)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
}
