package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"runx/internal/document"
	"runx/workloads"
)

// conflicts collects why a workload refuses points of the grid.
type conflicts struct {
	check   func(workloads.Values) error
	checked int // points that the workload was asked about
	kinds   []*conflict
	byKind  map[string]*conflict
}

// A conflict is one reason to refuse points.
type conflict struct {
	err    error  // of the first point
	place  string // where that one is
	points int
}

// ask asks the workload about the point at which the walker is.
func (c *conflicts) ask(w *walker) {
	if c.check == nil {
		return
	}
	c.checked++
	err := c.check(w.env)
	if err == nil {
		return
	}
	kind := kindOfConflict(err)
	found := c.byKind[kind]
	if found == nil {
		if c.byKind == nil {
			c.byKind = map[string]*conflict{}
		}
		found = &conflict{err: err, place: w.place(w.moved())}
		c.byKind[kind] = found
		c.kinds = append(c.kinds, found)
	}
	found.points++
}

// kindOfConflict tells apart what a person mends apart: the text has the values
// of one point in it.
func kindOfConflict(err error) string {
	c, ok := errors.AsType[*workloads.Conflict](err)
	if !ok {
		return ""
	}
	return strings.Join(append(slices.Clone(c.Params), c.Where, c.Cure), "\n")
}

// moved are the parameters that the axes move.
func (sp *space) moved() []string {
	var names []string
	for _, a := range sp.axes {
		names = append(names, a.params...)
	}
	return names
}

// reportConflicts reports each reason once, with its first point.
func (b *builder) reportConflicts(c *conflicts, complete bool) {
	for _, found := range c.kinds {
		extent := ""
		if found.points > 1 {
			of := "of"
			if !complete {
				of = "of the first"
			}
			extent = fmt.Sprintf("; %d %s %d points have this problem", found.points, of, c.checked)
		}
		hint := found.hint(found.points < c.checked)
		what, more, _ := strings.Cut(found.err.Error(), "\n")
		b.problems.Add(b.settingOf(found.err), hint, "%s%s%s\n%s", what, found.place, extent, more)
	}
}

// hint is the cure. Without the points of the conflict there may be others left.
func (c *conflict) hint(othersLeft bool) string {
	known, ok := errors.AsType[*workloads.Conflict](c.err)
	switch {
	case !ok:
		return ""
	case othersLeft && known.Where != "":
		return "to leave such points out, add to where: " + known.Where
	}
	return known.Cure
}

// settingOf is where the spec sets the parameters of a conflict: the last axis
// that moves one of them, else the last one that is written, else the workload.
func (b *builder) settingOf(err error) document.Position {
	involved := func(string) bool { return true }
	if c, ok := errors.AsType[*workloads.Conflict](err); ok && len(c.Params) > 0 {
		involved = func(name string) bool { return slices.Contains(c.Params, name) }
	}
	at := b.doc.Workload.Position
	for _, entry := range b.doc.Params {
		if name := entry.Key.Value; involved(name) {
			at = cmp.Or(b.computed[name].Position, b.fixed[name].at, entry.Key.Position)
		}
	}
	for _, name := range b.spec.space.moved() {
		if involved(name) {
			at = b.swept[name].Position
		}
	}
	return at
}

// checkIncluded asks the workload about the points beside the grid.
func (b *builder) checkIncluded() {
	if b.workload.Check == nil {
		return
	}
	for i, values := range b.spec.space.include {
		if err := b.workload.Check(values); err != nil {
			c := conflict{err: err}
			b.problems.Add(b.includedAt[i], c.hint(false), "this included point: %s", err)
		}
	}
}
