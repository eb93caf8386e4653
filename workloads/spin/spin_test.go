package spin

import (
	"io"
	"slices"
	"testing"

	"runx/workloads"
)

// No sample is shorter than what was asked for, and the best ones are hardly
// longer: 1 µs is far more than the clock takes, and far less than any
// interference.
func TestSpinsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	for _, us := range []float64{0, 10, 300, 21_000} {
		w := Workload()
		i, err := w.Open(t.Context(), workloads.Env{Params: workloads.Values{"duration_us": us}, Log: io.Discard})
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
			got = append(got, rows[0].Values[0]*1e3)
		}
		if least := slices.Min(got); least < us || least > us+1 {
			t.Errorf("%v µs take %v µs or more", us, least)
		}
	}
}
