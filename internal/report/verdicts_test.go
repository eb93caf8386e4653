package report

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"runx/internal/claims"
	"runx/internal/stats"
	"runx/spec"
)

// someJudgements has claims of every sort: alone and in groups, a number, a
// bool, exact, without a value, and each verdict.
func someJudgements() []claims.Judgement {
	group := func(n int64) []claims.Setting {
		return []claims.Setting{{Param: "seq_len", Value: n}, {Param: "mode", Value: "a b"}}
	}
	none := math.NaN()
	return []claims.Judgement{
		{Claim: "it is quadratic", Index: 0, Value: 1.9724, Lo: 1.951, Hi: 1.9951, Verdict: claims.Supported, Expect: "value > 1.7 && value < 2.3"},
		{Claim: "it is linear", Index: 1, Value: 1.3212, Lo: 1.28, Hi: 1.36, Verdict: claims.Refuted, Expect: "value < 1.2"},
		{Claim: "it is small", Index: 2, Value: 0.21, Lo: 0.15, Hi: 0.26, Verdict: claims.Inconclusive, SamplesNeeded: 1240, Expect: "value < 0.25"},
		{Claim: "bytes are counted", Index: 3, Value: 1, Lo: none, Hi: none, Bool: true, Exact: true, Verdict: claims.Supported, Expect: "value"},
		{Claim: "nothing is known", Index: 4, Value: none, Lo: none, Hi: none, Verdict: claims.Inconclusive, Reason: "no row is left by where", SamplesNeeded: -1, Expect: "value > 1"},
		{Claim: "each grows", Index: 5, Group: group(128), Value: 2, Lo: 2, Hi: 2, Exact: true, Verdict: claims.Supported, Expect: "value > 1"},
		{Claim: "each grows", Index: 5, Group: group(256), Value: 1.1, Lo: 0.9, Hi: 1.3, Verdict: claims.Inconclusive, SamplesNeeded: -1, Expect: "value > 1"},
		{Claim: "each grows", Index: 5, Group: group(512), Value: 0.5, Lo: 0.4, Hi: 0.6, Verdict: claims.Refuted, Expect: "value > 1"},
		{Claim: "all agree", Index: 6, Group: group(128), Value: 3.5, Lo: 3, Hi: 4, Verdict: claims.Supported, Expect: "value > 1"},
		{Claim: "all agree", Index: 6, Group: group(256), Value: 4.25, Lo: 4, Hi: 5, Verdict: claims.Supported, Expect: "value > 1"},
	}
}

func TestVerdictsInWords(t *testing.T) {
	t.Parallel()
	const want = `claims  3 supported, 2 refuted, 2 inconclusive
✓ it is quadratic  1.972 [1.951, 1.995]  expected value > 1.7 && value < 2.3
✗ it is linear  1.321 [1.280, 1.360]  expected value < 1.2
? it is small  0.2100 [0.1500, 0.2600]  expected value < 0.25
    about 1,240 more samples would decide
✓ bytes are counted  true
? nothing is known  no value  expected value > 1  no row is left by where
✗ each grows  1 of 3 groups, 0.5000 to 2  expected value > 1
  ✗ seq_len=512 mode=a b  0.5000 [0.4000, 0.6000]
  ? seq_len=256 mode=a b  1.100 [0.900, 1.300]
      too close to call: no number of samples can be named
✓ all agree  2 of 2 groups, 3.500 to 4.250  expected value > 1
`
	var b strings.Builder
	if err := NewVerdicts(nil, someJudgements()).Write(&b, 80, Style{}); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// What a claim is about, and that it is doubtful, stands beside its verdict.
func TestVerdictOfSomeRows(t *testing.T) {
	t.Parallel()
	js := someJudgements()[:1]
	js[0].Warnings = []stats.Warning{{What: "few"}}
	var b strings.Builder
	v := NewVerdicts([]spec.Claim{{Where: []string{"size > 4", "mode == \"a\x1b\""}}}, js)
	if err := v.Write(&b, 0, Style{}); err != nil || !strings.Contains(b.String(), `  where size > 4 and mode == "a�"  in doubt: see the warnings`) {
		t.Errorf("got %q, error %v", b.String(), err)
	}
}

// The marks have colours, and stand-ins where the terminal shows ASCII alone.
func TestMarks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		style Style
		want  [3]string
	}{
		{Style{}, [3]string{"✓", "✗", "?"}},
		{Style{ASCII: true}, [3]string{"+", "-", "?"}},
		{Style{Color: true}, [3]string{"\x1b[32m✓\x1b[0m", "\x1b[31m✗\x1b[0m", "\x1b[33m?\x1b[0m"}},
	} {
		for i, v := range []claims.Verdict{claims.Supported, claims.Refuted, claims.Inconclusive} {
			if got := mark(v, tt.style); got != tt.want[i] {
				t.Errorf("%s in %+v: %q, want %q", v, tt.style, got, tt.want[i])
			}
		}
	}
}

