package document

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Describer is implemented by a type that implements Decoder: the schema of
// what DecodeNode accepts.
type Describer interface{ JSONSchema() *Schema }

// durationForm is what time.ParseDuration accepts, behind the sign.
const durationForm = `(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

// SchemaOf describes what Tree.Decode accepts for a T, which must not contain
// itself. A type that Decode does not know gets a schema that no validator
// takes, so that a test notices.
func SchemaOf[T any]() *Schema { return schemaOf(reflect.TypeFor[T](), rules{}) }

func schemaOf(t reflect.Type, r rules) *Schema {
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(describerType):
		d, _ := reflect.New(t).Interface().(Describer)
		return d.JSONSchema()
	case t == nodeType:
		return &Schema{}
	case t == anyType:
		return &Schema{AnyOf: []*Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
	case t == textType:
		return textSchema(r)
	case t == durationType:
		return durationSchema(r)
	case p.Implements(locatedType):
		value, _ := t.FieldByName("Value")
		return schemaOf(value.Type, r)
	case p.Implements(orderedType):
		return orderedSchema(t, r)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), r)
	case reflect.Struct:
		return structSchema(t)
	case reflect.Slice:
		return &Schema{Type: "array", Items: schemaOf(t.Elem(), r)}
	}
	return scalarSchema(t, r)
}

func scalarSchema(t reflect.Type, r rules) *Schema {
	switch t.Kind() {
	case reflect.Bool:
		return &Schema{Type: "boolean"}
	case reflect.String:
		return textSchema(r)
	case reflect.Float32, reflect.Float64:
		return &Schema{Type: "number", Minimum: bound(r.min), Maximum: bound(r.max)}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		half := capacity(t.Bits() - 1)
		return integerSchema(r, -half, half-1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return integerSchema(r, 0, capacity(t.Bits())-1)
	}
	return &Schema{Type: fmt.Sprintf("unknown type %s", t)}
}

// durationSchema has no bounds but the sign: a pattern cannot count.
func durationSchema(r rules) *Schema {
	sign := "^[-+]?"
	if least, err := time.ParseDuration(r.min); err == nil && least >= 0 {
		sign = "^[+]?"
	}
	return &Schema{Type: "string", Pattern: sign + durationForm}
}

// capacity is how many values so many bits hold; of a 64-bit type, whose
// bounds no one wants to read, it is infinite.
func capacity(bits int) float64 {
	if bits >= 63 {
		return math.Inf(1)
	}
	return math.Ldexp(1, bits)
}

// integerSchema has the bounds of the rules within those of the Go type.
func integerSchema(r rules, low, high float64) *Schema {
	if b := bound(r.min); b != nil {
		low = max(low, *b)
	}
	if b := bound(r.max); b != nil {
		high = min(high, *b)
	}
	return &Schema{Type: "integer", Minimum: finite(low), Maximum: finite(high)}
}

func bound(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &f
}

func finite(f float64) *float64 {
	if math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func textSchema(r rules) *Schema {
	s := &Schema{Type: "string", Pattern: r.pattern}
	for _, name := range r.enum {
		s.Enum = append(s.Enum, name)
	}
	return s
}

func orderedSchema(t reflect.Type, r rules) *Schema {
	value, _ := t.Elem().FieldByName("Value")
	s := &Schema{Type: "object", AdditionalProperties: schemaOf(value.Type, rules{})}
	if r.pattern != "" {
		s.PropertyNames = &Schema{Pattern: r.pattern}
	}
	return s
}

func structSchema(t reflect.Type) *Schema {
	s := &Schema{Type: "object", AdditionalProperties: False()}
	for _, f := range fieldsOf(t) {
		s.Properties = append(s.Properties, Property{Name: f.name, Schema: fieldSchema(f)})
		if f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}

// fieldSchema is the schema of a field's type with what the field's tags say.
func fieldSchema(f field) *Schema {
	s := schemaOf(f.typ, f.rules)
	if f.doc != "" {
		s.Description = f.doc
	}
	if f.fallback != "" {
		if n, problems := writtenNowhere(nil, f.fallback); len(problems) == 0 {
			s.Default = plain(n.yaml)
		}
	}
	if f.example != "" {
		if n, problems := writtenNowhere(nil, f.example); len(problems) == 0 {
			s.Examples = []any{plain(n.yaml)}
		}
	}
	return s
}
