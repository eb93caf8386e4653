package document

import (
	"iter"

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

// A Tree is a YAML document whose nodes know where they were written.
type Tree struct {
	root *yaml.Node
}

// A Node is one value in a tree. The zero value is Invalid.
type Node struct {
	yaml *yaml.Node
}

// Root is the outermost map.
func (t *Tree) Root() Node { return Node{} }

// Lookup finds the node at a path of keys and list indexes.
func (t *Tree) Lookup(path ...string) (Node, bool) { return Node{}, false }

// Position is the place of the value at a path, or of the innermost value
// around it that exists.
func (t *Tree) Position(path ...string) Position { return Position{} }

// Position is where the value begins.
func (n Node) Position() Position { return Position{} }

// Path names the value for messages: "measure.samples", "plots[0].x"; empty
// for the root.
func (n Node) Path() string { return "" }

// Kind tells what the node holds.
func (n Node) Kind() Kind { return Invalid }

// Scalar is the value as int, float64, string or bool; nil if the node is a
// list or a map.
func (n Node) Scalar() any { return nil }

// Text is the scalar as it was written, unquoted, with its position.
func (n Node) Text() Text { return Text{} }

// Len counts the items of a list or the keys of a map.
func (n Node) Len() int { return 0 }

// Items yields the items of a list.
func (n Node) Items() iter.Seq2[int, Node] { return func(func(int, Node) bool) {} }

// Entries yields the keys and values of a map in their order.
func (n Node) Entries() iter.Seq2[Text, Node] { return func(func(Text, Node) bool) {} }

// Get finds the value of a key in a map.
func (n Node) Get(key string) (Node, bool) { return Node{}, false }

// Decode fills dst, a pointer, as Tree.Decode does.
func (n Node) Decode(dst any, p *Problems) {}

// Expected reports that the node is not what it should be, such as "a number
// or a map", and says what it is instead.
func (n Node) Expected(what string, p *Problems) {}
