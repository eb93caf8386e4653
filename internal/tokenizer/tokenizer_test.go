package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const prose = "It's the tokens that count: the shorter the text's list of tokens, the fewer steps the model takes.\n" +
	"Their number isn't the number of words, nor that of letters; 2048 tokens are 1500 words,  more or less.\n\n" +
	"Où est l'été? We'll count the tokens of the tokenizer, and they'd count for the tokens they're in.\n"

func train(t testing.TB, text string, vocabSize int) *Tokenizer {
	t.Helper()
	k, err := Train(text, vocabSize)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The example of Sennrich et al., merged by hand.
func TestTrainByHand(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("low\n", 5) + strings.Repeat("lower\n", 2) + strings.Repeat("newest\n", 6) + strings.Repeat("widest\n", 3)
	want := []string{"es", "est", "lo", "low", "ew", "new", "newest", "dest", "idest", "widest", "er", "lower"}
	k := train(t, text, 1000)
	var got []string
	for id := byteTokens; id < k.VocabSize(); id++ {
		got = append(got, k.Piece(int32(id)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("merges %q, want %q", got, want)
	}
	few := train(t, text, 260)
	if few.VocabSize() != 260 {
		t.Errorf("%d tokens, want 260", few.VocabSize())
	}
	// lowest: low, est; unseen letters stay bytes.
	if got, want := few.NewEncoder().Append(nil, "lowest\nz"), []int32{259, 257, '\n', 'z'}; !slices.Equal(got, want) {
		t.Errorf("lowest is %v, want %v", got, want)
	}
}

// A pair that overlaps itself is merged from the left.
func TestRepeatedLetters(t *testing.T) {
	t.Parallel()
	k := train(t, "aaaa\naaaa\n", 257)
	if got, want := k.NewEncoder().Append(nil, "aaaaa"), []int32{256, 256, 'a'}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"the cat":           {"the", " cat"},
		"it's they'll 'cos": {"it", "'s", " they", "'ll", " '", "cos"},
		"a  b":              {"a", " ", " b"},
		"a \n b":            {"a", " \n", " b"},
		"a\n\nb":            {"a", "\n", "\n", "b"},
		"end  ":             {"end", "  "},
		"x1024 (y)":         {"x", "1024", " (", "y", ")"},
		"été 日本\xff\xfe!":   {"été", " 日本", "\xff\xfe!"},
		" ":                 {" "},
	} {
		var got []string
		for rest := text; rest != ""; {
			n := wordLen(rest)
			got, rest = append(got, rest[:n]), rest[n:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: words %q, want %q", text, got, want)
		}
	}
}

// naive replays the training: each pair in the order in which it was learned,
// everywhere.
func naive(k *Tokenizer, text string) []int32 {
	learned := make([]pair, k.VocabSize()-byteTokens)
	for p, id := range k.merges {
		learned[id-byteTokens] = p
	}
	var all []int32
	for text != "" {
		n := wordLen(text)
		var ids []int32
		for _, b := range []byte(text[:n]) {
			ids = append(ids, int32(b))
		}
		for i, p := range learned {
			ids = mergePair(ids, p, int32(byteTokens+i))
		}
		all, text = append(all, ids...), text[n:]
	}
	return all
}

// naiveTrain counts all pairs anew for each token.
func naiveTrain(text string, vocabSize int) *Tokenizer {
	k := newTokenizer()
	for k.VocabSize() < vocabSize {
		counts := map[pair]int{}
		for rest := text; rest != ""; {
			n := wordLen(rest)
			ids := naive(k, rest[:n])
			for i := range len(ids) - 1 {
				counts[pair{ids[i], ids[i+1]}]++
			}
			rest = rest[n:]
		}
		best, most := pair{}, 1
		for p, n := range counts {
			if n > most || n == most && n > 1 && (p.left < best.left || p.left == best.left && p.right < best.right) {
				best, most = p, n
			}
		}
		if most < 2 {
			break
		}
		k.add(best)
	}
	return k
}

func TestAgainstNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aab bcé\n'1")), 1, 120, -1)
		lesson, size := text.Draw(t, "lesson"), rapid.IntRange(256, 280).Draw(t, "tokens")
		k, err := Train(lesson, size)
		if err != nil {
			t.Fatal(err)
		}
		if want := naiveTrain(lesson, size); !slices.Equal(k.pieces, want.pieces) {
			t.Fatalf("%q: learned %q, want %q", lesson, k.pieces[byteTokens:], want.pieces[byteTokens:])
		}
		s := text.Draw(t, "text")
		if got, want := k.NewEncoder().Append(nil, s), naive(k, s); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", s, got, want)
		}
	})
}

func TestVocabularyOfBytes(t *testing.T) {
	t.Parallel()
	k := train(t, prose, 256)
	if got, want := k.NewEncoder().Append(nil, "é "), []int32{0xc3, 0xa9, ' '}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, n := range []int{255, 0, -1} {
		if _, err := Train(prose, n); err == nil || !strings.Contains(err.Error(), "not from 256") {
			t.Errorf("%d tokens: error %v", n, err)
		}
	}
}

func TestUnknownIDs(t *testing.T) {
	t.Parallel()
	k := train(t, prose, 300)
	if got := string(k.AppendText([]byte("> "), 'a', 300, -1, 'b')); got != "> a\uFFFD\uFFFDb" {
		t.Errorf("%q", got)
	}
}

func TestEncodeAllocatesNothing(t *testing.T) {
	k := train(t, prose, 400)
	e := k.NewEncoder()
	ids := e.Append(nil, prose)
	text := k.AppendText(nil, ids...)
	if string(text) != prose {
		t.Fatalf("%q", text)
	}
	if n := testing.AllocsPerRun(20, func() { ids, text = e.Append(ids[:0], prose), k.AppendText(text[:0], ids...) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A long word must not take quadratic time: this would be minutes.
func TestLongWord(t *testing.T) {
	t.Parallel()
	k := train(t, prose, 400)
	word := strings.Repeat("tokenthe", 1<<15)
	if got := k.AppendText(nil, k.NewEncoder().Append(nil, word)...); string(got) != word {
		t.Error("the word did not come back")
	}
}

func FuzzRoundTrip(f *testing.F) {
	k := train(f, prose, 400)
	for _, s := range []string{"", "the tokens", "\x00\xff\xc3", "  \n\t ", "日本語's 12", prose} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ids := k.NewEncoder().Append(nil, s)
		if got := string(k.AppendText(nil, ids...)); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
		if want := naive(k, s); len(s) < 1<<10 && !slices.Equal(ids, want) {
			t.Errorf("%q: %v, want %v", s, ids, want)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	k := train(b, prose, 400)
	e := k.NewEncoder()
	var ids []int32
	b.SetBytes(int64(len(prose)))
	for b.Loop() {
		ids = e.Append(ids[:0], prose)
	}
}
