package document

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// document draws the YAML of a map, in all styles, with comments.
func document(t *rapid.T, label string) string {
	root := drawMap(t, label, 3)
	if len(root.Content) == 0 {
		return "{}\n"
	}
	text, err := yaml.Marshal(root)
	if err != nil {
		t.Skip(err)
	}
	if _, problems := Parse("f", text); problems.Err() != nil {
		t.Skip(problems) // the encoder's fault, which bare avoids
	}
	return string(text)
}

func drawMap(t *rapid.T, label string, depth int) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: drawFlow(t)}
	keys := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "no", "y", "<<", "1", "a b", "", "é"}), 0, 4, rapid.ID).Draw(t, label)
	for _, key := range keys {
		k := drawText(t, key)
		n.Content = append(n.Content, k, drawNode(t, label+"."+key, depth-1))
	}
	return n
}

func drawFlow(t *rapid.T) yaml.Style {
	if rapid.IntRange(0, 3).Draw(t, "flow") == 0 {
		return yaml.FlowStyle
	}
	return 0
}

func drawNode(t *rapid.T, label string, depth int) *yaml.Node {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	switch {
	case depth > 0 && kind == 0:
		return drawMap(t, label, depth)
	case depth > 0 && kind == 1:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: drawFlow(t)}
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			n.Content = append(n.Content, drawNode(t, label, depth-1))
		}
		return n
	case kind == 2:
		value := rapid.SampledFrom([]string{"1", "-7", "0x1F", "1e-5", "true", "2.50", "False", "9223372036854775807"}).Draw(t, "scalar")
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value, LineComment: drawComment(t)}
	}
	return drawText(t, rapid.OneOf(
		rapid.StringMatching(`[ -~\n\té☃]{0,12}`),
		rapid.SampledFrom([]string{"", "null", "~", "017", "2026-01-01", "yes", " x", "x ", "\nx", "x\n\n", "- a", "a: b", "#", "!x", "&x", "a #b", "\t", "<<"}),
	).Draw(t, label))
}

func drawText(t *rapid.T, value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value,
		HeadComment: drawComment(t), LineComment: drawComment(t), FootComment: drawComment(t)}
	styles := []yaml.Style{yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle, yaml.LiteralStyle, yaml.FoldedStyle}
	if kind, _ := resolve(n); kind == String {
		styles = append(styles, 0)
	}
	n.Style = rapid.SampledFrom(styles).Draw(t, "style")
	return n
}

func drawComment(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "", "", "", "# one", "# one\n# two"}).Draw(t, "comment")
}

// TestEncodeProperty: what is written parses to what it was.
func TestEncodeProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		root := drawMap(t, "doc", 4)
		tree := &Tree{doc: &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}, src: newSource("f", nil)}
		back := parsed(t, "f", encoded(t, tree))
		if !same(back.root(), root) {
			t.Fatalf("got other values from\n%s", encoded(t, tree))
		}
		if first, second := encoded(t, tree), encoded(t, back); !same(parsed(t, "f", second).root(), root) {
			t.Fatalf("encoded once\n%s\nencoded twice\n%s", first, second)
		}
	})
}

func TestEncodeKeepsComments(t *testing.T) {
	t.Parallel()
	const src = `# yaml-language-server: $schema=../schema.json
version: 1
# what is asked
question: |
  Why is it
  slow?
sweep: # axes
  n: {pow2: [1, 8]} # doubling
  # the mode
  mode: [naive, "flash"]
where: 'n > 1'
# the end
`
	if got := encoded(t, parsed(t, "f", src)); got != src {
		t.Errorf("got\n%s", got)
	}
}

func TestEncodeExpandsAliases(t *testing.T) {
	t.Parallel()
	got := encoded(t, parsed(t, "f", "a: &x {b: 1} # why\nc: *x\nd:\n  <<: *x\n"))
	const want = "a: {b: 1} # why\nc: {b: 1}\nd:\n  b: 1\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestEncodeFallsBack: the encoder writes these texts or comments such that
// they do not come back; the values must come back all the same.
func TestEncodeFallsBack(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"\n  x\n y", " \n\tx", "x\n ", "\n\n"} {
		for _, style := range []yaml.Style{yaml.LiteralStyle, yaml.FoldedStyle} {
			text := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: style, HeadComment: "# one"}
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "a"}
			root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, text}}
			tree := &Tree{doc: &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}, src: newSource("f", nil)}
			n, _ := parsed(t, "f", encoded(t, tree)).Lookup("a")
			if n.Scalar() != value {
				t.Errorf("%q in style %d came back as %q", value, style, n.Scalar())
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	tree, _ := Parse("f", []byte("a: 017\n"))
	if _, err := tree.Encode(); err == nil {
		t.Error("a tree with a refused value is encoded")
	}
	var b strings.Builder
	b.WriteString("x: &x [" + strings.Repeat("aaaaaaaaaaaaaaaaaaaa, ", 999) + "a]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "x%d: *x\n", i)
	}
	tree = parsed(t, "f", b.String())
	for i := range 60 {
		if err := tree.Set(fmt.Sprintf("y%d", i), strings.Repeat("z", 20_000)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tree.Encode(); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a document that could not be read again: got %v", err)
	}
}
