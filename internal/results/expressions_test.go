package results

import (
	"math"
	"strings"
	"testing"
)

// What no number can be made of is NULL, and said once: what is made of it has
// no warning of its own, and neither has what was not measured.
func TestMetricsThatAreNoNumbersAreWarnedOf(t *testing.T) {
	t.Parallel()
	s := parseSpec(t, strings.Replace(probeSpec, "  bytes_per_s: ", `  inverse: 1 / (size - 2)
  twice_inverse: 2 * inverse
  root: sqrt(1.5 - size)
  modulo: size % (size - 1)
  bytes_per_s: `, 1))
	r := createRun(t, t.TempDir(), s)
	for _, p := range pointsOf(t, s) {
		must(t, r.Point(p))
		row := values(r, 1, 1, 1)
		if p.Params["size"] == 4 {
			for i := range row {
				row[i] = math.NaN() // nothing was measured: bytes_per_s lacks latency_ms
			}
		}
		must(t, r.Append(&Sample{Point: p.Index, Status: OK, Values: row}))
		must(t, r.Append(&Sample{Point: p.Index, Rep: 1, Status: Failed, Error: "no luck"}))
	}
	must(t, r.Finish(Complete))
	must(t, r.Close())
	d, err := Derive(t.Context(), r.Dir())
	must(t, err)
	want := []string{
		"metric inverse could not be computed for 2 of 6 samples and is NULL there: the result is +Inf",
		"metric root could not be computed for 4 of 6 samples and is NULL there: the result is NaN",
		"metric modulo could not be computed for 2 of 6 samples and is NULL there: ",
	}
	for i, w := range d.Warnings {
		if i >= len(want) || !strings.HasPrefix(w.Message, want[i]) {
			t.Errorf("warning %d: %s", i, w.Message)
		}
	}
	if len(d.Warnings) != len(want) {
		t.Errorf("%d warnings, want %d", len(d.Warnings), len(want))
	}
}
