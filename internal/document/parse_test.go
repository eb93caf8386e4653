package document

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// lines joins the lines of a report as Problems.Error does.
func lines(s ...string) string { return strings.Join(s, "\n") }

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"empty":         {"", "f:1:1: nothing is written here"},
		"only comments": {"# a\n\n# b\n", "f:1:1: nothing is written here"},
		"only a start":  {"---\n", "f:1:1: nothing is written here"},
		"a text": {"Dear editor,\nplease find enclosed", lines(
			`f:1:1: expected a map of keys and values, found the text "Dear editor, please find enclosed"`,
			"  hint: is this a YAML file?")},
		"a list": {"- a\n", lines("f:1:1: expected a map of keys and values, found a list", "  hint: is this a YAML file?")},
		"binary": {"\x7fELF\x02\x01\x00", lines("f:1:1: character U+007F is not allowed in YAML", "  hint: is this a text file?")},
		"zero byte": {"a: é\x00", lines("f:1:5: character U+0000 is not allowed in YAML",
			"  hint: is this a text file?")},
		"not UTF-8": {"a: 1\nb: caf\xe9\n", lines("f:2:7: byte 0xE9 is not UTF-8 text", "  hint: save the file as UTF-8")},
		"UTF-16":    {"\xff\xfea\x00:\x00", lines("f:1:1: byte 0xFF is not UTF-8 text", "  hint: save the file as UTF-8")},
		"second BOM": {"\uFEFFa: \uFEFF1", lines("f:1:4: character U+FEFF is not allowed in YAML",
			"  hint: is this a text file?")},
		"a line break unknown to editors": {"a: 1\u2028b: 2", lines("f:1:5: character U+2028 is not allowed in YAML",
			"  hint: is this a text file?")},
		"two documents": {"a: 1\n---\nb: 2\n", lines("f:2:1: a second document begins here", "  hint: keep one document per file")},
		"second document broken": {"a: 1\n---\nb: [1\n", lines("f:3:5: not YAML: did not find expected ',' or ']'",
			"  hint: is a comma or a ] missing?")},
		"duplicate key": {"a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", lines(`f:5:3: key "c" is given twice, first in line 3, column 3`,
			"  hint: keep one of them")},
		"duplicate in other quotes": {"{a: 1, 'a': 2}", lines(`f:1:8: key "a" is given twice, first in line 1, column 2`,
			"  hint: keep one of them")},
		"alias of itself": {"a: &x [1, *x]\n", "f:1:11: a.1: the alias *x stands inside its own anchor"},
		"merge of a text": {"a: &x b\n<<: *x\n", lines("f:1:4: the merge key << has no map to merge",
			"  hint: a merge key takes *name of a map, or a list of those")},
		"a tag": {"a: !!str 5\n", lines("f:1:4: a: a tag has no meaning here", "  hint: quote a text that begins with !")},
		"a tag that the parser drops": {"where: ! flash\n", lines("f:1:8: where: a tag has no meaning here",
			"  hint: quote a text that begins with !")},
		"a tag behind an anchor": {"a: [1, &x ! b]\n", lines("f:1:8: a.1: a tag has no meaning here",
			"  hint: quote a text that begins with !")},
		"a comma in braces": {"a: {value: f(x, y), b: 1}\n", lines("f:1:19: a.y): has no value",
			"  hint: in braces, quote a text that holds a comma")},
		"a tag at a key":  {"&a !b c: 1\n", lines("f:1:1: this key is not a text", `  hint: quote it: "c"`)},
		"number as a key": {"a: {1: x}\n", lines("f:1:5: this key is not a text", `  hint: quote it: "1"`)},
		"bool as a key":   {"true: x\n", lines("f:1:1: this key is not a text", `  hint: quote it: "true"`)},
		"list as a key":   {"? [a]\n: x\n", lines("f:1:3: this key is not a text", "  hint: write each key as a name")},
		"no key":          {"? \n: x\n", lines("f:1:2: this key is not a text", "  hint: write each key as a name")},
		"too deep": {"a: " + strings.Repeat("[", 150) + strings.Repeat("]", 150), lines(
			"f:1:103: a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0…: nested deeper than 100 levels")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse("f", []byte(tt.src))
			if got := problems.Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestParseSyntax(t *testing.T) {
	t.Parallel()
	tests := []struct{ src, want string }{
		{"a: 1\n\tb: 2\n", "f:2:1: not YAML: found a tab character that violates indentation\n  hint: indent with spaces, not with tabs"},
		{"a:\n\t- 1\n", "f:2:1: not YAML: found character that cannot start any token\n  hint: indent with spaces, not with tabs"},
		{"name: what: a day\n", "f:1:11: not YAML: mapping values are not allowed in this context\n  hint: quote a text that holds \": \", or check the indentation"},
		{"a: 1\nb: 'x\nc: 2\n", "f:2:4: not YAML: found unexpected end of stream\n  hint: is a quote left open?"},
		{"a: @x\n", "f:1:4: not YAML: found character that cannot start any token\n  hint: quote a text that begins with @"},
		{"glob: *.txt\n", "f:1:7: not YAML: did not find expected alphabetic or numeric character\n  hint: quote a text that begins with *"},
		{"a: *x\n", "f:1:5: not YAML: unknown anchor 'x' referenced\n  hint: for a text that begins with *, quote it"},
		{"a:\n  b: 1\n c: 2\n", "f:3:2: not YAML: did not find expected key\n  hint: check the indentation"},
		{"where: \"naive\" == algorithm\n", "f:1:16: not YAML: did not find expected key\n  hint: quote the whole text, not a part of it"},
		{"a: 1\nsweep\n  b: 2\n", "f:2:1: not YAML: could not find expected ':'\n  hint: is a colon missing?"},
		{"a: {b: 1 c: 2}\n", "f:1:12: not YAML: did not find expected ',' or '}'\n  hint: is a comma or a } missing?"},
		{"a: {b: 1, c: [1, 2], d: 2 e: 3}\n", "f:1:29: not YAML: did not find expected ',' or '}'\n  hint: is a comma or a } missing?"},
		{"a: [x, y\nb: [1]\nc: 2\n", "f:2:3: not YAML: did not find expected ',' or ']'\n  hint: is a comma or a ] missing?"},
		{"a: 1\nb: [x, y", "f:2:8: not YAML: did not find expected ',' or ']'\n  hint: is a comma or a ] missing?"},
		{"a: ]\n", "f:1:4: not YAML: did not find expected node content\n  hint: is a bracket left open, or one too many?"},
		{"a: \"x\\q\"\n", "f:1:6: not YAML: found unknown escape character"},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			tree, problems := Parse("f", []byte(tt.src))
			if got := problems.Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if tree != nil {
				t.Error("got a tree of what is not YAML")
			}
		})
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("index out of range") }

