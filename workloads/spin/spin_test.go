package spin

import (
	"io"
	"slices"
	"testing"
	"time"

	"runx/workloads"
)

// No sample is shorter than what was asked for. The best of many short ones is no
// longer than twice the best of the same loop without the recorder, taken in
// turns: both meet the same machine, and what interrupts a loop now and then
// does not meet every one of them.
func TestSpinsAsLongAsAsked(t *testing.T) {
	t.Parallel()
	for _, us := range []float64{0, 21_000} {
		if least := slices.Min(latencies(t, us, 2)); least < us {
			t.Errorf("%v µs take %v µs", us, least)
		}
	}
	for _, us := range []float64{10, 100} {
		var ours, bare []float64
		for range 20 {
			ours = append(ours, latencies(t, us, 20)...)
			for range 20 {
				bare = append(bare, bareLoop(us))
			}
		}
		if least := slices.Min(ours); least < us || least > 2*slices.Min(bare) {
			t.Errorf("%v µs take %v µs or more, a bare loop %v µs", us, least, slices.Min(bare))
		}
	}
}

// bareLoop is how long it takes, in µs, to look at the clock until so much has
// passed.
func bareLoop(us float64) float64 {
	began := time.Now()
	for {
		if passed := float64(time.Since(began)) / 1e3; passed >= us {
			return passed
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
