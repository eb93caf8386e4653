package document

import (
	"slices"

	"gopkg.in/yaml.v3"
)

// Merge makes t extend base: maps are merged deeply, lists and scalars of t
// replace those of base, and keys stand in the order of base. At a path that is
// one of whole, where * stands for any name ("sweep.*"), a map of t replaces
// that of base like a scalar. The trees share nodes then: base must not be used
// any more.
func (t *Tree) Merge(base *Tree, whole ...string) {
	m := merger{tree: t, base: base, whole: make([][]string, len(whole))}
	for i, path := range whole {
		m.whole[i] = splitPath(path)
	}
	t.doc.Content[0] = m.merge(t.root(), base.root(), nil)
}

type merger struct {
	tree, base *Tree
	whole      [][]string
}

// merge lays over on under, and answers the node that takes their place.
func (m *merger) merge(over, under *yaml.Node, path []string) *yaml.Node {
	if over.Kind != yaml.MappingNode || under.Kind != yaml.MappingNode || m.isWhole(path) {
		return over
	}
	var merged []*yaml.Node
	overKeys, underKeys := keysOf(over), keysOf(under)
	for i := 0; i+1 < len(under.Content); i += 2 {
		key, value := under.Content[i], under.Content[i+1]
		j, both := overKeys[key.Value]
		if !both {
			m.tree.adopt(key, m.base)
			m.tree.adopt(value, m.base)
			merged = append(merged, key, value)
			continue
		}
		inner := append(slices.Clip(path), key.Value)
		merged = append(merged, over.Content[j], m.merge(over.Content[j+1], value, inner))
	}
	for i := 0; i+1 < len(over.Content); i += 2 {
		if _, both := underKeys[over.Content[i].Value]; !both {
			merged = append(merged, over.Content[i], over.Content[i+1])
		}
	}
	over.Content = merged
	return over
}

// keysOf tells where each key of a map stands in its content.
func keysOf(n *yaml.Node) map[string]int {
	keys := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		keys[n.Content[i].Value] = i
	}
	return keys
}

func (m *merger) isWhole(path []string) bool {
	return slices.ContainsFunc(m.whole, func(pattern []string) bool {
		return slices.EqualFunc(pattern, path, func(want, name string) bool { return want == "*" || want == name })
	})
}
