package noop

import (
	"io"
	"slices"
	"testing"

	"runx/workloads"
)

// Two readings of the clock are less than a microsecond apart.
func TestNothingTakesAlmostNoTime(t *testing.T) {
	t.Parallel()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	r := workloads.NewRecorder(w, nil, &workloads.Monitor{})
	var got []float64
	for range 1000 {
		r.Reset()
		if err := i.Sample(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		rows, err := r.Rows()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rows[0].Values[0]*1e6)
	}
	if least := slices.Min(got); least < 0 || least > 1000 {
		t.Errorf("nothing takes %v ns or more", least)
	}
}
