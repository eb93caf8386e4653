package document

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

func TestTextAt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, at, want string }{
		"plain":           {"a: batch * seq\n", "seq", "f:1:12"},
		"plain, folded":   {"a: batch\n    * seq\n", "seq", "f:2:7"},
		"behind wide":     {"é: 'ü * seq'\n", "seq", "f:1:9"},
		"single quotes":   {"a: 'x == ''y'' && z'\n", "z", "f:1:19"},
		"the quote":       {"a: 'x == ''y'' && z'\n", "'y", "f:1:10"},
		"double quotes":   {`a: "x == \"y\" && z"`, "z", "f:1:19"},
		"escapes":         {`a: "\u00e9\x41\t\n\U0001F600 z"`, "z", "f:1:30"},
		"line escape":     {"a: \"x \\\n   + z\"\n", "z", "f:2:6"},
		"double, folded":  {"a: \"x\n\n  + z\"\n", "z", "f:3:5"},
		"literal":         {"a: |\n  x +\n    y\n  + z\n", "z", "f:4:5"},
		"literal, header": {"a: |2- # why\n\n   x +\n  z\n", "z", "f:4:3"},
		"folded":          {"a: >-\n\n  x +\n  z\n", "z", "f:4:3"},
		"anchor":          {"a: &b x + z\n", "z", "f:1:11"},
		"anchor, block":   {"a: &b |\n  x +\n  z\n", "z", "f:3:3"},
		"anchor, comment": {"a: &b # why\n  # c\n  x + z\n", "z", "f:3:7"},
		"flow":            {"a: {b: [x, y + z]}\n", "z", "f:1:16"},
		"CRLF":            {"a: |\r\n  x +\r\n  z\r\n", "z", "f:3:3"},
		"a blank":         {"a: x + z\n", " + z", "f:1:5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree, problems := Parse("f", []byte(tt.src))
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			n := tree.Root()
			for n.Kind() != String {
				for _, child := range n.Items() {
					n = child
				}
				for _, child := range n.Entries() {
					n = child
				}
			}
			text := n.Text()
			if got := text.At(strings.Index(text.Value, tt.at)).String(); got != tt.want {
				t.Errorf("%q in %q is at %s, want %s", tt.at, text.Value, got, tt.want)
			}
		})
	}
}

func TestTextAtEnds(t *testing.T) {
	t.Parallel()
	tree, _ := Parse("f", []byte("a: 'x  y'\n"))
	n, _ := tree.Lookup("a")
	text := n.Text()
	for offset, want := range map[int]string{-1: "f:1:5", 0: "f:1:5", 1: "f:1:6", 2: "f:1:7", 3: "f:1:8", 4: "f:1:9", 99: "f:1:9"} {
		if got := text.At(offset).String(); got != want {
			t.Errorf("offset %d is at %s, want %s", offset, got, want)
		}
	}
	if got := (Text{Value: "x"}).At(0); got.IsValid() {
		t.Errorf("a text from nowhere is at %s", got)
	}
}

// TestTextAtProperty: however a text is written, its letters are found.
func TestTextAtProperty(t *testing.T) {
	t.Parallel()
	styles := []yaml.Style{0, yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle, yaml.LiteralStyle, yaml.FoldedStyle}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[a-zé'"\\+]([a-zé'"\\+ \n]*[a-zé'"\\+]\n?)?`).Draw(t, "value")
		style := rapid.SampledFrom(styles).Draw(t, "style")
		var doc yaml.Node
		doc.Kind = yaml.MappingNode
		doc.Content = []*yaml.Node{
			{Kind: yaml.ScalarNode, Value: "key", HeadComment: "# a comment"},
			{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: style},
		}
		src, err := yaml.Marshal(&doc)
		if err != nil {
			t.Skip(err)
		}
		tree, problems := Parse("f", src)
		if problems.Err() != nil {
			t.Skip(problems)
		}
		n, _ := tree.Lookup("key")
		text := n.Text()
		for offset, r := range text.Value {
			if isBlank(r) {
				continue
			}
			at := text.At(offset)
			if got := []rune(string(src[tree.src.offset(at.Line, at.Col):])); len(got) == 0 || got[0] != r && got[0] != '\\' {
				t.Fatalf("%q: the %q at %d is said to be at %s in\n%s", text.Value, r, offset, at, src)
			}
		}
	})
}
