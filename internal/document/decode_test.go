package document

import (
	"reflect"
	"testing"
	"time"
)

// A sample of every kind of field that the decoder knows.
type (
	common struct {
		Title string `yaml:"title" pattern:"^[A-Z]" doc:"A heading."`
	}
	mode    string
	measure struct {
		Position
		Samples  counts           `yaml:"samples" default:"30" doc:"How many."`
		Order    mode             `yaml:"order" enum:"sequential,shuffled,interleaved" default:"interleaved"`
		Budget   time.Duration    `yaml:"budget" min:"1ms" max:"1h" example:"20s"`
		Seed     *uint32          `yaml:"seed"`
		Relative Located[float64] `yaml:"relative" min:"0" max:"1"`
	}
	sample struct {
		common
		Name    Text           `yaml:"name" required:"true" example:"week07"`
		Warmup  int            `yaml:"warmup" min:"0" max:"100" default:"3"`
		Small   int8           `yaml:"small"`
		Quick   bool           `yaml:"quick"`
		Tags    []string       `yaml:"tags" enum:"cpu,gpu"`
		Params  Map[any]       `yaml:"params" pattern:"^[a-z]+$"`
		Nested  Map[Map[Text]] `yaml:"nested"`
		Measure measure        `yaml:"measure"`
		Until   *measure       `yaml:"until"`
		Plots   []measure      `yaml:"plots"`
		Raw     Node           `yaml:"raw"`
		Private string
	}
	// counts is a number or {min, max}.
	counts    struct{ Min, Max int }
	countsMap struct {
		Min int `yaml:"min" required:"true" min:"1"`
		Max int `yaml:"max" required:"true" min:"1"`
	}
)

func (c *counts) DecodeNode(n Node, p *Problems) {
	switch n.Kind() {
	case Int:
		n.Decode(&c.Min, p)
		c.Max = c.Min
	case Mapping:
		var m countsMap
		n.Decode(&m, p)
		*c = counts(m)
	default:
		n.Expected("a whole number or a map of min and max", p)
	}
}

func (counts) JSONSchema() *Schema {
	return &Schema{AnyOf: []*Schema{{Type: "integer"}, SchemaOf[countsMap]()}}
}

func decodeSample(src string) (*Tree, sample, Problems) {
	var s sample
	tree, problems := Parse("f", []byte(src))
	if tree != nil {
		problems = append(problems, tree.Decode(&s)...)
	}
	return tree, s, problems
}

const everything = `
title: All
name: week07
warmup: 1e1
small: -7
quick: true
tags: [cpu, gpu]
params: {b: 1, a: 2.5, c: x, d: false}
nested:
  x: {y: z}
measure:
  samples: {min: 2, max: 9}
  order: shuffled
  budget: 1m30s
  seed: 4294967295
  relative: 0.5
plots:
  - {}
  - samples: 5
raw: [1, {k: v}]
`

func TestDecodeEverything(t *testing.T) {
	t.Parallel()
	tree, s, problems := decodeSample(everything)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	seed := uint32(4294967295)
	at := func(line, col int) Position { return Position{File: "f", Line: line, Col: col} }
	for name, pair := range map[string][2]any{
		"title":    {s.Title, "All"},
		"name":     {s.Name.Value, "week07"},
		"name at":  {s.Name.Position, at(3, 7)},
		"warmup":   {s.Warmup, 10},
		"small":    {s.Small, int8(-7)},
		"quick":    {s.Quick, true},
		"tags":     {s.Tags, []string{"cpu", "gpu"}},
		"measure":  {s.Measure, measure{at(12, 3), counts{2, 9}, "shuffled", 90 * time.Second, &seed, Located[float64]{0.5, at(16, 13)}}},
		"until":    {s.Until, (*measure)(nil)},
		"plots":    {s.Plots, []measure{{Position: at(18, 5), Samples: counts{30, 30}, Order: "interleaved"}, {Position: at(19, 5), Samples: counts{5, 5}, Order: "interleaved"}}},
		"raw":      {s.Raw.Position(), at(20, 6)},
		"raw path": {s.Raw.Path(), "raw"},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: got %#v, want %#v", name, pair[0], pair[1])
		}
	}
	var keys string
	for _, e := range s.Params {
		keys += e.Key.Value
	}
	if keys != "bacd" {
		t.Errorf("keys of a Map are in the order %s, want bacd", keys)
	}
	for key, want := range map[string]any{"a": 2.5, "b": 1, "c": "x", "d": false} {
		if got, ok := s.Params.Get(key); !ok || got != want {
			t.Errorf("params.%s is %v, want %v", key, got, want)
		}
	}
	if _, ok := s.Params.Get("z"); ok {
		t.Error("a Map has a key that was not written")
	}
	inner, _ := s.Nested.Get("x")
	if text, _ := inner.Get("y"); text.Value != "z" || text.Position != at(10, 10) {
		t.Errorf("nested.x.y is %v at %v", text, text.Position)
	}
	if got := tree.Position("measure", "nowhere"); got != at(12, 3) {
		t.Errorf("what is missing is at %v, want the map around it", got)
	}
}

