package claims

import (
	"cmp"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
)

const tableSpec = `
sweep: {mode: [slow, fast], size: [1, 2], load: [0.5]}
measure: {samples: 2}
claims:
  - {name: first, value: "1.0", expect: value > 0}
  - {name: second, for_each: [size, warm], value: "max(size)", expect: value > 0}
  - {name: third, for_each: [mode, load, size], value: "true", expect: value}
`

func nothing(workloads.Values) []sample { return nil }

// TestColumns holds that the columns are those of the spec, with the types of the
// parameters, and that each has a unit in its name, as results has it.
func TestColumns(t *testing.T) {
	t.Parallel()
	cols := Columns(reading(t, tableSpec, nothing).Spec)
	var names []string
	for _, c := range cols {
		names = append(names, c.Name)
		if !workloads.NamePattern.MatchString(c.Name) {
			t.Errorf("column %q has no proper name", c.Name)
		}
		if c.Doc == "" {
			t.Errorf("column %s is not described", c.Name)
		}
	}
	want := "spec run_id claim size warm mode load group verdict value value_lo value_hi value_type exact share_ratio " +
		"resamples_count points_count samples_count samples_needed_count expression expect reason warnings"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	types := []results.Type{results.Int64, results.Bool, results.String, results.Double}
	for i, c := range cols[3:7] {
		if c.Type != types[i] || c.Required {
			t.Errorf("%s is %s, want %s or NULL", c.Name, c.Type, types[i])
		}
	}
}

// TestTakenNames holds that a parameter does not take the place of a column.
func TestTakenNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"value": "param_value", "group": "param_group", "claim": "param_claim", "size": "size"} {
		if got := groupColumnName(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestRoundTrip holds Read to what Write was given.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	r := reading(t, tableSpec, nothing)
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Judgement { return drawJudgement(t, r.Spec) }), 0, 6).Draw(t, "judgements")
		if err := Write(r, want); err != nil {
			t.Fatal(err)
		}
		got, err := Read(r)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, sameJudgement) {
			t.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	})
}

func drawJudgement(t *rapid.T, s *spec.Spec) Judgement {
	number := rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN()))
	text := rapid.StringMatching(`[a-z"',\\é(){}=<> ]{0,20}`)
	count := rapid.IntRange(0, 1<<40)
	i := rapid.IntRange(0, len(s.Claims)-1).Draw(t, "claim")
	j := Judgement{
		Claim: s.Claims[i].Name, Index: i, Bool: rapid.Bool().Draw(t, "bool"), Exact: rapid.Bool().Draw(t, "exact"),
		Value: number.Draw(t, "value"), Lo: number.Draw(t, "lo"), Hi: number.Draw(t, "hi"), Share: number.Draw(t, "share"),
		Verdict:   rapid.SampledFrom([]Verdict{Supported, Refuted, Inconclusive}).Draw(t, "verdict"),
		Resamples: count.Draw(t, "resamples"), Points: count.Draw(t, "points"), Samples: count.Draw(t, "samples"),
		SamplesNeeded: rapid.IntRange(-1, 1000).Draw(t, "needed"),
		Expression:    text.Draw(t, "expression"), Expect: text.Draw(t, "expect"), Reason: text.Draw(t, "reason"),
	}
	for _, name := range s.Claims[i].ForEach {
		values := map[string][]any{
			"size": {int64(1), int64(-5)}, "warm": {true, false}, "mode": {"slow", "fast", ""}, "load": {0.5, 1e300},
		}[name]
		j.Group = append(j.Group, Setting{name, rapid.SampledFrom(values).Draw(t, name)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "warnings") {
		j.Warnings = append(j.Warnings, stats.Warning{What: "w" + text.Draw(t, "what"), Cure: text.Draw(t, "cure")})
	}
	return j
}

// sameJudgement is equality where NaN equals itself.
func sameJudgement(a, b Judgement) bool {
	for _, pair := range [][2]*float64{{&a.Value, &b.Value}, {&a.Lo, &b.Lo}, {&a.Hi, &b.Hi}, {&a.Share, &b.Share}} {
		if cmp.Compare(*pair[0], *pair[1]) != 0 {
			return false
		}
		*pair[0], *pair[1] = 0, 0
	}
	return reflect.DeepEqual(a, b)
}

// TestReadEvaluated holds that what was judged is read as it was.
func TestReadEvaluated(t *testing.T) {
	t.Parallel()
	r := reading(t, tableSpec, func(workloads.Values) []sample { return []sample{{latency: 1}, {rep: 1, latency: 2}} })
	want := evaluate(t, r, Options{Resamples: 20})
	must(t, Write(r, want))
	got, err := Read(r)
	must(t, err)
	if len(got) != 7 || !slices.EqualFunc(got, want, sameJudgement) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// TestDocumented holds that out/README.md tells of every column.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../out/README.md")
	must(t, err)
	_, about, _ := strings.Cut(string(text), "`claims.parquet`:")
	about, _, _ = strings.Cut(about, "\n\n")
	for _, c := range Columns(reading(t, "sweep: {size: [1]}\nmeasure: {samples: 1}\n", nothing).Spec) {
		if !regexp.MustCompile("`[^`]*\\b" + c.Name + "\\b[^`]*`").MatchString(about) {
			t.Errorf("out/README.md does not tell of column %s of claims.parquet", c.Name)
		}
	}
}