// A run that was cut off and a smoke test say so beside their verdicts; one
// without claims is silent.
func TestPreliminaryVerdicts(t *testing.T) {
	t.Parallel()
	quick := NewVerdicts(nil, someJudgements()[:1])
	quick.Quick = true
	if got := quick.heading(); got != "claims  1 supported; of a smoke test, which measures too little to decide" {
		t.Errorf("a smoke test: %q", got)
	}
	v := NewVerdicts(nil, someJudgements()[:1])
	v.Preliminary = true
	var b strings.Builder
	if err := v.Write(&b, 80, Style{}); err != nil || !strings.HasPrefix(b.String(), "claims  1 supported; preliminary, as the run is not complete\n") {
		t.Errorf("got %q, error %v", b.String(), err)
	}
	b.Reset()
	if err := NewVerdicts(nil, nil).Write(&b, 80, Style{}); err != nil || b.Len() > 0 {
		t.Errorf("without claims: %q, error %v", b.String(), err)
	}
}

// Of many groups the first few that are not supported are named.
func TestManyGroups(t *testing.T) {
	t.Parallel()
	var js []claims.Judgement
	for i := range int64(9) {
		js = append(js, claims.Judgement{Claim: "c", Value: 1, Lo: 1, Hi: 1, Verdict: claims.Refuted, Group: []claims.Setting{{Param: "i", Value: i}}})
	}
	var b strings.Builder
	if err := NewVerdicts(nil, js).Write(&b, 80, Style{}); err != nil || strings.Count(b.String(), "\n") != 7 ||
		!strings.HasSuffix(b.String(), "  ✗ i=3  1\n    ... and 5 more groups that are not supported\n") {
		t.Errorf("got\n%s\nerror %v", b.String(), err)
	}
}

// What a spec says is shown and not obeyed, and no line is wider than the
// terminal unless a single word is.
func TestVerdictsFit(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`([a-zé]{1,9} ){0,12}[a-z\x1b]{1,9}`)
	rapid.Check(t, func(t *rapid.T) {
		var js []claims.Judgement
		for i := range rapid.IntRange(1, 4).Draw(t, "claims") {
			j := claims.Judgement{Claim: text.Draw(t, "claim"), Index: i, Expect: text.Draw(t, "expect"), Reason: text.Draw(t, "reason"),
				Value: rapid.Float64Range(0, 1e6).Draw(t, "value"), Verdict: rapid.SampledFrom([]claims.Verdict{claims.Supported, claims.Refuted, claims.Inconclusive}).Draw(t, "verdict")}
			for k := range rapid.IntRange(0, 3).Draw(t, "groups") {
				j.Group = []claims.Setting{{Param: "p", Value: int64(k)}, {Param: "q", Value: text.Draw(t, "setting")}}
				js = append(js, j)
			}
			if j.Group == nil {
				js = append(js, j)
			}
		}
		width := rapid.IntRange(50, 120).Draw(t, "width")
		var b strings.Builder
		if err := NewVerdicts(nil, js).Write(&b, width, Style{}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if cells(line) > width || strings.Contains(line, "\x1b") || strings.HasSuffix(line, " ") {
				t.Fatalf("in %d cells: %q", width, line)
			}
		}
		if strings.Count(b.String(), "claims  ") != 1 {
			t.Fatalf("no heading:\n%s", b.String())
		}
	})
}
