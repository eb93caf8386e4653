package spec

import (
	"slices"

	"runx/workloads"
)

// Varied names the parameters in which points may differ, in column order:
// those that are swept, computed, or set by an included point.
func (s *Spec) Varied() []string {
	var names []string
	for _, p := range s.Params {
		value, fixed := s.space.fixed[p.Name]
		differs := func(included workloads.Values) bool { return included[p.Name] != value }
		if !fixed || slices.ContainsFunc(s.space.include, differs) {
			names = append(names, p.Name)
		}
	}
	return names
}
