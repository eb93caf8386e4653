package runner

import (
	"fmt"
	"slices"
	"testing"

	"runx/internal/results"
)

func TestReasonsAreCountedTheMostFrequentFirst(t *testing.T) {
	t.Parallel()
	var r reasons
	for i := range 3 {
		r.note(&results.Sample{Status: results.Timeout, Error: fmt.Sprintf("it took %d ms", 200+i)})
	}
	for range 5 {
		r.note(&results.Sample{Status: results.Failed, Error: "no luck"})
	}
	r.note(&results.Sample{Status: results.Skipped, Error: "no such device"})
	want := []Reason{
		{results.Failed, "no luck", 5},
		{results.Timeout, "it took 200 ms", 3},
		{results.Skipped, "no such device", 1},
	}
	if got := r.sorted(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for i := range 10 * maxReasons {
		r.note(&results.Sample{Status: results.Failed, Error: fmt.Sprint(i)})
	}
	if len(r.all) != maxReasons || len(r.place) != maxReasons {
		t.Errorf("%d reasons are kept of very many, want %d", len(r.all), maxReasons)
	}
}

func TestOutcomeSaysWhySamplesFailed(t *testing.T) {
	t.Parallel()
	l, j := &laboratory{}, &memory{}
	s := parse(t, l, "sweep: {x: [1, 2, 3]}", `params: {how: {expr: 'x == 1 ? "fails" : x == 2 ? "unsupported" : "well"'}}`, "measure: {samples: 2, retries: 1}")
	out := measure(t, s, j, Options{})
	want := []Reason{{results.Failed, "sample: no result", 2}, {results.Skipped, "open: no such device: not supported here", 1}}
	if !slices.Equal(out.Reasons, want) {
		t.Errorf("reasons %v, want %v", out.Reasons, want)
	}
	// What the journal tells is known after a resume, too.
	if again := measure(t, s, j, Options{}); !slices.Equal(again.Reasons, want) {
		t.Errorf("after a resume: reasons %v, want %v", again.Reasons, want)
	}
}
