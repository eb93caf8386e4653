package document

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Set changes the value at a path such as "measure.samples" or "plots.0.x" to
// a YAML value, and makes maps on the way. Problems with the value have the
// File "--set path" and the place in the value.
func (t *Tree) Set(path string, value string) error { return t.SetFrom("--set", path, value) }

// SetFrom is Set for a value that does not come from --set; origin names where
// it comes from.
func (t *Tree) SetFrom(origin, path, value string) error {
	at := Position{File: origin + " " + path}
	if strings.TrimSpace(value) == "" {
		return problem(at, `an empty text is written ""`, "the value is missing")
	}
	names := splitPath(path)
	for _, name := range names {
		if name == "" {
			return problem(at, "names stand between dots: measure.samples", "the path has an empty name")
		}
	}
	from, problems := parseValue(newSource(at.File, []byte(value)))
	if len(problems) > 0 {
		return problems
	}
	s := setter{tree: t, from: from, at: at}
	return s.set(t.Root(), names)
}

func problem(at Position, hint, format string, args ...any) error {
	var p Problems
	p.Add(at, hint, format, args...)
	return p
}

func splitPath(path string) []string { return strings.Split(path, ".") }

// A setter puts the root of one tree into another.
type setter struct {
	tree, from *Tree
	at         Position
}

// set puts the value at the path below n.
func (s *setter) set(n Node, path []string) error {
	name, rest := path[0], path[1:]
	next, there := n.child(name)
	if there && len(rest) > 0 {
		return s.set(next, rest)
	}
	value := s.value(rest)
	switch {
	case n.Kind() == List && !there:
		return problem(s.at, "", "%s has %d items, counted from %s; there is no %q",
			n.Path(), n.Len(), join(n.Path(), "0"), name)
	case n.Kind() == List:
		s.replace(n.yaml.Content, next.yaml, value)
	case n.Kind() != Mapping:
		return problem(s.at, fmt.Sprintf("set %s itself", n.Path()), "%s is %s, which has no %q",
			n.Path(), n.describe(), name)
	case there:
		s.replace(n.yaml.Content, next.yaml, value)
	default:
		n.yaml.Content = append(n.yaml.Content, s.key(name), value)
	}
	return nil
}

// replace puts a value in the place of an old one, whose comments it keeps.
func (s *setter) replace(content []*yaml.Node, old, value *yaml.Node) {
	value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
	for i, n := range content {
		if n == old {
			content[i] = value
		}
	}
}

// value is the new value inside the maps that the rest of the path asks for.
func (s *setter) value(rest []string) *yaml.Node {
	value := s.from.root()
	for i := len(rest) - 1; i >= 0; i-- {
		value = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1,
			Content: []*yaml.Node{s.key(rest[i]), value}}
	}
	s.tree.adopt(value, s.from)
	return value
}

func (s *setter) key(name string) *yaml.Node {
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: 1, Column: 1}
	s.tree.adopt(key, s.from)
	return key
}
