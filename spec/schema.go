package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"runx/internal/document"
	"runx/workloads"
)

// Schema returns the JSON Schema (draft-07) of a spec, for editors: the
// language as the decoder reads it, and per workload its parameters with their
// types, bounds, defaults and docs.
func Schema(ws []workloads.Workload) ([]byte, error) {
	root := document.SchemaOf[specDoc]()
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.Title = "runx spec"
	root.Description = "A declarative experiment: what is swept, what is measured, what is claimed."
	root.Properties.Get("version").Const = Version
	root.Properties.Get("claims").Items.Properties.Get("value").Description += " " + functionsText()
	root.Definitions = sharedDefinitions()
	names := &document.Schema{Description: "A built-in workload."}
	for _, w := range ws {
		names.Enum = append(names.Enum, w.Name)
		root.Definitions = append(root.Definitions, document.Property{Name: w.Name, Schema: workloadSchema(&w)})
		root.AllOf = append(root.AllOf, &document.Schema{
			If: &document.Schema{
				Properties: document.Properties{{Name: "workload", Schema: &document.Schema{Const: w.Name}}},
				Required:   []string{"workload"},
				Not:        requires("worker"),
			},
			Then: &document.Schema{Ref: definitions + w.Name},
		})
	}
	// What a spec extends may say the rest.
	root.AllOf = append(root.AllOf,
		&document.Schema{If: requires("extends"), Else: &document.Schema{Required: root.Required}},
		&document.Schema{
			If:   &document.Schema{AnyOf: []*document.Schema{requires("extends"), requires("worker")}},
			Else: &document.Schema{Properties: document.Properties{{Name: "workload", Schema: names}}},
		})
	root.Required = nil
	return encodeSchema(root)
}

// functionsText says what the value of a claim may call.
func functionsText() string {
	text := "Functions over columns:"
	for _, s := range Signatures() {
		text += "\n" + s.Doc + ";"
	}
	return text + "\nand min, max, mean, median, sum, all, any, len."
}

func encodeSchema(s *document.Schema) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("encode the schema: %w", err)
	}
	return b.Bytes(), nil
}

func requires(key string) *document.Schema { return &document.Schema{Required: []string{key}} }

// workloadSchema is what a spec of one workload holds beside the language.
func workloadSchema(w *workloads.Workload) *document.Schema {
	at := definitions + w.Name + "/properties/"
	var params, points, axes, zipped document.Properties
	for i := range w.Params {
		p := &w.Params[i]
		scalar := kindSchema(p)
		params = append(params, document.Property{Name: p.Name, Schema: described(p, valueSchema(scalar))})
		points = append(points, document.Property{Name: p.Name, Schema: described(p, scalar)})
		axes = append(axes, document.Property{Name: p.Name, Schema: described(p, axisSchema(scalar, isNumber(p.Kind)))})
		zipped = append(zipped, document.Property{Name: p.Name, Schema: &document.Schema{Ref: at + "sweep/properties/" + p.Name}})
	}
	named := namedAxisSchema(zipped, &document.Schema{Ref: at + "include/items"}, w.FreeParams)
	s := &document.Schema{
		Description: w.Synopsis(),
		Properties: document.Properties{
			{Name: "params", Schema: closed(params)},
			{Name: "sweep", Schema: &document.Schema{Type: "object", Properties: axes, AdditionalProperties: named}},
			{Name: "include", Schema: &document.Schema{Type: "array", Items: closed(points)}},
		},
	}
	if w.FreeParams {
		s.Properties.Get("params").AdditionalProperties = valueSchema(scalarSchema())
		s.Properties.Get("sweep").AdditionalProperties = &document.Schema{
			AnyOf: []*document.Schema{named, axisSchema(scalarSchema(), true)},
		}
		s.Properties.Get("include").Items.AdditionalProperties = scalarSchema()
	}
	if !w.Extracts {
		s.Properties = append(s.Properties, document.Property{Name: "extract", Schema: document.False()})
	}
	return s
}

// closed is a map of these properties and no others.
func closed(properties document.Properties) *document.Schema {
	return &document.Schema{Type: "object", Properties: properties, AdditionalProperties: document.False()}
}

func isNumber(k workloads.Kind) bool { return k == workloads.Int || k == workloads.Float }

