package compare

import (
	"fmt"
	"slices"
	"strings"
)

// A match is a point on both sides.
type match struct {
	base, next *point
	text       string
	values     []string // of what varies
}

// matched are the points of two sides that belong together.
type matched struct {
	pairs              []match
	params             []string // that tell the pairs apart
	onlyBase, onlyNext []string
}

// keySeparator is not part of any value that a person writes.
const keySeparator = "\x00"

// matchPoints pairs the points whose parameters are the same, but for those of
// except. A parameter that only one side has tells no points apart.
func matchPoints(base, next *side, except []string) (*matched, error) {
	var names []string
	for _, name := range base.params {
		if slices.Contains(next.params, name) && !slices.Contains(except, name) {
			names = append(names, name)
		}
	}
	ofBase, err := keyed(base, names)
	if err != nil {
		return nil, err
	}
	ofNext, err := keyed(next, names)
	if err != nil {
		return nil, err
	}
	m := &matched{}
	for _, p := range base.points {
		if q := ofNext[base.key(p, names)]; q != nil {
			m.pairs = append(m.pairs, match{base: p, next: q})
		}
	}
	if len(m.pairs) == 0 {
		return nil, apart(base, next, names)
	}
	m.params = variedInPairs(base, m.pairs, names)
	for i := range m.pairs {
		pair := &m.pairs[i]
		pair.text = base.text(pair.base, m.params)
		for _, name := range m.params {
			v, _ := base.value(pair.base, name)
			pair.values = append(pair.values, v)
		}
	}
	varied := append(variedIn(base, next, names), except...)
	m.onlyBase = base.without(ofNext, names, varied)
	m.onlyNext = next.without(ofBase, names, varied)
	return m, nil
}

// key is what the points that belong together share.
func (s *side) key(p *point, names []string) string {
	values := make([]string, len(names))
	for i, name := range names {
		values[i], _ = s.value(p, name)
	}
	return strings.Join(values, keySeparator)
}

// keyed are the points by their keys, which must tell them apart.
func keyed(s *side, names []string) (map[string]*point, error) {
	points := map[string]*point{}
	for _, p := range s.points {
		key := s.key(p, names)
		if other := points[key]; other != nil {
			differ := slices.DeleteFunc(slices.Clone(s.params), func(name string) bool {
				a, _ := s.value(p, name)
				b, _ := s.value(other, name)
				return a == b
			})
			return nil, &Error{
				What: fmt.Sprintf("%s has points that differ in %s alone, so it is not clear which one to compare", s.name, strings.Join(differ, " and ")),
				Cure: fmt.Sprintf("compare runs in which %s has one value, or one run --by %s", strings.Join(differ, " and "), strings.Join(differ, ",")),
			}
		}
		points[key] = p
	}
	return points, nil
}

// without are the points that the other side lacks, as text.
func (s *side) without(other map[string]*point, names, shown []string) []string {
	var texts []string
	for _, p := range s.points {
		if other[s.key(p, names)] == nil {
			texts = append(texts, s.text(p, shown))
		}
	}
	return texts
}

// variedIn are the parameters that have more than one value on the two sides
// together.
func variedIn(base, next *side, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		a, b := base.valuesOf(name), next.valuesOf(name)
		return len(a) == 1 && slices.Equal(a, b)
	})
}

// variedInPairs are the parameters that tell the pairs apart.
func variedInPairs(base *side, pairs []match, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		first, _ := base.value(pairs[0].base, name)
		return !slices.ContainsFunc(pairs, func(m match) bool {
			v, _ := base.value(m.base, name)
			return v != first
		})
	})
}

// apart says why no points belong together: a parameter that has no value in
// common on the two sides.
func apart(base, next *side, names []string) error {
	e := &Error{What: fmt.Sprintf("%s and %s have no point in common", base.name, next.name)}
	var culprits, details []string
	for _, name := range names {
		a, b := base.valuesOf(name), next.valuesOf(name)
		if !slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) }) {
			culprits = append(culprits, name)
			details = append(details, fmt.Sprintf("%s is %s in one and %s in the other", name, few(a), few(b)))
		}
	}
	switch {
	case len(base.points) == 0 || len(next.points) == 0:
		e.Cure = "a run in which no point was measured cannot be compared"
	case len(culprits) == 0:
		e.Cure = "no combination of the values of " + strings.Join(variedIn(base, next, names), ", ") + " is in both"
	default:
		e.What += ": " + strings.Join(details, ", ")
		e.Cure = "--by " + strings.Join(culprits, ",") + " compares across it; or measure both with the same values"
	}
	return e
}

// few names the first values of a list.
func few(values []string) string {
	const most = 3
	if len(values) > most {
		return strings.Join(values[:most], ", ") + ", ..."
	}
	return strings.Join(values, ", ")
}
