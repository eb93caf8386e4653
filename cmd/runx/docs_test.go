package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"runx/spec"
	"runx/workloads/suite"
)

var shBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// commandsIn returns the lines of the sh blocks of a page.
func commandsIn(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range shBlock.FindAllStringSubmatch(string(text), -1) {
		commands = append(commands, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	return commands
}

// What the README says to type is typed, in its order, in one empty folder.
// Those that build and test this very program or measure for minutes are for
// .ci/run, which must name each as it stands in the README.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	ci, err := os.ReadFile("../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	typed := 0
	for _, line := range commandsIn(t, "../../README.md") {
		if strings.HasPrefix(line, "go ") || strings.Contains(line, "specs/") {
			if !strings.Contains(string(ci), "readme '"+line+"'") {
				t.Errorf(".ci/run does not execute %q", line)
			}
			continue
		}
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		typed++
	}
	if typed < 8 {
		t.Errorf("only %d commands were found: the README or this test is broken", typed)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "out", "mine", "*", "samples.parquet")); len(found) != 2 {
		t.Errorf("the commands left %d runs, want 2: %v", len(found), found)
	}
}

// The YAML that pages show is valid.
func TestPagesShowValidSpecs(t *testing.T) {
	t.Parallel()
	yamlBlock := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Error("the README shows no spec")
	}
	for _, block := range blocks {
		if _, err := spec.Parse(t.Context(), "README.md", []byte(block[1]), spec.Options{Workloads: suite.All()}); err != nil {
			t.Errorf("%v\nin\n%s", err, block[1])
		}
	}
}

// The specs that come with the project are valid and raise no warning, and each
// opens by saying what it asks, how, and what one learns.
func TestSpecsAreExamples(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../specs/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("specs: %v, error %v", paths, err)
	}
	for _, path := range paths {
		s, err := spec.Load(t.Context(), path, spec.Options{Workloads: suite.All()})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if len(s.Warnings) > 0 {
			t.Errorf("%v", s.Warnings)
		}
		if want := strings.TrimSuffix(filepath.Base(path), ".yaml"); s.Name != want {
			t.Errorf("%s is named %q: its results would be hard to find", path, s.Name)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"# yaml-language-server: $schema=../schema.json\n#\n# Question.  ", "\n# Measured.  ", "\n# Learned.   "} {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s does not open with %q", path, word)
			}
		}
	}
}
