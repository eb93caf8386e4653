package document

// A Schema is a JSON Schema (draft-07), built by hand or by SchemaOf, and
// written by encoding/json.
type Schema struct {
	Schema               string     `json:"$schema,omitempty"`
	Ref                  string     `json:"$ref,omitempty"`
	Title                string     `json:"title,omitempty"`
	Description          string     `json:"description,omitempty"`
	Type                 string     `json:"type,omitempty"`
	Const                any        `json:"const,omitempty"`
	Enum                 []any      `json:"enum,omitempty"`
	Default              any        `json:"default,omitempty"`
	Examples             []any      `json:"examples,omitempty"`
	Minimum              *float64   `json:"minimum,omitempty"`
	Maximum              *float64   `json:"maximum,omitempty"`
	MinLength            *int       `json:"minLength,omitempty"`
	Pattern              string     `json:"pattern,omitempty"`
	Items                *Schema    `json:"items,omitempty"`
	MinItems             *int       `json:"minItems,omitempty"`
	MaxItems             *int       `json:"maxItems,omitempty"`
	Properties           Properties `json:"properties,omitempty"`
	PatternProperties    Properties `json:"patternProperties,omitempty"`
	PropertyNames        *Schema    `json:"propertyNames,omitempty"`
	AdditionalProperties *Schema    `json:"additionalProperties,omitempty"` // False() closes the map
	MinProperties        *int       `json:"minProperties,omitempty"`
	MaxProperties        *int       `json:"maxProperties,omitempty"`
	Required             []string   `json:"required,omitempty"`
	AllOf                []*Schema  `json:"allOf,omitempty"`
	AnyOf                []*Schema  `json:"anyOf,omitempty"`
	OneOf                []*Schema  `json:"oneOf,omitempty"`
	Not                  *Schema    `json:"not,omitempty"`
	If                   *Schema    `json:"if,omitempty"`
	Then                 *Schema    `json:"then,omitempty"`
	Else                 *Schema    `json:"else,omitempty"`
	Definitions          Properties `json:"definitions,omitempty"`
	never                bool
}

// Properties are named schemas, written in their order.
type Properties []Property

// Property is one named schema.
type Property struct {
	Name   string
	Schema *Schema
}

// Get finds a property; nil if there is none.
func (p Properties) Get(name string) *Schema { return nil }

// False is the schema that nothing satisfies.
func False() *Schema { return &Schema{never: true} }

// SchemaOf describes what Tree.Decode accepts for a T.
func SchemaOf[T any]() *Schema { return &Schema{} }
