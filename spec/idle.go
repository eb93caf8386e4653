package spec

import (
	"slices"

	"runx/workloads"
)

// comparedRows bounds the values of one axis whose commands are compared.
const comparedRows = 100

// warnIdle warns of an axis that changes nothing in the command which the
// points start: they would differ in name and not in what is measured. The axes
// are looked at from some points that stay. Those that move declared parameters
// are passed over: these may mean more than the command shows.
func (b *builder) warnIdle(from ...int64) {
	if b.workload.Command == nil {
		return
	}
	declared := func(name string) bool {
		_, ok := b.workload.Param(name)
		return ok
	}
	for k, a := range b.spec.space.axes {
		if !slices.ContainsFunc(a.params, declared) && b.spec.space.isIdle(k, from, b.workload.Command) {
			b.warnings.Add(b.swept[a.params[0]].Position, "name it in the command where the program is to see it",
				"axis %s changes nothing in the command: all its values run the same program", a.label)
		}
	}
}

// isIdle tells whether the commands are the same along an axis, from each of
// the points. They are not where there is nothing to compare.
func (sp *space) isIdle(axis int, from []int64, command func(workloads.Values) ([]string, error)) bool {
	stride := sp.below(axis + 1)
	w := sp.newWalker()
	defer sp.release(w)
	for _, index := range from {
		var first []string
		compared := false
		begin := index - int64(sp.digits(index)[axis])*stride
		for row := range min(sp.axes[axis].len(), comparedRows) {
			stays, err := w.at(begin + int64(row)*stride)
			if err != nil || !stays {
				continue
			}
			argv, err := command(w.env)
			switch {
			case err != nil:
				return false
			case first == nil:
				first = argv
			case !slices.Equal(argv, first):
				return false
			default:
				compared = true
			}
		}
		if !compared {
			return false
		}
	}
	return true
}
