package document

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	keys := []string{"warmup", "samples", "until", "budget", "order", "isolate", "seed", "seq_len", "isl", "osl", "x", "y"}
	for name, want := range map[string]string{
		"sample":                 "samples", // missing
		"sammples":               "samples", // superfluous
		"budgit":                 "budget",  // wrong
		"sede":                   "seed",    // swapped
		"Seq-Len":                "seq_len", // case and hyphen
		"seqlen":                 "seq_len",
		"SAMPLES":                "samples",
		"ils":                    "isl",
		"z":                      "", // every letter is as near
		"X":                      "x",
		"":                       "",
		"throughput":             "",
		"samples":                "samples",
		strings.Repeat("a", 1e6): "",
	} {
		if got := Nearest(name, keys); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", name, got, want)
		}
	}
}

func TestSuggestion(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"sede": "did you mean seed?",
		"zzz":  "known: seed, order",
	} {
		if got := Suggestion(name, []string{"seed", "order"}); got != want {
			t.Errorf("Suggestion(%q) = %q, want %q", name, got, want)
		}
	}
	if got := Suggestion("a", nil); got != "" {
		t.Errorf("a suggestion of nothing: %q", got)
	}
	if got := Suggestion("zzz", make([]string, 21)); got != "" {
		t.Errorf("a list that is too long: %q", got)
	}
}

// TestDistanceProperties: it is a metric as far as the restricted form is one.
func TestDistanceProperties(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[abc]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := []rune(word.Draw(t, "a")), []rune(word.Draw(t, "b"))
		d := distance(a, b)
		if d != distance(b, a) {
			t.Fatal("not symmetric")
		}
		if (d == 0) != (string(a) == string(b)) {
			t.Fatal("not zero for equals only")
		}
		if d < max(len(a)-len(b), len(b)-len(a)) || d > max(len(a), len(b)) {
			t.Fatalf("%d is out of bounds", d)
		}
		if i := rapid.IntRange(0, max(0, len(a)-2)).Draw(t, "i"); len(a) >= 2 && a[i] != a[i+1] {
			swapped := append([]rune{}, a...)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			if got := distance(a, swapped); got != 1 {
				t.Fatalf("a swap counts %d", got)
			}
		}
	})
}