// described adds a parameter's documentation to the schema of its value.
func described(p *workloads.Param, value *document.Schema) *document.Schema {
	s := *value
	s.Description = p.Doc
	var notes []string
	if p.Unit != "" {
		notes = append(notes, "in "+p.Unit)
	}
	if p.Default != nil {
		notes = append(notes, "default "+yamlText(p.Default))
	} else {
		notes = append(notes, "required")
	}
	s.Description += " (" + strings.Join(notes, ", ") + ")"
	return &s
}

// kindSchema is one value of a parameter.
func kindSchema(p *workloads.Param) *document.Schema {
	switch p.Kind {
	case workloads.Int:
		return &document.Schema{Type: "integer", Minimum: p.Min, Maximum: p.Max, Default: p.Default}
	case workloads.Float:
		return &document.Schema{Type: "number", Minimum: p.Min, Maximum: p.Max, Default: p.Default}
	case workloads.Bool:
		return &document.Schema{Type: "boolean", Default: p.Default}
	case workloads.Enum:
		s := &document.Schema{Type: "string", Default: p.Default}
		for _, name := range p.Enum {
			s.Enum = append(s.Enum, name)
		}
		return s
	}
	return &document.Schema{Type: "string", Default: p.Default}
}

// JSONSchema implements [document.Describer]: an axis of any workload.
func (axisDoc) JSONSchema() *document.Schema {
	points := &document.Schema{Type: "object", AdditionalProperties: scalarSchema()}
	return &document.Schema{AnyOf: []*document.Schema{
		axisSchema(scalarSchema(), true),
		namedAxisSchema(nil, points, true),
	}}
}

// axisSchema is an axis of one parameter: a list, or one of the forms.
func axisSchema(item *document.Schema, numeric bool) *document.Schema {
	value := *item
	value.Default = nil
	forms := numberForms
	if !numeric {
		forms = otherForms
	}
	return &document.Schema{AnyOf: []*document.Schema{
		{Type: "array", MinItems: new(1), Items: &value},
		{Ref: definitions + forms},
	}}
}

// Schemas that stand once and are referred to.
const (
	definitions = "#/definitions/"
	computed    = "computed-value"
	numberForms = "axis-of-numbers"
	otherForms  = "axis-of-other-values"
)

func sharedDefinitions() document.Properties {
	return document.Properties{
		{Name: computed, Schema: document.SchemaOf[exprDoc]()},
		{Name: numberForms, Schema: formsSchema(true)},
		{Name: otherForms, Schema: formsSchema(false)},
	}
}

// formsSchema is an axis that is no list.
func formsSchema(numeric bool) *document.Schema {
	forms := closed(nil)
	forms.MinProperties, forms.MaxProperties = new(1), new(1)
	add := func(name, doc string, example any, s *document.Schema) {
		s.Description, s.Examples = doc, []any{example}
		forms.Properties = append(forms.Properties, document.Property{Name: name, Schema: s})
	}
	if numeric {
		add("range", "start, stop (included) and step.", []int{1, 9, 2}, numbersSchema(3))
		add("linspace", "n values evenly from start to stop, both included.", []int{0, 100, 5}, numbersSchema(3))
		add("geomspace", "n values from start to stop with a constant ratio, both included; rounded where the parameter is an int.", []int{1, 1000, 4}, numbersSchema(3))
		add("pow2", "The powers of two from lo to hi, both included.", []int{128, 4096}, numbersSchema(2))
	}
	add("expr", "An expression over fixed parameters that gives an array.", "map(0..4, 10 ** #)", &document.Schema{Type: "string"})
	return forms
}

func numbersSchema(n int) *document.Schema {
	return &document.Schema{Type: "array", MinItems: new(n), MaxItems: new(n), Items: &document.Schema{Type: "number"}}
}

// namedAxisSchema is an axis that moves several parameters.
func namedAxisSchema(axes document.Properties, points *document.Schema, free bool) *document.Schema {
	zip := closed(axes)
	zip.MinProperties = new(1)
	zip.Description = "Parameters that move together: axes of equal length."
	if free {
		zip.AdditionalProperties = axisSchema(scalarSchema(), true)
	}
	named := closed(document.Properties{
		{Name: "zip", Schema: zip},
		{Name: "cases", Schema: &document.Schema{
			Type: "array", MinItems: new(1), Items: points,
			Description: "Points along the axis: each sets the same parameters.",
		}},
	})
	named.MinProperties, named.MaxProperties = new(1), new(1)
	return named
}
