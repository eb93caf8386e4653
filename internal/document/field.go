package document

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Types that are decoded and described in a way of their own.
var (
	positionType  = reflect.TypeFor[Position]()
	textType      = reflect.TypeFor[Text]()
	nodeType      = reflect.TypeFor[Node]()
	durationType  = reflect.TypeFor[time.Duration]()
	anyType       = reflect.TypeFor[any]()
	decoderType   = reflect.TypeFor[Decoder]()
	describerType = reflect.TypeFor[Describer]()
	locatedType   = reflect.TypeFor[located]()
	orderedType   = reflect.TypeFor[ordered]()
)

// A field is a key of a struct's map, as its tags tell. Decode and SchemaOf
// both go by it, so that they cannot disagree.
type field struct {
	name     string
	index    []int
	typ      reflect.Type
	doc      string
	required bool
	fallback string // the default, in YAML
	example  string // in YAML
	rules    rules
}

// rules bound a scalar, each item of a list, or each key of a Map.
type rules struct {
	enum     []string
	min, max string
	pattern  string
}

// fieldsOf lists the fields of a struct that have a yaml tag, embedded structs
// flattened.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for sf := range t.Fields() {
		name := sf.Tag.Get("yaml")
		switch {
		case name == "" && sf.Anonymous && sf.Type.Kind() == reflect.Struct && sf.Type != positionType:
			for _, inner := range fieldsOf(sf.Type) {
				inner.index = append(append([]int{}, sf.Index...), inner.index...)
				fields = append(fields, inner)
			}
		case name != "" && name != "-" && sf.IsExported():
			fields = append(fields, newField(name, sf))
		}
	}
	return fields
}

func newField(name string, sf reflect.StructField) field {
	f := field{
		name:     name,
		index:    sf.Index,
		typ:      sf.Type,
		doc:      sf.Tag.Get("doc"),
		fallback: sf.Tag.Get("default"),
		example:  sf.Tag.Get("example"),
		rules: rules{
			min:     sf.Tag.Get("min"),
			max:     sf.Tag.Get("max"),
			pattern: sf.Tag.Get("pattern"),
		},
	}
	f.required, _ = strconv.ParseBool(sf.Tag.Get("required"))
	if enum := sf.Tag.Get("enum"); enum != "" {
		f.rules.enum = strings.Split(enum, ",")
	}
	return f
}

// writtenNowhere makes a node of a YAML value from a tag.
func writtenNowhere(path *step, text string) (Node, Problems) {
	t, p := parseValue(newSource("", []byte(text)))
	if t == nil {
		return Node{}, p
	}
	t.src = nil
	return Node{tree: t, yaml: t.root(), path: path}, p
}

// plain turns a node into what encoding/json writes.
func plain(n *yaml.Node) any {
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = plain(item)
		}
		return list
	case yaml.MappingNode:
		object := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			object[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return object
	}
	_, value := resolve(n)
	return value
}
