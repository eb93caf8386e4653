package runner

import (
	"testing"
	"testing/synctest"

	"runx/internal/results"
)

// What ends the opening of a point is told with its value and its cure; an
// opening in this process that cannot be ended, when it is over.
func TestOpeningHasALimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &memory{}
		out := measure(t, parse(t, &laboratory{}, "params: {how: open_hangs}", "measure: {samples: 3, budget: 100ms}"), j, Options{})
		want := "open: given up after 300ms, all that a measure.budget of 100ms leaves a point for this; raise measure.budget"
		if len(j.rows) != 1 || j.rows[0].Error != want || j.rows[0].Status != results.Timeout || out.Failed != 1 {
			t.Errorf("%+v, want the error %q", j.rows, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		out := measure(t, parse(t, &laboratory{}, "params: {how: open_late}", "measure: {samples: 1, budget: 100ms}"), &memory{}, Options{})
		if !hasWarning(out, "1 point took longer to open than measure.budget allows, which cannot be ended in this process (400ms)") {
			t.Errorf("warnings %v", out.Warnings)
		}
	})
}
