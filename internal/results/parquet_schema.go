package results

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"runx/workloads"
)

// ordered is a group whose fields keep the declared order: parquet.Group is a
// map and sorts its fields by name.
type ordered struct {
	parquet.Group
	rank map[string]int
}

func (g ordered) Fields() []parquet.Field {
	fields := g.Group.Fields() // a fresh slice on every call
	slices.SortFunc(fields, func(a, b parquet.Field) int {
		return cmp.Compare(g.rank[a.Name()], g.rank[b.Name()])
	})
	return fields
}

// schema checks the columns and makes their Parquet schema.
func schema(name string, cols []Column) (*parquet.Schema, error) {
	g := ordered{parquet.Group{}, map[string]int{}}
	for i, c := range cols {
		if !workloads.NamePattern.MatchString(c.Name) {
			return nil, fmt.Errorf("column %q does not match %s", c.Name, workloads.NamePattern)
		}
		if _, twice := g.Group[c.Name]; twice {
			return nil, fmt.Errorf("column %q is there twice", c.Name)
		}
		node, err := leaf(c)
		if err != nil {
			return nil, err
		}
		g.Group[c.Name], g.rank[c.Name] = node, i
	}
	return parquet.NewSchema(name, g), nil
}

// leaf is the node of one column. The encodings are those that every reader
// knows with data pages V1: the default of parquet-go for strings
// (DELTA_LENGTH_BYTE_ARRAY) breaks some.
func leaf(c Column) (parquet.Node, error) {
	var node parquet.Node
	var enc encoding.Encoding
	switch c.Type {
	case Int64:
		node, enc = parquet.Int(64), &parquet.RLEDictionary
		if c.Kind == KeyColumn { // round and rep count up
			enc = &parquet.DeltaBinaryPacked
		}
	case Double:
		node, enc = parquet.Leaf(parquet.DoubleType), &parquet.RLEDictionary
	case String:
		node, enc = parquet.String(), &parquet.RLEDictionary
	case Bool:
		node, enc = parquet.Leaf(parquet.BooleanType), &parquet.Plain
	case Timestamp:
		node, enc = parquet.Timestamp(parquet.Microsecond), &parquet.DeltaBinaryPacked
	default:
		return nil, fmt.Errorf("column %q has the unknown type %q", c.Name, c.Type)
	}
	node = parquet.Encoded(node, enc)
	if !c.Required {
		node = parquet.Optional(node)
	}
	return node, nil
}
