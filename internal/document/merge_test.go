package document

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

func parsed(t interface{ Fatal(...any) }, name, src string) *Tree {
	tree, problems := Parse(name, []byte(src))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return tree
}

func encoded(t interface{ Fatal(...any) }, tree *Tree) string {
	text, err := tree.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMerge(t *testing.T) {
	t.Parallel()
	base := parsed(t, "base", `# of the base
version: 1
measure:
  warmup: 3 # kept
  samples: 10
tags: [a, b]
sweep:
  n: {pow2: [1, 8]}
plots: [{x: n}]
`)
	over := parsed(t, "over", `# of the spec

# of its axes
sweep:
  n: {range: [1, 3, 1]}
  m: [1, 2]
name: x
measure:
  samples: {min: 1, max: 2}
tags: [c]
version: {major: 1}
`)
	over.Merge(base, "sweep.*")
	const want = `# of the spec

version: {major: 1}
measure:
  warmup: 3 # kept
  samples: {min: 1, max: 2}
tags: [c]
# of its axes
sweep:
  n: {range: [1, 3, 1]}
  m: [1, 2]
plots: [{x: n}]
name: x
`
	if got := encoded(t, over); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for path, want := range map[string]string{
		"measure.warmup":  "base:4:11",
		"measure.samples": "over:9:12",
		"measure":         "over:9:3",
		"sweep.n.range.0": "over:5:15",
		"plots.0.x":       "base:9:13",
		"name":            "over:7:7",
	} {
		if got := over.Position(splitPath(path)...).String(); got != want {
			t.Errorf("%s is at %s, want %s", path, got, want)
		}
	}
}

func TestMergeIsDeepWithoutExceptions(t *testing.T) {
	t.Parallel()
	over, base := parsed(t, "over", "sweep: {n: {b: 1}}"), parsed(t, "base", "sweep: {n: {a: 1}}")
	over.Merge(base)
	if n, _ := over.Lookup("sweep", "n"); n.Len() != 2 {
		t.Errorf("got %d keys, want those of both", n.Len())
	}
}

// TestMergeChain: of three files, each value still knows its own.
func TestMergeChain(t *testing.T) {
	t.Parallel()
	a, b, c := parsed(t, "a", "x: {one: 1}"), parsed(t, "b", "x: {two: 2}"), parsed(t, "c", "x: {three: 3}")
	b.Merge(c)
	a.Merge(b)
	for key, want := range map[string]string{"one": "a:1:10", "two": "b:1:10", "three": "c:1:12"} {
		n, _ := a.Lookup("x", key)
		if got := n.Position().String(); got != want {
			t.Errorf("%s is at %s, want %s", key, got, want)
		}
		if got := n.Text().At(1).File; got != want[:1] {
			t.Errorf("inside %s the file is %s", key, got)
		}
	}
}

// TestMergeProperties: merging is idempotent, and associative as long as no path
// is a map in one file and something else in another.
func TestMergeProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := [3]string{document(t, "a"), document(t, "b"), document(t, "c")}
		again := parsed(t, "f", src[0])
		again.Merge(parsed(t, "f", src[0]))
		if !same(again.root(), parsed(t, "f", src[0]).root()) {
			t.Fatalf("merged with itself:\n%s", encoded(t, again))
		}

		tree := func(i int) *Tree {
			tree := parsed(t, "f", src[i])
			mapsByName(tree.root())
			return tree
		}
		left, right := tree(0), tree(1)
		left.Merge(right)
		left.Merge(tree(2))
		other, base := tree(0), tree(1)
		base.Merge(tree(2))
		other.Merge(base)
		if !sameValues(left, other) {
			t.Fatalf("(a<b)<c is\n%s\na<(b<c) is\n%s", encoded(t, left), encoded(t, other))
		}
	})
}

// mapsByName makes the values of a, b and c maps, and those of other names
// something else: a scalar that hides a map hides what a third file has below
// it, so that the order of merging matters there (TestMergeHides).
func mapsByName(n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, n.Content[i+1]
		isMap := value.Kind == yaml.MappingNode
		switch wanted := name == "a" || name == "b" || name == "c"; {
		case wanted && !isMap:
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "é"}
			n.Content[i+1] = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, value}}
		case wanted:
			mapsByName(value)
		case isMap:
			n.Content[i+1] = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{value}}
		}
	}
}

