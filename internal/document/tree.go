package document

import (
	"slices"
	"strconv"

	"gopkg.in/yaml.v3"
)

// A Tree is a YAML document whose nodes know where they were written.
type Tree struct {
	doc *yaml.Node // the document node, which holds the outermost comments
	src *source    // nil for a value that no one wrote: a default
	// foreign names the source of each node that does not come from src.
	foreign map[*yaml.Node]*source
}

// Root is the outermost map.
func (t *Tree) Root() Node { return Node{tree: t, yaml: t.root()} }

// Lookup finds the node at a path of keys and list indexes.
func (t *Tree) Lookup(path ...string) (Node, bool) {
	n, depth := t.descend(path)
	if depth < len(path) {
		return Node{}, false
	}
	return n, true
}

// Position is the place of the value at a path, or of the innermost value
// around it that exists.
func (t *Tree) Position(path ...string) Position {
	n, _ := t.descend(path)
	return n.Position()
}

// Delete removes a key of a map, and tells whether it was there.
func (t *Tree) Delete(path ...string) bool {
	if len(path) == 0 {
		return false
	}
	last := len(path) - 1
	parent, depth := t.descend(path[:last])
	if depth < last || parent.yaml.Kind != yaml.MappingNode {
		return false
	}
	i := findKey(parent.yaml, path[last])
	if i < 0 {
		return false
	}
	parent.yaml.Content = slices.Delete(parent.yaml.Content, i, i+2)
	return true
}

// descend follows a path as far as it exists, and says how far that was.
func (t *Tree) descend(path []string) (Node, int) {
	n := t.Root()
	for depth, name := range path {
		next, ok := n.child(name)
		if !ok {
			return n, depth
		}
		n = next
	}
	return n, len(path)
}

func (t *Tree) root() *yaml.Node { return t.doc.Content[0] }

func (t *Tree) sourceOf(n *yaml.Node) *source {
	if src, ok := t.foreign[n]; ok {
		return src
	}
	return t.src
}

func (t *Tree) position(n *yaml.Node) Position {
	src := t.sourceOf(n)
	if src == nil {
		return Position{}
	}
	if n.Line > len(src.lines) { // the parser adds a line break to the last line
		return src.at(len(src.text))
	}
	return Position{File: src.name, Line: n.Line, Col: n.Column}
}

// adopt notes that a node and all below it come from another tree.
func (t *Tree) adopt(n *yaml.Node, from *Tree) {
	if t.foreign == nil {
		t.foreign = map[*yaml.Node]*source{}
	}
	t.foreign[n] = from.sourceOf(n)
	for _, child := range n.Content {
		t.adopt(child, from)
	}
}

// findKey is the index of a key in a map's content, -1 if it is not there.
func findKey(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// listIndex reads a path's name as an index of a list of n items.
func listIndex(name string, n int) (int, bool) {
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && i < n
}
