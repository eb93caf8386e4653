package spec

import (
	"slices"
	"testing"

	"runx/workloads"
)

func TestVaried(t *testing.T) {
	t.Parallel()
	w := workloads.Workload{Name: "w", Doc: "Does.", FreeParams: true}
	for text, want := range map[string][]string{
		"params: {a: 1, b: 2}":                                         nil,
		"params: {a: 1}\nsweep: {b: [1, 2]}":                           {"b"},
		"params: {a: 1, c: {expr: b * 2}}\nsweep: {b: [1, 2]}":         {"c", "b"},
		"params: {a: 1}\nsweep: {z: {zip: {c: [1, 2], b: [3, 4]}}}":    {"c", "b"},
		"params: {a: 1}\nsweep: {b: [1, 2]}\ninclude: [{b: 3, a: 5}]":  {"a", "b"},
		"params: {a: 1}\nsweep: {b: [1, 2]}\ninclude: [{b: 3}]":        {"b"},
		"params: {a: 1}\nsweep: {}\ninclude: [{b: 3}, {b: 4}]":         {"b"},
		"params: {a: 1}\nsweep: {b: {range: [1, 1000, 1]}, c: [1, 2]}": {"b", "c"},
	} {
		s, err := Parse(t.Context(), "s.yaml", []byte("version: 1\nname: s\nworkload: w\n"+text+"\n"), Options{Workloads: []workloads.Workload{w}})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := s.Varied()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: varied are %v, want %v", text, got, want)
		}
	}
}
