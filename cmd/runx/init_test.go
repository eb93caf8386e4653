package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
	"runx/workloads/suite"
)

// A starter spec is valid without a warning and runs, for every workload.
func TestStarterSpecsRun(t *testing.T) {
	t.Parallel()
	for _, w := range suite.All() {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "mine.yaml")
			var out, err strings.Builder
			if code := run([]string{"init", "--workload", w.Name, path}, nil, &out, &err); code != exitDone {
				t.Fatalf("init: exit code %d: %s", code, &err)
			}
			s, problems := spec.Load(t.Context(), path, baseOptions())
			if problems != nil {
				t.Fatal(problems)
			}
			if len(s.Warnings) > 0 {
				t.Fatalf("warnings %v", s.Warnings)
			}
			for _, p := range w.Params {
				if text, _ := os.ReadFile(path); !strings.Contains(string(text), oneLine(p.Doc)) {
					t.Errorf("%s is not explained", p.Name)
				}
			}
			if code := start(t, dir, "run", "--quick", "-q", path).code(t); code != exitDone {
				t.Fatalf("run: exit code %d", code)
			}
			table, readErr := results.ReadTable(filepath.Join(dir, "out", "mine.parquet"))
			if readErr != nil || table.Rows == 0 {
				t.Errorf("table %+v, error %v", table, readErr)
			}
		})
	}
}

// The text of a starter spec for a workload that needs everything to be said.
func TestStarterSpecOfADemandingWorkload(t *testing.T) {
	t.Parallel()
	low, high := 3.0, 5.0
	w := workloads.Workload{
		Name: "demanding", Doc: "Demands. A lot.",
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{"on", "off"}, Doc: "which"},
			{Name: "count", Kind: workloads.Int, Min: &low, Doc: "how many"},
			{Name: "share", Kind: workloads.Float, Default: 0.25, Max: &high, Doc: "how much"},
			{Name: "strict", Kind: workloads.Bool, Doc: "whether"},
			{Name: "label", Kind: workloads.String, Default: "yes", Doc: "a word that YAML takes for a bool"},
		},
	}
	text := starterSpec(w, "mine", "")
	s, err := spec.Parse(t.Context(), "mine.yaml", []byte(text), spec.Options{Workloads: []workloads.Workload{w}})
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	var points []workloads.Values
	for p, err := range s.Points() {
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, p.Params)
	}
	if len(points) != 4 {
		t.Fatalf("%d points, want 2 modes x 2 shares:\n%s", len(points), text)
	}
	for name, want := range map[string]any{"mode": "on", "count": 3, "share": 0.25, "strict": false, "label": "yes"} {
		if got := points[0][name]; got != want {
			t.Errorf("%s is %#v, want %#v", name, got, want)
		}
	}
}

func TestSpecName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"mine.yaml": "mine", "a/b/My Spec.yml": "my-spec", "07.yaml": "spec-07", "-.yaml": "spec", "ÄÖ.yaml": "spec", "x_y-z": "x_y-z",
	} {
		if got := specName(path); got != want {
			t.Errorf("specName(%q) = %q, want %q", path, got, want)
		}
	}
}
