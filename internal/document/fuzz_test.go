package document

import (
	"strings"
	"testing"
)

// FuzzParse: no text makes the package panic; every problem is at a place in
// the text; what is taken can be decoded, written and read again.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		everything,
		"a: &x {b: [1, *x]}\n<<: *x\n",
		"a: &x [1, 2]\nb: {<<: {c: *x}, d: 'it''s'}\n",
		"# one\na: |2-\n\n   x\n# two\nb: >+\n  y\n\n",
		"a: \"\\u00e9\\\n  \\x41\"\n? b\n: c\n---\n",
		"\ufeffa:\r\n  - 017\r\n  - ~\r\n\t- x\r",
		"a: ! b\nc: !!str d\n1: e\na: 2026-01-01\n",
		"%YAML 1.1\n---\n{a: [1,\n#\n2], b: }\n...\n",
		"- - - a\n  - {b, c}\n",
		"a: [\n", "a: 'b\n", "a: *b\n", "a: @b\n", "\x00", "\xff", "", "?", "&0:0", "a: &b\n  # c\n  d\n",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 4<<10 {
			t.Skip()
		}
		tree, s, problems := decodeSample(src)
		text := strings.TrimPrefix(src, "\ufeff")
		for _, p := range problems {
			if !inside(text, p.Position) {
				t.Fatalf("%v is not in the text", p)
			}
		}
		if len(problems) > 0 && problems.Error() == "" {
			t.Fatal("problems without words")
		}
		if tree == nil {
			return
		}
		checkTexts(t, text, tree.Root())
		_ = s.Raw.Path()
		if _, parseProblems := Parse("f", []byte(src)); len(parseProblems) > 0 {
			return
		}
		back := parsed(t, "f", encoded(t, tree))
		if !same(back.root(), tree.root()) {
			t.Fatalf("%q came back as %q", src, encoded(t, back))
		}
	})
}

// checkTexts looks up each place in each scalar.
func checkTexts(t *testing.T, src string, n Node) {
	text := n.Text()
	for offset := range text.Value {
		if at := text.At(offset); !inside(src, at) {
			t.Fatalf("offset %d of %q is at %s, which is not in the text", offset, text.Value, at)
		}
	}
	for _, item := range n.Items() {
		checkTexts(t, src, item)
	}
	for key, value := range n.Entries() {
		key.At(len(key.Value))
		checkTexts(t, src, value)
	}
}
