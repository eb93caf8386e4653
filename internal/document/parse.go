package document

import (
	"bytes"
	"errors"
	"io"

	"gopkg.in/yaml.v3"
)

// Parse makes a tree of one YAML document, a map. The tree is nil where the text
// could not be read as YAML, or is no map; otherwise it may be decoded even if
// there are problems, to find those that remain.
func Parse(name string, src []byte) (*Tree, Problems) {
	if p := tooLong(name, src); p != nil {
		return nil, p
	}
	s := newSource(name, bytes.TrimPrefix(src, []byte("\uFEFF")))
	t, p := parseValue(s)
	if t == nil {
		return nil, p
	}
	if root := t.Root(); root.Kind() != Mapping && root.Kind() != Invalid {
		root.Problem(&p, "is this a YAML file?", "expected a map of keys and values, found %s", root.describe())
		return nil, p
	}
	return t, p
}

// parseValue makes a tree of one YAML document of any kind.
func parseValue(s *source) (*Tree, Problems) {
	if p := unreadable(s); p != nil {
		return nil, p
	}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(s.text))
	err := decodeNode(dec, &doc)
	if errors.Is(err, io.EOF) || err == nil && isNothing(doc.Content[0]) {
		var p Problems
		p.Add(Position{File: s.name, Line: 1, Col: 1}, "", "nothing is written here")
		return nil, p
	}
	if err != nil {
		return nil, Problems{syntaxProblem(s, err)}
	}
	c := checker{tree: &Tree{doc: &doc, src: s}, open: map[*yaml.Node]bool{}}
	doc.Content[0] = c.check(c.tree.Root())
	switch err := decodeNode(dec, &second); {
	case err == nil:
		at := c.tree.position(&second)
		c.problems.Add(at, "keep one document per file", "a second document begins here")
	case !errors.Is(err, io.EOF):
		c.problems = append(c.problems, syntaxProblem(s, err))
	}
	return c.tree, c.problems
}

// isNothing tells whether a document has no content, only its --- perhaps.
func isNothing(root *yaml.Node) bool {
	return root.Kind == yaml.ScalarNode && root.Value == "" && root.Style == 0 && root.Anchor == ""
}

// errParser stands for a fault of the parser itself.
var errParser = errors.New("yaml: the parser cannot read this")

// decodeNode reads the next document. The parser has a history of panics on
// malformed text; none is known in this version, and if there is one, it is one
// more way not to be YAML.
func decodeNode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errParser
		}
	}()
	return dec.Decode(n)
}