func TestPanicOfTheParserIsAnError(t *testing.T) {
	t.Parallel()
	var n yaml.Node
	if err := decodeNode(yaml.NewDecoder(panicking{}), &n); !errors.Is(err, errParser) {
		t.Errorf("got %v", err)
	}
}

// TestSyntaxOfLargeText: the column is not worth minutes.
func TestSyntaxOfLargeText(t *testing.T) {
	t.Parallel()
	src := strings.Repeat("- 1\n", maxLocated/4) + "@\n"
	_, problems := Parse("f", []byte(src))
	want := fmt.Sprintf("f:%d: not YAML: found character that cannot start any token\n"+
		"  hint: quote a text that begins with a character that means something in YAML", maxLocated/4+1)
	if got := problems.Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScalars(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src  string
		want any // nil: refused
		why  string
	}{
		{"5", 5, ""},
		{"-5", -5, ""},
		{"+5", 5, ""},
		{"0x1F", 31, ""},
		{"9223372036854775807", 9223372036854775807, ""},
		{"1.5", 1.5, ""},
		{"1e-5", 1e-5, ""},
		{"1E6", 1e6, ""},
		{".5", 0.5, ""},
		{"5.", 5.0, ""},
		{"true", true, ""},
		{"FALSE", false, ""},
		{"naive", "naive", ""},
		{"no", "no", ""},
		{"yes", "yes", ""},
		{"on", "on", ""},
		{"off", "off", ""},
		{"y", "y", ""},
		{"12:30:45", "12:30:45", ""},
		{`"5"`, "5", ""},
		{`"2026-01-01"`, "2026-01-01", ""},
		{`''`, "", ""},
		{"~", nil, `a: has no value`},
		{"null", nil, `a: has no value`},
		{"", nil, `a: has no value`},
		{"017", nil, "a: 017 is an octal number to some YAML readers and a decimal one to others"},
		{"-08", nil, "a: -08 is an octal number to some YAML readers and a decimal one to others"},
		{"0o17", nil, "a: 0o17 is a number to some YAML readers and text to others"},
		{"0b11", nil, "a: 0b11 is a number to some YAML readers and text to others"},
		{"1_000", nil, "a: 1_000 is a number to some YAML readers and text to others"},
		{"1_000.5", nil, "a: 1_000.5 is a number to some YAML readers and text to others"},
		{".inf", nil, "a: .inf is not a finite number"},
		{"-.INF", nil, "a: -.INF is not a finite number"},
		{".nan", nil, "a: .nan is not a finite number"},
		{"1e999", nil, "a: 1e999 does not fit a 64-bit float"},
		{"9223372036854775808", nil, "a: 9223372036854775808 does not fit a 64-bit integer"},
		{"-9223372036854775809", nil, "a: -9223372036854775809 does not fit a 64-bit integer"},
		{"99999999999999999999999", nil, "a: 99999999999999999999999 does not fit a 64-bit integer"},
		{"2026-01-01", nil, "a: 2026-01-01 is a date to some YAML readers and text to others"},
		{"2026-01-01 10:00:00", nil, "a: 2026-01-01 10:00:00 is a date to some YAML readers and text to others"},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			t.Parallel()
			tree, problems := Parse("f", []byte("a: "+tt.src+"\n"))
			n, ok := tree.Lookup("a")
			if !ok {
				t.Fatal("no node")
			}
			if got := n.Scalar(); got != tt.want {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
			switch {
			case tt.why == "" && problems.Err() != nil:
				t.Errorf("refused: %v", problems)
			case tt.why != "" && (len(problems) != 1 || problems[0].Message != tt.why):
				t.Errorf("got %v, want %q", problems, tt.why)
			case tt.why != "" && n.Kind() != Invalid:
				t.Errorf("a refused value has kind %d", n.Kind())
			}
		})
	}
}

