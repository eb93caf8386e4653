package spec

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"runx/workloads"
)

// TestAxisForms holds the values of every form, stops included.
func TestAxisForms(t *testing.T) {
	t.Parallel()
	tests := []struct{ axis, want string }{
		{"seq_len: [3, 1, 2]", "3 1 2"},
		{"seq_len: [1e3, 2.0]", "1000 2"},
		{"seq_len: {range: [1, 7, 3]}", "1 4 7"},
		{"seq_len: {range: [1, 8, 3]}", "1 4 7"},
		{"seq_len: {range: [7, 1, -3]}", "7 4 1"},
		{"seq_len: {range: [5, 5, 1]}", "5"},
		{"seq_len: {linspace: [1, 10, 4]}", "1 4 7 10"},
		{"seq_len: {linspace: [10, 1, 4]}", "10 7 4 1"},
		{"seq_len: {geomspace: [1, 1000, 4]}", "1 10 100 1000"},
		{"seq_len: {geomspace: [1, 10, 5]}", "1 2 3 6 10"}, // rounded
		{"seq_len: {geomspace: [1, 4, 9]}", "1 2 3 4"},     // repeats dropped
		{"seq_len: {pow2: [1, 16]}", "1 2 4 8 16"},
		{"seq_len: {pow2: [64, 64]}", "64"},
		{`seq_len: {expr: "map(0..3, 10 ** #)"}`, "1 10 100 1000"},
		{`seq_len: {expr: "[batch, batch * 2]"}`, "5 10"},
		{"scale: {range: [0.1, 0.5, 0.1]}", "0.1 0.2 0.3 0.4 0.5"},
		{"scale: {range: [0, 1, 0.25]}", "0 0.25 0.5 0.75 1"},
		{"scale: {range: [0.3, 0, -0.1]}", "0.3 0.2 0.1 0"},
		{"scale: {linspace: [0, 1, 5]}", "0 0.25 0.5 0.75 1"},
		{"scale: {linspace: [2, 2, 1]}", "2"},
		{"scale: {geomspace: [0.001, 10, 5]}", "0.001 0.01 0.1 1 10"},
		{"scale: {geomspace: [-1, -8, 4]}", "-1 -2 -4 -8"},
		{"scale: {pow2: [1, 4]}", "1 2 4"},
		{"scale: [-0.0, 1e-5, .5]", "0 1e-05 0.5"},
		{"algorithm: [flash, naive]", "flash naive"},
		{`algorithm: {expr: '["naive"]'}`, "naive"},
		{"causal: [true, false]", "true false"},
		{`label: [a, "1", "no", no]`, "a 1 no"}, // no is a text too
	}
	for _, tt := range tests {
		t.Run(tt.axis, func(t *testing.T) {
			t.Parallel()
			name, _, _ := strings.Cut(tt.axis, ":")
			params := "params: {batch: 5, seq_len: 1}\n"
			if name == "seq_len" {
				params = "params: {batch: 5}\n"
			}
			s := parse(t, head+params+"sweep:\n  "+tt.axis+"\n")
			if got := strings.Join(points(t, s, name), " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestNamedAxes holds that parameters of one axis move together, and that the
// first axis is the slowest.
func TestNamedAxes(t *testing.T) {
	t.Parallel()
	s := parse(t, head+`
sweep:
  algorithm: [naive, flash]
  shape: {zip: {seq_len: {pow2: [128, 512]}, batch: [4, 2, 1]}}
  other: {cases: [{scale: 1.5, label: a}, {scale: 2, label: b}]}
`)
	want := []string{
		"naive 128 4 1.5 a", "naive 128 4 2 b", "naive 256 2 1.5 a", "naive 256 2 2 b", "naive 512 1 1.5 a", "naive 512 1 2 b",
		"flash 128 4 1.5 a", "flash 128 4 2 b", "flash 256 2 1.5 a", "flash 256 2 2 b", "flash 512 1 1.5 a", "flash 512 1 2 b",
	}
	if got := points(t, s, "algorithm", "seq_len", "batch", "scale", "label"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestInclude holds that included points follow the grid, get defaults and
// computed values, and are not removed by where.
func TestInclude(t *testing.T) {
	t.Parallel()
	s := parse(t, head+`
params: {batch: 2, scale: {expr: seq_len / 2}}
sweep: {seq_len: [1, 2]}
where: seq_len < 2
include:
  - {seq_len: 3}
  - {seq_len: 4, batch: 9, scale: 7}
`)
	want := []string{"1 2 0.5 naive", "3 2 1.5 naive", "4 9 7 naive"}
	if got := points(t, s, "seq_len", "batch", "scale", "algorithm"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s.Size() != 4 {
		t.Errorf("size %d, want 4", s.Size())
	}
}

// TestComputed holds that computed parameters may use each other, in any order
// of the text.
func TestComputed(t *testing.T) {
	t.Parallel()
	s := parse(t, head+`
params:
  label: {expr: "causal ? \"long \" + algorithm : \"short\""}
  causal: {expr: batch > 2}
  batch: {expr: seq_len / 4}
sweep: {seq_len: [4, 8, 12]}
`)
	want := []string{"1 false short", "2 false short", "3 true long naive"}
	if got := points(t, s, "batch", "causal", "label"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s = parse(t, head+`params: {scale: {expr: "seq_len * -0.0"}, batch: {expr: "seq_len * 2.0"}}
sweep: {seq_len: [1]}`)
	if got := points(t, s, "scale", "batch"); got[0] != "0 2" {
		t.Errorf("got %q; a zero has no sign, and a whole number is an int", got)
	}
}

// TestFreeParams holds that parameters which the workload does not declare are
// typed by their values and stand behind the declared ones in order.
func TestFreeParams(t *testing.T) {
	t.Parallel()
	s := parse(t, `version: 1
name: t
workload: program
params: {command: x, threads: 4, quarter: {expr: int(isl / 4)}, exact: {expr: isl / 4}}
sweep: {isl: [128, 1024], rate: [1, 2.5], model: [a, b], flag: [true]}
`)
	want := []string{"command string", "threads int", "quarter int", "exact float", "isl int", "rate float", "model string", "flag bool"}
	var got []string
	for _, p := range s.Params {
		got = append(got, p.Name+" "+string(p.Kind))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	p, stays, err := s.At(0)
	if err != nil || !stays {
		t.Fatal(stays, err)
	}
	wantValues := workloads.Values{
		"command": "x", "threads": 4, "quarter": 32, "exact": 32.0, "isl": 128, "rate": 1.0, "model": "a", "flag": true,
	}
	if !maps.Equal(p.Params, wantValues) {
		t.Errorf("got %v, want %v", p.Params, wantValues)
	}
}
