package document

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	// maxDepth is far beyond any document written for a reader.
	maxDepth = 100
	// maxCopied bounds what aliases may expand to, all together.
	maxCopied = 10_000
)

// A checker goes over a parsed tree, reports YAML's traps, and leaves a tree
// without aliases, merge keys, tags and duplicate keys.
type checker struct {
	tree     *Tree
	problems Problems
	open     map[*yaml.Node]bool // the anchored nodes around the current one
	copied   int                 // nodes made by expanding aliases
	depth    int
	reading  cursor
}

// check answers the node that takes n's place.
func (c *checker) check(n Node) *yaml.Node {
	c.depth++
	defer func() { c.depth-- }()
	y := n.yaml
	switch {
	case c.depth > maxDepth:
		return c.refuse(n, "", "nested deeper than %d levels", maxDepth)
	case y.Kind == yaml.AliasNode:
		return c.alias(n)
	case c.reading.tagged(c.tree.src, y):
		return c.refuse(n, "quote a text that begins with !", "a tag has no meaning here")
	}
	if y.Anchor != "" {
		y.Anchor = ""
		c.open[y] = true
		defer delete(c.open, y)
	}
	switch y.Kind {
	case yaml.ScalarNode:
		c.scalar(n)
	case yaml.SequenceNode:
		for i, item := range y.Content {
			y.Content[i] = c.check(n.below(item, strconv.Itoa(i)))
		}
	case yaml.MappingNode:
		c.mapping(n)
	}
	return y
}

// refuse reports a node and answers one that stands for it.
func (c *checker) refuse(n Node, hint, format string, args ...any) *yaml.Node {
	n.report(&c.problems, hint, format, args...)
	return broken(n.yaml)
}

// broken is a node in the place of n that decodes to nothing, silently.
func broken(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: brokenTag, Line: n.Line, Column: n.Column}
}

func (c *checker) scalar(n Node) {
	if kind, _ := resolve(n.yaml); kind != Invalid {
		return
	}
	why := trapOf(n.yaml)
	n.report(&c.problems, why.hint, "%s", why.message)
	n.yaml.Tag = brokenTag
}

// alias copies what the alias stands for, so that a change of one place never
// shows up in another.
func (c *checker) alias(n Node) *yaml.Node {
	target := n.yaml.Alias
	if c.open[target] {
		return c.refuse(n, "", "the alias *%s stands inside its own anchor", n.yaml.Value)
	}
	if c.copied > maxCopied {
		return broken(n.yaml)
	}
	expanded := c.copy(target)
	if c.copied > maxCopied {
		return c.refuse(n, "write the values out, or make a sweep of them",
			"aliases expand to more than %d values", maxCopied)
	}
	if c.depth+height(expanded) > maxDepth+1 {
		return c.refuse(n, "", "nested deeper than %d levels", maxDepth)
	}
	return expanded
}

// copy clones a checked node without its comments; it stops at maxCopied.
func (c *checker) copy(n *yaml.Node) *yaml.Node {
	c.copied++
	clone := *n
	clone.HeadComment, clone.LineComment, clone.FootComment = "", "", ""
	clone.Content = nil
	for _, child := range n.Content {
		if c.copied > maxCopied {
			break
		}
		clone.Content = append(clone.Content, c.copy(child))
	}
	return &clone
}

func height(n *yaml.Node) int {
	most := 0
	for _, child := range n.Content {
		most = max(most, height(child))
	}
	return most + 1
}

// mapping checks keys and values, drops keys that are no text or there already,
// and writes merge keys out.
func (c *checker) mapping(n Node) {
	content := n.yaml.Content
	seen := make(map[string]*yaml.Node, len(content)/2)
	kept := content[:0]
	var merges []*yaml.Node
	for i := 0; i+1 < len(content); i += 2 {
		key, value := content[i], content[i+1]
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			merges = append(merges, c.check(n.below(value, key.Value)))
			continue
		}
		ok := c.key(n.below(key, key.Value), seen)
		if n.yaml.Style&yaml.FlowStyle != 0 && isNothing(value) {
			value = c.refuse(n.below(value, key.Value), "in braces, quote a text that holds a comma", "has no value")
		} else {
			value = c.check(n.below(value, key.Value))
		}
		if ok {
			seen[key.Value] = key
			kept = append(kept, key, value)
		}
	}
	n.yaml.Content = kept
	for _, from := range merges {
		c.merge(n, from, seen)
	}
}

// key tells whether a key may stay.
func (c *checker) key(key Node, seen map[string]*yaml.Node) bool {
	y := key.yaml
	at := c.tree.position(y)
	kind := Invalid
	if y.Kind == yaml.ScalarNode {
		kind, _ = resolve(y)
	}
	if kind != String || c.reading.tagged(c.tree.src, y) {
		hint := "write each key as a name"
		if y.Kind == yaml.ScalarNode && y.Value != "" {
			hint = "quote it: " + strconv.Quote(abbreviate(y.Value))
		}
		c.problems.Add(at, hint, "this key is not a text")
		return false
	}
	y.Anchor = ""
	if first := seen[y.Value]; first != nil {
		was := c.tree.position(first)
		c.problems.Add(at, "keep one of them", "key %q is given twice, first in line %d, column %d",
			abbreviate(y.Value), was.Line, was.Col)
		return false
	}
	return true
}

// merge adds the entries of a merge key's value, a map or a list of maps, that
// are not there yet.
func (c *checker) merge(into Node, from *yaml.Node, seen map[string]*yaml.Node) {
	switch {
	case from.Kind == yaml.SequenceNode: // a list of lists does no harm
		for _, item := range from.Content {
			c.merge(into, item, seen)
		}
	case from.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(from.Content); i += 2 {
			key := from.Content[i]
			if seen[key.Value] == nil {
				seen[key.Value] = key
				into.yaml.Content = append(into.yaml.Content, key, from.Content[i+1])
			}
		}
	case from.Tag != brokenTag:
		c.problems.Add(c.tree.position(from), "a merge key takes *name of a map, or a list of those",
			"the merge key << has no map to merge")
	}
}

// A cursor follows the nodes through the text in their order, so that a line of
// a million values is read once and not a million times.
type cursor struct{ line, col, offset int }

// tagged tells whether a tag stands before a node. The parser drops the tag
// "!", which would turn the expression "! flash" into "flash".
func (r *cursor) tagged(src *source, n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle != 0 {
		return true
	}
	if r.line != n.Line || r.col > n.Column {
		*r = cursor{line: n.Line, col: 1, offset: src.offset(n.Line, 1)}
	}
	for ; r.col < n.Column && r.offset < len(src.text); r.col++ {
		_, size := utf8.DecodeRune(src.text[r.offset:])
		r.offset += size
	}
	ahead := src.text[r.offset:]
	if n.Anchor != "" {
		ahead = ahead[len(anchorAhead().Find(ahead)):]
	}
	return bytes.HasPrefix(ahead, []byte("!"))
}
