package spec

import (
	"math"
	"slices"
	"testing"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	row := map[string]any{
		"algorithm": "naive", "seq_len": 512, "scale": 0.5, "causal": true, "label": "a b",
		"latency_ms_p50": 2.5, "memory_bytes_max": math.NaN(), "n_ok": 10,
	}
	for _, test := range []struct {
		where string
		keep  bool
	}{
		{`seq_len >= 512`, true},
		{`algorithm == "flash"`, false},
		{`algorithm == "naive" && causal && label == "a b"`, true},
		{`[seq_len > 100, scale < 0.1]`, false},
		{`[seq_len > 100, latency_ms_p50 < 3]`, true},
		{`n_ok * latency_ms_p50 == 25`, true},
		{`memory_bytes_max > 0`, false},
		{`memory_bytes_max <= 0 || seq_len > 0`, false}, // what was not measured decides nothing
	} {
		s := parse(t, head+"params: {seq_len: 512}\nclaims:\n  - {name: c, where: "+inYAML(test.where)+", value: max(seq_len), expect: value > 0}\n")
		keep, err := s.Claims[0].Filter().Keep(func(column string) any { return row[column] })
		if err != nil || keep != test.keep {
			t.Errorf("%s: %v, %v, want %v", test.where, keep, err, test.keep)
		}
	}
}

// inYAML quotes an expression, and leaves a list of conditions as it is.
func inYAML(where string) string {
	if where[0] == '[' {
		return where
	}
	return "'" + where + "'"
}

func TestFilterWithoutConditions(t *testing.T) {
	t.Parallel()
	keep, err := new(Filter).Keep(func(string) any { t.Error("it asks for a column"); return nil })
	if !keep || err != nil {
		t.Error(keep, err)
	}
}

func TestFilterFails(t *testing.T) {
	t.Parallel()
	s := parse(t, head+"params: {seq_len: 512}\nplots:\n  - {x: seq_len, y: latency_ms_p50, where: 512 % batch == 0 && label != algorithm}\n")
	f := s.Plots[0].Filter()
	if got, want := f.Columns(), []string{"algorithm", "batch", "label"}; !slices.Equal(got, want) {
		t.Errorf("the columns are %v, want %v", got, want)
	}
	row := map[string]any{"batch": 0, "label": "", "algorithm": "naive"}
	if keep, err := f.Keep(func(column string) any { return row[column] }); err == nil {
		t.Errorf("a division by zero is %v", keep)
	}
	row["batch"] = 2
	if keep, err := f.Keep(func(column string) any { return row[column] }); !keep || err != nil {
		t.Errorf("after an error: %v, %v", keep, err)
	}
}
