package spin

import (
	"io"
	"slices"
	"testing"

	"runx/workloads"
)

// No sample is shorter than what was asked for, and the best of many short ones
// is hardly longer: 1 µs is far more than the clock takes, and far less than
// any interference.
func TestSpinsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		us, most float64
		samples  int
	}{
		{0, 1, 1000}, {10, 11, 1000}, {100, 102, 100},
		{21_000, 10e6, 2}, // is preempted on a busy machine
	} {
		if least := slices.Min(latencies(t, c.us, c.samples)); least < c.us || least > c.most {
			t.Errorf("%v µs take %v µs or more, want at most %v", c.us, least, c.most)
		}
	}
}

// latencies are in µs.
func latencies(t *testing.T, us float64, samples int) []float64 {
	t.Helper()
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: workloads.Values{"duration_us": us}, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
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
		got = append(got, rows[0].Values[0]*1e3)
	}
	return got
}
