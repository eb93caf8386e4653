package document

import (
	"bytes"
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// Encode writes the tree as YAML, with its comments where they can be kept.
// What it writes parses to the same values: that is checked.
func (t *Tree) Encode() ([]byte, error) {
	if text, err := t.encoded(t.doc); err == nil {
		return text, nil
	}
	// The encoder misplaces some comments and block texts; without them it
	// does not.
	text, err := t.encoded(bare(t.doc))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", t.src.name, err)
	}
	return text, nil
}

var errNotSame = errors.New("the text would not hold the same values")

// encoded writes a document and reads it back.
func (t *Tree) encoded(doc *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	back, problems := parseValue(newSource("", b.Bytes()))
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if b.Len() > MaxBytes {
		return nil, tooLong("", b.Bytes())
	}
	if !same(back.root(), t.root()) {
		return nil, errNotSame
	}
	return b.Bytes(), nil
}

// same tells whether two nodes hold the same values in the same order.
func same(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind == yaml.ScalarNode {
		kind, value := resolve(a)
		otherKind, other := resolve(b)
		return kind != Invalid && kind == otherKind && value == other
	}
	for i := range a.Content {
		if !same(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// bare copies a node without comments, in block style, each text in double
// quotes.
func bare(n *yaml.Node) *yaml.Node {
	clone := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value}
	if n.Kind == yaml.ScalarNode {
		if kind, _ := resolve(n); kind == String {
			clone.Tag, clone.Style = "!!str", yaml.DoubleQuotedStyle
		}
	}
	for _, child := range n.Content {
		clone.Content = append(clone.Content, bare(child))
	}
	return clone
}
