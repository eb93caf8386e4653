package spec

import "runx/internal/document"

// The types of this file stand where the language admits more than one form.

// textList is one text or a list of texts.
type textList []document.Text

// DecodeNode implements [document.Decoder].
func (l *textList) DecodeNode(n document.Node, p *document.Problems) {
	switch n.Kind() {
	case document.List:
		for _, item := range n.Items() {
			l.add(item, p)
		}
	case document.Mapping:
		n.Expected("a text or a list of texts", p)
	default:
		l.add(n, p)
	}
}

func (l *textList) add(n document.Node, p *document.Problems) {
	var t document.Text
	n.Decode(&t, p)
	if n.Kind() == document.String {
		*l = append(*l, t)
	}
}

// JSONSchema implements [document.Describer].
func (textList) JSONSchema() *document.Schema {
	return &document.Schema{AnyOf: []*document.Schema{
		{Type: "string"},
		{Type: "array", Items: &document.Schema{Type: "string"}},
	}}
}

// values are the texts without their positions.
func (l textList) values() []string {
	var all []string
	for _, t := range l {
		all = append(all, t.Value)
	}
	return all
}

// statText names a statistic.
type statText struct{ document.Text }

// DecodeNode implements [document.Decoder].
func (s *statText) DecodeNode(n document.Node, p *document.Problems) { n.Decode(&s.Text, p) }

// JSONSchema implements [document.Describer].
func (statText) JSONSchema() *document.Schema {
	return statSchema(plainStats...)
}

// statSchema is one of these statistics, or a quantile.
func statSchema(names ...string) *document.Schema {
	plain := &document.Schema{}
	for _, name := range names {
		plain.Enum = append(plain.Enum, name)
	}
	return &document.Schema{AnyOf: []*document.Schema{
		plain,
		{Type: "string", Pattern: quantileForm, Description: "A quantile: p50, p95, p999 (99.9%)."},
	}}
}

// untilText names a statistic that has an interval.
type untilText struct{ statText }

// JSONSchema implements [document.Describer].
func (untilText) JSONSchema() *document.Schema { return statSchema(string(Mean)) }

// paramDoc is the value of a parameter: a scalar, or {expr: ...}.
type paramDoc struct {
	node document.Node
	expr *document.Text
}

// exprDoc is {expr: ...}.
type exprDoc struct {
	Expr document.Text `yaml:"expr" required:"true" doc:"An expression over the other parameters." example:"isl / 4"`
}

// DecodeNode implements [document.Decoder].
func (v *paramDoc) DecodeNode(n document.Node, p *document.Problems) {
	v.node = n
	switch n.Kind() {
	case document.Mapping:
		var e exprDoc
		n.Decode(&e, p)
		v.expr = &e.Expr
	case document.List:
		n.Problem(p, "several values are an axis: move them to sweep", "expected one value, found a list")
	}
}

// JSONSchema implements [document.Describer].
func (paramDoc) JSONSchema() *document.Schema {
	return valueSchema(scalarSchema())
}

// valueSchema is a scalar, or {expr: ...}.
func valueSchema(scalar *document.Schema) *document.Schema {
	return &document.Schema{AnyOf: []*document.Schema{scalar, {Ref: definitions + computed}}}
}

func scalarSchema() *document.Schema {
	return &document.Schema{AnyOf: []*document.Schema{
		{Type: "string"}, {Type: "number"}, {Type: "boolean"},
	}}
}

// samplesDoc is a number or {min, max}. Max is 0 where what is written could not
// be read.
type samplesDoc struct {
	document.Position
	Samples
}

type samplesRange struct {
	Min int `yaml:"min" required:"true" min:"1" max:"1000000000" doc:"Samples below which a point does not end because its estimate is good. It gets them beyond its budget too, but not beyond three times that."`
	Max int `yaml:"max" required:"true" min:"1" max:"1000000000" doc:"Samples after which a point ends whatever its estimate."`
}

// DecodeNode implements [document.Decoder].
func (s *samplesDoc) DecodeNode(n document.Node, p *document.Problems) {
	s.Position = n.Position()
	switch n.Kind() {
	case document.Invalid:
	case document.Int:
		count := n.Scalar().(int)
		if count < 1 || count > 1_000_000_000 {
			n.Expected("a number from 1 to 1000000000", p)
			return
		}
		s.Samples = Samples{Min: count, Max: count}
	case document.Mapping:
		var r samplesRange
		n.Decode(&r, p)
		s.Samples = Samples(r)
		if r.Min > r.Max && r.Max > 0 {
			n.Problem(p, "", "min %d is above max %d", r.Min, r.Max)
		}
	default:
		n.Expected("a number or {min, max}", p)
	}
}

// JSONSchema implements [document.Describer].
func (samplesDoc) JSONSchema() *document.Schema {
	return &document.Schema{AnyOf: []*document.Schema{
		{Type: "integer", Minimum: new(1.0), Maximum: new(1e9)},
		document.SchemaOf[samplesRange](),
	}}
}