func TestTrapHints(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"1_000": `write 1000, or quote it: "1_000"`,
		"0o17":  `write 15, or quote it: "0o17"`,
		"017":   `write it without leading zeros, or quote it: "017"`,
		".inf":  `for text, quote it: ".inf"`,
		"~":     `give it a value, or leave it out; an empty text is written ""`,
	} {
		_, problems := Parse("f", []byte("a: "+src))
		if len(problems) != 1 || problems[0].Hint != want {
			t.Errorf("%s: got %v, want the hint %q", src, problems, want)
		}
	}
}

func TestParseReportsAllAtOnce(t *testing.T) {
	t.Parallel()
	src := "a: 017\nb: ~\na: 2\n7: x\nc: [2026-01-01, !x y]\n"
	tree, problems := Parse("f", []byte(src))
	var at []string
	for _, p := range problems.Sorted() {
		at = append(at, p.Position.String())
	}
	if got, want := strings.Join(at, " "), "f:1:4 f:2:4 f:3:1 f:4:1 f:5:5 f:5:17"; got != want {
		t.Errorf("got problems at %s, want %s", got, want)
	}
	if p := tree.Decode(&struct {
		A int    `yaml:"a"`
		B string `yaml:"b"`
		C []int  `yaml:"c"`
	}{}); len(p) > 0 {
		t.Errorf("what is reported already is reported again: %v", p)
	}
}

func TestBOMIsDropped(t *testing.T) {
	t.Parallel()
	tree, problems := Parse("f", []byte("\uFEFFa: [1, x]\n"))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	if got, want := tree.Position("a", "1").String(), "f:1:8"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	tree, problems := Parse("f", []byte("base: &b {x: 1, y: [2, 3]}\nuse: *b\nlist: [*b, *b]\n"))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	if err := tree.Set("use.y.0", "9"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{"use.y.0": 9, "base.y.0": 2, "list.1.y.1": 3} {
		if n, _ := tree.Lookup(splitPath(path)...); n.Scalar() != want {
			t.Errorf("%s is %v, want %v", path, n.Scalar(), want)
		}
	}
	if got := tree.Position("list", "0", "x").String(); got != "f:1:14" {
		t.Errorf("an aliased value is at %s, want f:1:14, where it is written", got)
	}
}

func TestMergeKeys(t *testing.T) {
	t.Parallel()
	src := "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\nd: {<<: *b, '<<': 4}\n"
	tree, problems := Parse("f", []byte(src))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	for path, want := range map[string]any{"c.x": 3, "c.y": 1, "c.z": 2, "d.y": 2, "d.<<": 4} {
		if n, _ := tree.Lookup(splitPath(path)...); n.Scalar() != want {
			t.Errorf("%s is %v, want %v", path, n.Scalar(), want)
		}
	}
}

func TestAliasBombIsBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	_, problems := Parse("f", []byte(b.String())) // or it never ends
	if len(problems) != 1 || problems[0].Message != "a3.7: aliases expand to more than 10000 values" {
		t.Errorf("got %v", problems)
	}
}

