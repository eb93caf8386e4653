package document

import (
	"fmt"
	"iter"
	"strconv"

	"gopkg.in/yaml.v3"
)

// A Kind is what a node holds.
type Kind uint8

// The kinds of nodes and the Go types of their scalar values. Invalid is what
// Parse has already reported; decoding it is silent.
const (
	Invalid Kind = iota
	Bool         // bool
	Int          // int
	Float        // float64, always finite
	String       // string
	List
	Mapping
)

// A Node is one value in a tree. The zero value is Invalid.
type Node struct {
	tree *Tree
	yaml *yaml.Node
	path *step
}

// A step is the last name of a node's path.
type step struct {
	up   *step
	name string
}

// Position is where the value begins.
func (n Node) Position() Position {
	if n.yaml == nil {
		return Position{}
	}
	return n.tree.position(n.yaml)
}

// Path names the value as --set does: "measure.samples", "plots.0.x"; empty
// for the root.
func (n Node) Path() string { return n.path.String() }

func (s *step) String() string {
	if s == nil {
		return ""
	}
	return join(s.up.String(), s.name)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Kind tells what the node holds.
func (n Node) Kind() Kind {
	if n.yaml == nil {
		return Invalid
	}
	switch n.yaml.Kind {
	case yaml.SequenceNode:
		return List
	case yaml.MappingNode:
		return Mapping
	case yaml.ScalarNode:
		kind, _ := resolve(n.yaml)
		return kind
	}
	return Invalid
}

// Scalar is the value as int, float64, string or bool; nil if the node is a
// list, a map or Invalid.
func (n Node) Scalar() any {
	if n.yaml == nil || n.yaml.Kind != yaml.ScalarNode {
		return nil
	}
	_, value := resolve(n.yaml)
	return value
}

// Text is the scalar's text, unquoted, with its position: of a number too.
func (n Node) Text() Text {
	if n.yaml == nil || n.yaml.Kind != yaml.ScalarNode {
		return Text{Position: n.Position()}
	}
	return Text{Value: n.yaml.Value, Position: n.Position(), src: n.tree.sourceOf(n.yaml), style: n.yaml.Style}
}

// Len counts the items of a list or the keys of a map.
func (n Node) Len() int {
	switch n.Kind() {
	case List:
		return len(n.yaml.Content)
	case Mapping:
		return len(n.yaml.Content) / 2
	}
	return 0
}

// Items yields the items of a list.
func (n Node) Items() iter.Seq2[int, Node] {
	return func(yield func(int, Node) bool) {
		if n.Kind() != List {
			return
		}
		for i, item := range n.yaml.Content {
			if !yield(i, n.below(item, strconv.Itoa(i))) {
				return
			}
		}
	}
}

// Entries yields the keys and values of a map in their order.
func (n Node) Entries() iter.Seq2[Text, Node] {
	return func(yield func(Text, Node) bool) {
		if n.Kind() != Mapping {
			return
		}
		for i := 0; i+1 < len(n.yaml.Content); i += 2 {
			key := Node{tree: n.tree, yaml: n.yaml.Content[i]}.Text()
			if !yield(key, n.below(n.yaml.Content[i+1], key.Value)) {
				return
			}
		}
	}
}

// Get finds the value of a key in a map.
func (n Node) Get(key string) (Node, bool) {
	if n.Kind() != Mapping {
		return Node{}, false
	}
	return n.child(key)
}

// child finds a key of a map or an index of a list.
func (n Node) child(name string) (Node, bool) {
	switch n.Kind() {
	case Mapping:
		if i := findKey(n.yaml, name); i >= 0 {
			return n.below(n.yaml.Content[i+1], name), true
		}
	case List:
		if i, ok := listIndex(name, len(n.yaml.Content)); ok {
			return n.below(n.yaml.Content[i], name), true
		}
	}
	return Node{}, false
}

func (n Node) below(child *yaml.Node, name string) Node {
	return Node{tree: n.tree, yaml: child, path: &step{up: n.path, name: name}}
}

// Problem reports something about the node, whose path the message begins
// with. Of a node that is Invalid nothing more is said.
func (n Node) Problem(p *Problems, hint, format string, args ...any) {
	if n.Kind() != Invalid {
		n.report(p, hint, format, args...)
	}
}

func (n Node) report(p *Problems, hint, format string, args ...any) {
	p.Add(n.Position(), hint, "%s", n.message(format, args...))
}

// message begins with the node's path.
func (n Node) message(format string, args ...any) string {
	message := fmt.Sprintf(format, args...)
	if path := n.Path(); path != "" {
		message = abbreviate(path) + ": " + message
	}
	return message
}

// Expected reports that the node is not what it should be, such as "a number
// or a map", and says what it is instead.
func (n Node) Expected(what string, p *Problems) {
	n.Problem(p, "", "expected %s, found %s", what, n.describe())
}

// describe says what the node is, in words.
func (n Node) describe() string {
	switch n.Kind() {
	case Bool, Int, Float:
		return abbreviate(n.yaml.Value)
	case String:
		return "the text " + strconv.Quote(abbreviate(n.yaml.Value))
	case List:
		return "a list"
	case Mapping:
		return "a map"
	}
	return "nothing"
}

// abbreviate keeps a message readable whatever it quotes.
func abbreviate(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
