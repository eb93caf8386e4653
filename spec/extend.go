package spec

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"runx/internal/document"
)

// maxExtends bounds a chain of specs that extend each other.
const maxExtends = 16

// replacedWhole are the maps that one spec does not complete in another: half
// of an axis is none.
var replacedWhole = []string{"params.*", "sweep.*", "extract.*"}

// extend merges the spec that the tree extends, and those that this one
// extends in turn. It is false where one of them cannot be had.
func (l *loader) extend(name string) bool {
	chain := []string{filepath.Clean(name)}
	for {
		n, ok := l.tree.Lookup("extends")
		if !ok {
			return true
		}
		l.changed = true
		l.tree.Delete("extends")
		base := l.readBase(n, &chain)
		if base == nil {
			return false
		}
		giveWay(base, l.tree)
		l.tree.Merge(base, replacedWhole...)
	}
}

// readBase reads the file that n names, which the last file of the chain
// extends; nil where it cannot be had, and the problem is noted.
func (l *loader) readBase(n document.Node, chain *[]string) *document.Tree {
	if n.Kind() != document.String {
		n.Expected("the name of a file", &l.problems)
		return nil
	}
	at := n.Position()
	path := n.Text().Value
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir((*chain)[len(*chain)-1]), path)
	}
	path = filepath.Clean(path)
	if slices.Contains(*chain, path) {
		l.problems.Add(at, "", "a spec cannot extend itself: %s", strings.Join(append(*chain, path), " -> "))
		return nil
	}
	if len(*chain) > maxExtends {
		l.problems.Add(at, "", "more than %d specs extend each other", maxExtends)
		return nil
	}
	*chain = append(*chain, path)
	src, err := readFile(path)
	if err != nil {
		l.problems.Add(at, "extends is relative to the file that it stands in", "%s", extendsError(path, err))
		return nil
	}
	base, problems := document.Parse(path, src)
	l.problems = append(l.problems, problems...)
	return base
}

func extendsError(path string, err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no file " + path
	}
	return err.Error()
}

// giveWay removes from base the parameters that over fixes or sweeps, where
// base does the other of the two: what extends decides.
func giveWay(base, over *document.Tree) {
	fixed := keys(over, "params")
	swept := sweptIn(over)
	for _, name := range swept {
		base.Delete("params", name)
	}
	var replaced []string
	axes, _ := base.Lookup("sweep")
	for label, axis := range axes.Entries() {
		moved := sweptBy(label, axis)
		_, same := over.Lookup("sweep", label.Value)
		if len(moved) == 1 && !same && (slices.Contains(fixed, moved[0].Value) || slices.Contains(swept, moved[0].Value)) {
			replaced = append(replaced, label.Value)
		}
	}
	for _, label := range replaced {
		base.Delete("sweep", label)
	}
}

// sweptIn names the parameters that the axes of a tree move.
func sweptIn(t *document.Tree) []string {
	var names []string
	axes, _ := t.Lookup("sweep")
	for label, axis := range axes.Entries() {
		for _, name := range sweptBy(label, axis) {
			names = append(names, name.Value)
		}
	}
	return names
}

func keys(t *document.Tree, path ...string) []string {
	var names []string
	n, _ := t.Lookup(path...)
	for key := range n.Entries() {
		names = append(names, key.Value)
	}
	return names
}
