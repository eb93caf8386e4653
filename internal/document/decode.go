package document

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Decoder is implemented by a pointer to a type that decodes itself: a number
// or a map, a text or a list. It reports what is wrong to p. The rules in the
// tags of its field are its own business, but for required and default.
type Decoder interface{ DecodeNode(n Node, p *Problems) }

// Decode fills dst, a pointer to a struct, and reports every problem: unknown
// keys, wrong types, values out of bounds, keys that are missing.
func (t *Tree) Decode(dst any) Problems {
	var p Problems
	t.Root().Decode(dst, &p)
	return p
}

// Decode fills dst, a pointer, as Tree.Decode does.
func (n Node) Decode(dst any, p *Problems) {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		p.Add(n.Position(), "", "cannot decode into %T: a fault of the program", dst)
		return
	}
	d := decoder{problems: p, fields: map[reflect.Type][]field{}}
	d.decode(n, v.Elem(), rules{})
}

// A decoder fills Go values from nodes.
type decoder struct {
	problems *Problems
	fields   map[reflect.Type][]field
}

func (d *decoder) decode(n Node, v reflect.Value, r rules) {
	if n.Kind() == Invalid {
		return
	}
	switch dst := v.Addr().Interface().(type) {
	case Decoder:
		dst.DecodeNode(n, d.problems)
		return
	case *Node:
		*dst = n
		return
	case *any:
		if *dst = n.Scalar(); *dst == nil {
			n.Expected("a single value", d.problems)
		}
		return
	case *Text:
		d.text(n, dst, r)
		return
	case located:
		found := len(*d.problems)
		d.decode(n, reflect.ValueOf(dst.locate(n.Position())).Elem(), r)
		if len(*d.problems) > found { // what could not be read is as good as not written
			dst.locate(Position{})
		}
		return
	case ordered:
		d.ordered(n, dst, r)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, v.Elem(), r)
	case reflect.Struct:
		d.object(n, v)
	case reflect.Slice:
		d.list(n, v, r)
	default:
		d.scalar(n, v, r)
	}
}

func (d *decoder) list(n Node, v reflect.Value, r rules) {
	if n.Kind() != List {
		hint := ""
		if n.Kind() != Mapping {
			hint = listHint(n.yaml.Value)
		}
		n.Problem(d.problems, hint, "expected a list, found %s", n.describe())
		return
	}
	list := reflect.MakeSlice(v.Type(), n.Len(), n.Len())
	for i, item := range n.Items() {
		d.decode(item, list.Index(i), r)
	}
	v.Set(list)
}

// listHint says how a text would be written as a list: a command line has its
// words in one.
func listHint(text string) string {
	if words := strings.Fields(text); len(words) > 1 {
		return fmt.Sprintf("a list of its words is written [%s], a list of this one text [%s]",
			abbreviate(strings.Join(words, ", ")), `"`+abbreviate(text)+`"`)
	}
	return fmt.Sprintf("a list of one is written [%s]", abbreviate(text))
}

func (d *decoder) ordered(n Node, m ordered, r rules) {
	m.clear()
	if !d.isMap(n) {
		return
	}
	for key, value := range n.Entries() {
		if pattern, ok := r.matches(key.Value); !ok {
			d.problems.Add(key.Position, r.nameHint(key.Value), "%s",
				n.message("the name %q does not match %s", abbreviate(key.Value), pattern))
		}
		d.decode(value, reflect.ValueOf(m.add(key)).Elem(), rules{})
	}
}

func (d *decoder) isMap(n Node) bool {
	if n.Kind() == Mapping {
		return true
	}
	hint := ""
	if key, value, ok := strings.Cut(n.Text().Value, ":"); ok && n.Kind() == String {
		hint = fmt.Sprintf("a blank follows a colon: %s: %s", abbreviate(key), abbreviate(value))
	}
	n.Problem(d.problems, hint, "expected a map, found %s", n.describe())
	return false
}

// object fills a struct from a map.
func (d *decoder) object(n Node, v reflect.Value) {
	if !d.isMap(n) {
		return
	}
	locate(n, v)
	fields := d.fieldsOf(v.Type())
	for key, value := range n.Entries() {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		if i < 0 {
			d.unknown(n, key, fields)
			continue
		}
		d.decode(value, v.FieldByIndex(fields[i].index), fields[i].rules)
	}
	for _, f := range fields {
		if _, ok := n.Get(f.name); !ok {
			d.absent(n, v, f)
		}
	}
}

// locate fills the Position that a struct embeds.
func locate(n Node, v reflect.Value) {
	for i := range v.NumField() {
		if sf := v.Type().Field(i); sf.Anonymous && sf.Type == positionType {
			v.Field(i).Set(reflect.ValueOf(n.Position()))
		}
	}
}

// absent reports a required key that is missing, or decodes its default. A
// struct that is left out has the defaults of its fields.
func (d *decoder) absent(n Node, v reflect.Value, f field) {
	path := &step{up: n.path, name: f.name}
	switch {
	case f.required:
		hint := ""
		if f.example != "" {
			hint = fmt.Sprintf("for example %s: %s", f.name, f.example)
		}
		n.Problem(d.problems, hint, "key %q is missing", f.name)
	case f.fallback != "":
		value, p := writtenNowhere(path, f.fallback)
		*d.problems = append(*d.problems, p...)
		d.decode(value, v.FieldByIndex(f.index), f.rules)
	case f.typ.Kind() == reflect.Struct && !special(f.typ):
		inner := v.FieldByIndex(f.index)
		for _, g := range d.fieldsOf(f.typ) {
			g.required = false
			d.absent(Node{path: path}, inner, g)
		}
	}
}

// special tells whether a struct is more than the map of its fields.
func special(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t == nodeType || t == textType || p.Implements(decoderType) ||
		p.Implements(locatedType) || p.Implements(orderedType)
}

func (d *decoder) unknown(n Node, key Text, fields []field) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	where := ""
	if path := n.Path(); path != "" {
		where = " in " + abbreviate(path)
	}
	d.problems.Add(key.Position, Suggestion(key.Value, names), "unknown key %q%s", abbreviate(key.Value), where)
}

func (d *decoder) fieldsOf(t reflect.Type) []field {
	fields, ok := d.fields[t]
	if !ok {
		fields = fieldsOf(t)
		d.fields[t] = fields
	}
	return fields
}
