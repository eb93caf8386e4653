package runner

import (
	"errors"
	"testing"

	"runx/internal/results"
)

// A repetition that is thrown away is not a sample, so its failure is not a
// failed one: what is recorded fails as often as what was asked to be measured.
func TestFailureOfADiscardedRepetition(t *testing.T) {
	t.Parallel()
	const samples = 40
	for name, measured := range map[string]string{
		"warm-up":  "warmup: 3, order: sequential",
		"resettle": "warmup: 0, order: interleaved",
	} {
		l, j := &laboratory{}, &memory{}
		// Of each instance every odd repetition fails, the warm-up counted.
		l.fail = func(_, sample int) error {
			if sample%2 == 1 {
				return errors.New("an odd one")
			}
			return nil
		}
		s := parse(t, l, "sweep: {x: [1, 2, 3]}", "measure: {samples: 40, on_error: continue, "+measured+"}")
		measure(t, s, j, Options{})
		if n := len(j.rows); n != 3*samples {
			t.Errorf("%s: %d rows, want one for each of %d samples", name, n, 3*samples)
		}
		for _, r := range j.rows {
			if r.Status != results.OK && r.Error != "sample: an odd one" {
				t.Errorf("%s: a row of status %s says %q", name, r.Status, r.Error)
			}
		}
	}
}