func TestAliasesNestBoundedly(t *testing.T) {
	t.Parallel()
	src := "a0: &a0 [x]\n"
	for i := 1; i < 110; i++ {
		src += fmt.Sprintf("a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	_, problems := Parse("f", []byte(src))
	if len(problems) == 0 || problems[0].Message != "a98.0: nested deeper than 100 levels" {
		t.Errorf("got %v", problems)
	}
}

// TestProblemsAreInsideTheText: however a document is damaged, each problem is
// at a place in it.
func TestProblemsAreInsideTheText(t *testing.T) {
	t.Parallel()
	debris := []string{"", "\n", "\t", "  ", "[", "]", "{", "}", ": ", "- ", "'", "\"", "&a ", "*a", "! ", "#", "|\n", "017", "~", "---\n", "é", "\r", "<<: ", "name: "}
	rapid.Check(t, func(t *rapid.T) {
		src := everything
		for range rapid.IntRange(1, 3).Draw(t, "hits") {
			from := rapid.IntRange(0, len(src)).Draw(t, "from")
			to := min(len(src), from+rapid.IntRange(0, 8).Draw(t, "length"))
			src = src[:from] + rapid.SampledFrom(debris).Draw(t, "debris") + src[to:]
		}
		_, _, problems := decodeSample(src)
		for _, p := range problems {
			if !inside(src, p.Position) {
				t.Fatalf("%v is not in\n%s", p, src)
			}
		}
	})
}

// hostile texts are large enough to tell work that grows quadratically, and
// small enough for the race detector.
func hostile() map[string]string {
	fill := func(s string) string { return strings.Repeat(s, MaxBytes/8/len(s)) }
	return map[string]string{
		"brackets":      fill("["),
		"braces":        fill("{a: "),
		"dashes":        fill("- "),
		"questions":     fill("? "),
		"comments":      "a: 1\n" + fill("# x\n"),
		"list":          "a: [" + fill("1,") + "1]",
		"nulls":         "a:\n" + fill("-\n"),
		"same keys":     fill("a: 1\n"),
		"anchors":       "a:\n" + fill("- &a 1\n"),
		"aliases":       "a: &a 1\nb: [" + fill("*a ,") + "]",
		"tags":          "a:\n" + fill("- ! b\n"),
		"open quote":    "a: \"" + fill("x"),
		"documents":     fill("--- 1\n"),
		"directives":    fill("%TAG !a! tag:x\n"),
		"late fault":    fill("- 1\n") + "@",
		"late small":    strings.Repeat("a: # 1\n", maxLocated/16) + "@",
		"flow comments": "a: [" + fill("1, #x\n") + "]",
	}
}

func TestHostileTextsAreBounded(t *testing.T) {
	t.Parallel()
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Far beyond the fraction of a second that it takes, on any machine;
			// work that grows quadratically takes longer.
			hang := time.AfterFunc(time.Minute, func() { panic(name + " hangs") })
			defer hang.Stop()
			tree, problems := Parse("f", []byte(src))
			if tree != nil {
				problems = append(problems, tree.Decode(&struct{}{})...)
			}
			if len(problems) == 0 {
				t.Error("nothing is wrong with it")
			}
			if n := len(problems.Error()); n > 64<<10 {
				t.Errorf("the report has %d bytes", n)
			}
		})
	}
}

// inside tells whether a position is a place in the text, or just behind a line
// of it.
func inside(src string, at Position) bool {
	rows := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(src), "\n")
	if at.Line < 1 || at.Line > len(rows) {
		return false
	}
	return at.Col >= 0 && at.Col <= utf8.RuneCountInString(rows[at.Line-1])+1
}