// TestMergeHides: a file extends what its base came to, in which a scalar has
// hidden the map of the base's base.
func TestMergeHides(t *testing.T) {
	t.Parallel()
	a, b, c := parsed(t, "a", "x: {one: 1}\n"), parsed(t, "b", "x: 2\n"), parsed(t, "c", "x: {three: 3}\n")
	b.Merge(c)
	a.Merge(b)
	if got, want := encoded(t, a), "x: {one: 1}\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// sameValues compares without the order of keys.
func sameValues(a, b *Tree) bool {
	x, errX := marshal(plain(a.root()))
	y, errY := marshal(plain(b.root()))
	return errX == nil && errY == nil && string(x) == string(y)
}

func TestSet(t *testing.T) {
	t.Parallel()
	const src = "# head\na: 1 # first\nb: {c: [1, {d: 2}]}\ne:\n  f: x\n"
	tests := map[string]struct{ path, value, want string }{
		"replace":       {"a", "2", "# head\na: 2 # first\nb: {c: [1, {d: 2}]}\ne:\n  f: x\n"},
		"list item":     {"b.c.0", "[7]", "# head\na: 1 # first\nb: {c: [[7], {d: 2}]}\ne:\n  f: x\n"},
		"in a list":     {"b.c.1.d", "z", "# head\na: 1 # first\nb: {c: [1, {d: z}]}\ne:\n  f: x\n"},
		"new key":       {"e.g", "true", "# head\na: 1 # first\nb: {c: [1, {d: 2}]}\ne:\n  f: x\n  g: true\n"},
		"new in a flow": {"b.x.y", "1", "# head\na: 1 # first\nb: {c: [1, {d: 2}], x: {y: 1}}\ne:\n  f: x\n"},
		"new maps":      {"x.y.z", "{min: 1}", "# head\na: 1 # first\nb: {c: [1, {d: 2}]}\ne:\n  f: x\nx:\n  y:\n    z: {min: 1}\n"},
		"map by scalar": {"b", "'5'", "# head\na: 1 # first\nb: '5'\ne:\n  f: x\n"},
		"expression":    {"e.f", "a < 2 && b == \"c\"", "# head\na: 1 # first\nb: {c: [1, {d: 2}]}\ne:\n  f: a < 2 && b == \"c\"\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := parsed(t, "f", src)
			if err := tree.Set(tt.path, tt.value); err != nil {
				t.Fatal(err)
			}
			if got := encoded(t, tree); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if got, want := tree.Position(splitPath(tt.path)...).String(), "--set "+tt.path+":1:1"; got != want {
				t.Errorf("the value is at %s, want %s", got, want)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ path, value, want string }{
		"no value":       {"a", " ", "--set a: the value is missing\n  hint: an empty text is written \"\""},
		"no path":        {"", "1", "--set : the path has an empty name\n  hint: names stand between dots: measure.samples"},
		"two dots":       {"a..b", "1", "--set a..b: the path has an empty name\n  hint: names stand between dots: measure.samples"},
		"below a scalar": {"a.b", "1", "--set a.b: a is 1, which has no \"b\"\n  hint: set a itself"},
		"no such item":   {"l.2", "1", "--set l.2: l has 2 items, counted from l.0; there is no \"2\""},
		"name in a list": {"l.x.y", "1", "--set l.x.y: l has 2 items, counted from l.0; there is no \"x\""},
		"negative item":  {"l.-1", "1", "--set l.-1: l has 2 items, counted from l.0; there is no \"-1\""},
		"no YAML":        {"a", "[1", "--set a:1:2: not YAML: did not find expected ',' or ']'\n  hint: is a comma or a ] missing?"},
		"trap":           {"a", "{b: 017}", "--set a:1:5: b: 017 is an octal number to some YAML readers and a decimal one to others\n  hint: write it without leading zeros, or quote it: \"017\""},
		"two documents":  {"a", "1\n---\n2", "--set a:2:1: a second document begins here\n  hint: keep one document per file"},
		"only a comment": {"a", "#x", "--set a:1:1: nothing is written here"},
		"an alias":       {"a", "*x", "--set a:1:2: not YAML: unknown anchor 'x' referenced\n  hint: for a text that begins with *, quote it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := parsed(t, "f", "a: 1\nl: [1, 2]\n")
			err := tree.Set(tt.path, tt.value)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
			if got := encoded(t, tree); got != "a: 1\nl: [1, 2]\n" {
				t.Errorf("the tree is changed:\n%s", got)
			}
		})
	}
}

// TestSetPositions: a problem with a value from a flag is told of that flag.
func TestSetPositions(t *testing.T) {
	t.Parallel()
	tree := parsed(t, "f", "name: x\n")
	if err := tree.SetFrom("-p", "measure.order", "fast"); err != nil {
		t.Fatal(err)
	}
	if err := tree.Set("plots", "[{samples: 1}, {sampels: 2}]"); err != nil {
		t.Fatal(err)
	}
	var s sample
	want := strings.Join([]string{
		`--set plots:1:17: unknown key "sampels" in plots.1`,
		"  hint: did you mean samples?",
		`-p measure.order:1:1: measure.order: expected sequential, shuffled or interleaved, found "fast"`,
	}, "\n")
	if got := tree.Decode(&s).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	name, _ := tree.Lookup("name")
	if got := name.Text().At(1).String(); got != "f:1:8" {
		t.Errorf("what was not set is at %s", got)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	tree := parsed(t, "f", "a: {b: 1, c: 2}\nl: [1]\n")
	for _, path := range []string{"x", "a.x", "a.b.x", "l.0"} {
		if tree.Delete(splitPath(path)...) {
			t.Errorf("%s was deleted", path)
		}
	}
	if tree.Delete() {
		t.Error("the root was deleted")
	}
	if !tree.Delete("a", "b") || encoded(t, tree) != "a: {c: 2}\nl: [1]\n" {
		t.Errorf("got\n%s", encoded(t, tree))
	}
}