func TestDecodeDefaults(t *testing.T) {
	t.Parallel()
	_, s, problems := decodeSample("name: x\n")
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	want := sample{Name: s.Name, Warmup: 3, Measure: measure{Samples: counts{30, 30}, Order: "interleaved"}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
	if s.Measure.Relative.IsValid() {
		t.Error("a value that was not written has a position")
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"missing key": {"warmup: 1", "f:1:1: key \"name\" is missing\n  hint: for example name: week07"},
		"unknown key": {"name: x\nwarmpu: 1", "f:2:1: unknown key \"warmpu\"\n  hint: did you mean warmup?"},
		"unknown inner key": {"name: x\nplots: [{}, {zzz: 1}]",
			"f:2:14: unknown key \"zzz\" in plots.1\n  hint: known: samples, order, budget, seed, relative"},
		"untagged field": {"name: x\nPrivate: a", "f:2:1: unknown key \"Private\"\n" +
			"  hint: known: title, name, warmup, small, quick, tags, params, nested, measure, until, plots, raw"},
		"text for int":       {"name: x\nwarmup: many", "f:2:9: warmup: expected a whole number, found the text \"many\""},
		"quoted int":         {"name: x\nwarmup: '5'", "f:2:9: warmup: expected a whole number, found the text \"5\"\n  hint: write 5 without quotes"},
		"fraction for int":   {"name: x\nwarmup: 1.5", "f:2:9: warmup: expected a whole number, found 1.5"},
		"bool for int":       {"name: x\nwarmup: true", "f:2:9: warmup: expected a whole number, found true"},
		"list for int":       {"name: x\nwarmup: [1]", "f:2:9: warmup: expected a whole number, found a list"},
		"below":              {"name: x\nwarmup: -1", "f:2:9: warmup: -1 is less than 0, the least allowed"},
		"above":              {"name: x\nwarmup: 101", "f:2:9: warmup: 101 is more than 100, the most allowed"},
		"inexact":            {"name: x\nmeasure: {samples: {min: 1, max: 1e16}}", "f:2:34: measure.samples.max: 1e16 is no exact whole number\n  hint: write all its digits"},
		"overflow":           {"name: x\nsmall: 128", "f:2:8: small: 128 is out of range"},
		"negative unsigned":  {"name: x\nmeasure: {seed: -1}", "f:2:17: measure.seed: -1 is out of range"},
		"unsigned overflow":  {"name: x\nmeasure: {seed: 4294967296}", "f:2:17: measure.seed: 4294967296 is out of range"},
		"float above":        {"name: x\nmeasure: {relative: 1.01}", "f:2:21: measure.relative: 1.01 is more than 1, the most allowed"},
		"text for float":     {"name: x\nmeasure: {relative: x}", "f:2:21: measure.relative: expected a number, found the text \"x\""},
		"yes for bool":       {"name: x\nquick: yes", "f:2:8: quick: expected true or false, found the text \"yes\"\n  hint: write true"},
		"off for bool":       {"name: x\nquick: Off", "f:2:8: quick: expected true or false, found the text \"Off\"\n  hint: write false"},
		"number for bool":    {"name: x\nquick: 2", "f:2:8: quick: expected true or false, found 2"},
		"number for text":    {"name: 1.10", "f:1:7: name: expected a text, found 1.10\n  hint: quote it: \"1.10\""},
		"bool for text":      {"name: x\ntags: [true]", "f:2:8: tags.0: expected a text, found true\n  hint: quote it: \"true\""},
		"map for text":       {"name: {a: b}", "f:1:7: name: expected a text, found a map"},
		"enum":               {"name: x\nmeasure:\n  order: interleavd", "f:3:10: measure.order: expected sequential, shuffled or interleaved, found \"interleavd\"\n  hint: did you mean interleaved?"},
		"enum in a list":     {"name: x\ntags: [cpu, tpus]", "f:2:13: tags.1: expected cpu or gpu, found \"tpus\""},
		"words for list":     {"name: x\ntags: python3 mine.py", "f:2:7: tags: expected a list, found the text \"python3 mine.py\"\n  hint: a list of its words is written [python3, mine.py], a list of this one text [\"python3 mine.py\"]"},
		"text for list":      {"name: x\ntags: cpu", "f:2:7: tags: expected a list, found the text \"cpu\"\n  hint: a list of one is written [cpu]"},
		"map for list":       {"name: x\ntags: {a: b}", "f:2:7: tags: expected a list, found a map"},
		"pattern":            {"name: x\ntitle: all", "f:2:8: title: \"all\" does not match ^[A-Z]"},
		"pattern of keys":    {"name: x\nparams: {A1: 1}", "f:2:10: params: the name \"A1\" does not match ^[a-z]+$"},
		"list for scalar":    {"name: x\nparams: {a: [1]}", "f:2:13: params.a: expected a single value, found a list"},
		"list for map":       {"name: x\nparams: [1]", "f:2:9: params: expected a map, found a list"},
		"no blank":           {"name: x\nmeasure: seed:5", "f:2:10: measure: expected a map, found the text \"seed:5\"\n  hint: a blank follows a colon: seed: 5"},
		"number as duration": {"name: x\nmeasure: {budget: 20}", "f:2:19: measure.budget: expected a duration, found 20\n  hint: write it with its unit: 20s"},
		"text as duration":   {"name: x\nmeasure: {budget: 20 s}", "f:2:19: measure.budget: expected a duration, found the text \"20 s\"\n  hint: write a number with its unit: 300ms, 20s, 5m, 1h30m"},
		"short duration":     {"name: x\nmeasure: {budget: 1us}", "f:2:19: measure.budget: 1us is less than 1ms, the least allowed"},
		"long duration":      {"name: x\nmeasure: {budget: 61m}", "f:2:19: measure.budget: 61m is more than 1h, the most allowed"},
		"union":              {"name: x\nmeasure: {samples: [1]}", "f:2:20: measure.samples: expected a whole number or a map of min and max, found a list"},
		"union's inside":     {"name: x\nmeasure: {samples: {min: 0, max: 3}}", "f:2:26: measure.samples.min: 0 is less than 1, the least allowed"},
		"long quotation":     {"name: x\nwarmup: " + longText, "f:2:9: warmup: expected a whole number, found the text \"" + longText[:59] + "…\""},
		"all at once": {"quick: 1\nwarmup: x\nplots:\n  - {order: a}\n  - {order: b}\n",
			"f:1:1: key \"name\" is missing\n  hint: for example name: week07\n" +
				"f:1:8: quick: expected true or false, found 1\n  hint: write true\n" +
				"f:2:9: warmup: expected a whole number, found the text \"x\"\n" +
				"f:4:13: plots.0.order: expected sequential, shuffled or interleaved, found \"a\"\n" +
				"f:5:13: plots.1.order: expected sequential, shuffled or interleaved, found \"b\""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, problems := decodeSample(tt.src)
			if got := problems.Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

const longText = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func TestDecodeFaultsOfTheProgram(t *testing.T) {
	t.Parallel()
	tree, _ := Parse("f", []byte("a: 1\n"))
	for name, dst := range map[string]any{
		"no pointer": struct{}{},
		"nil":        (*struct{})(nil),
		"unknown kind": &struct {
			A chan int `yaml:"a"`
		}{},
		"wrong default": &struct {
			A int `yaml:"a"`
			B int `yaml:"b" default:"x"`
		}{},
		"wrong pattern": &struct {
			A Map[int] `yaml:"b" default:"{x: 1}" pattern:"("`
			B int      `yaml:"a"`
		}{},
	} {
		if problems := tree.Decode(dst); len(problems) != 1 {
			t.Errorf("%s: got %v, want one problem", name, problems)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	var p Problems
	if p.Err() != nil {
		t.Error("no problems are an error")
	}
	p.Add(Position{File: "b", Line: 2, Col: 1}, "", "third")
	p.Add(Position{File: "b", Line: 1, Col: 9}, "a cure", "second: %d", 2)
	p.Add(Position{File: "a", Line: 7}, "", "first")
	p.Add(Position{File: "b", Line: 1, Col: 9}, "a cure", "second: %d", 2)
	p.Add(Position{}, "", "zeroth")
	want := "zeroth\na:7: first\nb:1:9: second: 2\n  hint: a cure\nb:2:1: third"
	if got := p.Err().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for i := range 2 * maxProblems {
		p.Add(Position{File: "c", Line: i + 1}, "", "more")
	}
	if len(p) != maxProblems {
		t.Errorf("%d problems are kept", len(p))
	}
}

// An error from elsewhere may be several lines: none of them is lost, and none
// can be taken for another problem.
func TestProblemOfSeveralLines(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ message, hint, want string }{
		"hints":         {"no model x\nhint: there are a, b\n  hint: or c", "", "f:1:2: no model x\n  hint: there are a, b\n  hint: or c"},
		"its own first": {"no model x\nhint: there are a, b", "leave it out", "f:1:2: no model x\n  hint: there are a, b\n  hint: leave it out"},
		"a tail":        {"it died; its stderr:\nTraceback\n\nValueError: no", "", "f:1:2: it died; its stderr:\n  Traceback\n  ValueError: no"},
		"an empty rest": {"no model x\n", "a cure", "f:1:2: no model x\n  hint: a cure"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p Problems
			p.Add(Position{File: "f", Line: 1, Col: 2}, tt.hint, "%s", tt.message)
			if got := p.Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
