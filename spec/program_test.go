package spec

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/workloads"
)

// claimOf makes a claim over samples.
func claimOf(t *testing.T, value, expect string) *Claim {
	t.Helper()
	src := "version: 1\nname: demo\nworkload: probe\nclaims:\n  - name: c\n    over: samples\n    value: '" + value + "'\n    expect: '" + expect + "'\n"
	w := workloads.Workload{Name: "probe", Doc: "Probe is not there.", Open: func(context.Context, workloads.Env) (workloads.Instance, error) { return nil, nil }}
	s, err := Parse(t.Context(), "demo.yaml", []byte(src), Options{Workloads: []workloads.Workload{w}})
	if err != nil {
		t.Fatal(err)
	}
	return &s.Claims[0]
}

func spearmanIsOne(string, []any) (any, error) { return 1.0, nil }

// TestProgramBounds holds that a claim may go over all its rows some times, and
// that one that goes over them for each of them ends.
func TestProgramBounds(t *testing.T) {
	t.Parallel()
	const rows = 100_000
	x := make(Column, rows)
	for i := range x {
		x[i] = float64(i)
	}
	columns := map[string]any{"latency_ms": x, "rep": x}
	for _, tt := range []struct {
		value string
		ends  bool // before it has a value
	}{
		{"count(latency_ms, # > 10) + count(rep, # > 20) + 0.0", false},
		{"sum(latency_ms - mean(latency_ms)) + max(abs(latency_ms))", false},
		{"len(map(filter(latency_ms, # > 3), # * 2)) + 0.0", false},
		{"count(latency_ms, len(latency_ms) > # && abs(#) > 0) + 0.0", false},
		{"count(latency_ms, any(rep, # < 0)) + 0.0", true},
		{"count(latency_ms, max(rep) < #) + 0.0", true},
		{"count(latency_ms, sum(rep) < #) + 0.0", true},
		{"count(latency_ms, spearman(latency_ms, rep) > #) + 0.0", true},
		{"count(latency_ms, len(latency_ms + rep) > 0) + 0.0", true},
		{"count(latency_ms, len(abs(latency_ms)) > 0) + 0.0", true},
		{"count(latency_ms, len(sort(rep)) > 0) + 0.0", true},
	} {
		p, err := claimOf(t, tt.value, "value > 0").Program(spearmanIsOne)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Value(columns, rows)
		if ended := err != nil && strings.Contains(err.Error(), "steps"); ended != tt.ends {
			t.Errorf("%s: %v", tt.value, err)
		}
	}
}

// TestProgram holds the parts of a program to what they are for.
func TestProgram(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value, expect string
		want          any
		meets         bool
		stepwise      bool
	}{
		{"max(latency_ms)", "value > 2", 3.0, true, false},
		{"len(latency_ms)", "value == 4", 3, false, true},
		{"all(latency_ms, # > 0)", "value", true, true, true},
		{"knee(latency_ms, rep) / 2.0", "value < 0.4", 0.5, false, true},
		{"slope(latency_ms, rep)", "value == 1", 1.0, true, false},
	} {
		p, err := claimOf(t, tt.value, tt.expect).Program(spearmanIsOne)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Value(map[string]any{"latency_ms": Column{1, 2, 3}, "rep": Column{0, 1, 2}}, 3)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %v, %v, want %v", tt.value, got, err, tt.want)
		}
		if meets, err := p.Meets(got); err != nil || meets != tt.meets {
			t.Errorf("%s, %s: got %v, %v", tt.value, tt.expect, meets, err)
		}
		if p.Stepwise() != tt.stepwise {
			t.Errorf("%s: stepwise is %v", tt.value, p.Stepwise())
		}
		if !slices.Contains(p.Columns(), "latency_ms") {
			t.Errorf("%s: columns are %v", tt.value, p.Columns())
		}
	}
}

// TestPicks holds that the columns that pick may ask for are known beforehand.
func TestPicks(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`pick("latency_ms_p50") / pick("latency_ms_mean")`: "latency_ms_p50 latency_ms_mean",
		`pick("latency_ms" + "_p50")`:                      "?",
		`max(latency_ms_p50)`:                              "",
	} {
		c := claimOf(t, "max(latency_ms)", "value > 0")
		c.Value = value
		c.columns = nil
		for _, name := range []string{"latency_ms_p50", "latency_ms_mean"} {
			c.columns = append(c.columns, tableColumn{name: name, kind: workloads.Float})
		}
		p, err := c.Program(spearmanIsOne)
		if err != nil {
			t.Fatal(err)
		}
		names, known := p.Picks()
		if !known {
			names = append(names, "?")
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
}

// TestColumnQuantile holds the selection to sorting.
func TestColumnQuantile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Column(rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 60).Draw(t, "c"))
		for i := range c {
			if rapid.Bool().Draw(t, "tie") {
				c[i] = float64(int(c[i]))
			}
		}
		before := slices.Clone(c)
		sorted := slices.Sorted(slices.Values(c))
		i := rapid.IntRange(0, len(c)-1).Draw(t, "i")
		q := float64(i) / float64(max(1, len(c)-1))
		got := c.Quantile(q)
		near := sorted[max(0, i-1):min(len(c), i+2)]
		if got < near[0] || got > near[len(near)-1] || i == 0 && got != sorted[0] || i == len(c)-1 && len(c) > 1 && got != sorted[i] {
			t.Fatalf("the %v-quantile of %v is %v", q, sorted, got)
		}
		if median := c.median(); median < sorted[(len(c)-1)/2] || median > sorted[len(c)/2] {
			t.Fatalf("the median of %v is %v", sorted, median)
		}
		if !slices.Equal(c, before) {
			t.Fatal("the column was changed")
		}
	})
}

func BenchmarkColumnQuantile(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	c := make(Column, 100_000)
	for i := range c {
		c[i] = rng.Float64()
	}
	for b.Loop() {
		c.Quantile(0.9)
	}
}

// A parameter may have the name of a function, as that of a workload with known
// answers does: before a parenthesis the function is meant, elsewhere the column.
func TestNamesOfFunctions(t *testing.T) {
	t.Parallel()
	w := workloads.Workload{
		Name: "probe", Doc: "Probe is not there.",
		Params: []workloads.Param{{Name: "exponent", Kind: workloads.Float, Default: 2.0, Doc: "a name"}},
		Open:   func(context.Context, workloads.Env) (workloads.Instance, error) { return nil, nil },
	}
	src := `version: 1
name: demo
workload: probe
claims:
  - {name: function, value: "exponent(n_ok, latency_ms_p50)", expect: value > 1}
  - {name: column, value: max(exponent), expect: value > 1}
`
	s, err := Parse(t.Context(), "demo.yaml", []byte(src), Options{Workloads: []workloads.Workload{w}})
	if err != nil {
		t.Fatal(err)
	}
	call := func(name string, args []any) (any, error) { return float64(len(args)), nil }
	for i, columns := range []map[string]any{
		{"n_ok": Column{1, 2}, "latency_ms_p50": Column{1, 4}},
		{"exponent": Column{1, 2}},
	} {
		p, err := s.Claims[i].Program(call)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := p.Value(columns, 2); err != nil || v != 2.0 {
			t.Errorf("%s: %v, %v, want 2", s.Claims[i].Name, v, err)
		}
	}
}
