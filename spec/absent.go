package spec

import (
	"iter"
	"slices"

	"runx/internal/document"
	"runx/workloads"
)

// shownValues bounds the values of a parameter in a hint.
const shownValues = 8

// warnAbsent warns of a value of a parameter that no point has: what a claim picks
// there is nothing. It is no problem, because -p takes values away.
func (b *builder) warnAbsent(at document.Position, name string, value any) {
	if !b.valuesKnown(name) {
		return
	}
	var others []string
	for v := range b.spec.space.valuesOf(name) {
		if v == value {
			return
		}
		if text := workloads.FormatValue(v); !slices.Contains(others, text) && len(others) <= shownValues {
			others = append(others, text)
		}
	}
	if len(others) > shownValues {
		others[shownValues] = "..."
	}
	b.warnings.Add(at, "its values are "+join(others), "pick: no point has %s %s", name, workloads.FormatValue(value))
}

// valuesKnown tells whether the values that points have of a parameter are all
// written in the spec, and could be read.
func (b *builder) valuesKnown(name string) bool {
	if _, computed := b.computed[name]; computed {
		return false
	}
	sp := b.spec.space
	if _, swept := b.swept[name]; swept {
		return slices.ContainsFunc(sp.axes, func(a axis) bool { return slices.Contains(a.params, name) })
	}
	_, fixed := sp.fixed[name]
	return fixed || sp.gridSize == 0 && len(sp.include) > 0
}

// valuesOf yields the values of a parameter that is not computed, some more than
// once.
func (sp *space) valuesOf(name string) iter.Seq[any] {
	return func(yield func(any) bool) {
		if v, fixed := sp.fixed[name]; fixed && !yield(v) {
			return
		}
		for i := range sp.axes {
			m := slices.Index(sp.axes[i].params, name)
			if m < 0 {
				continue
			}
			for _, v := range sp.axes[i].columns[m] {
				if !yield(v) {
					return
				}
			}
		}
		for _, values := range sp.include {
			if !yield(values[name]) {
				return
			}
		}
	}
}
