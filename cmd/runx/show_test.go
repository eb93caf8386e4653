package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Whichever way a run is named, show says what it is, and when it began in which
// time zone: its id is in another one.
func TestShowNamesTheRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, out := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "out")
	if err := os.WriteFile(path, []byte("{version: 1, name: a, title: All, workload: noop, measure: {samples: 1}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var made, said bytes.Buffer
	if code := run([]string{"run", path, "-o", out, "-q"}, nil, &made, &said); code != exitDone {
		t.Fatal(said.String())
	}
	where := strings.TrimSpace(made.String())
	heading := regexp.MustCompile(`^a  All\nrun ` + filepath.Base(where) + `, complete, begun [0-9-]{10} [0-9:]{8} \S+\n`)
	for _, args := range [][]string{{"a", "-o", out}, {where}, {filepath.Base(where)[:15], "-o", out + "/"}} {
		var shown bytes.Buffer
		if code := run(append([]string{"show"}, args...), nil, &shown, &said); code != exitDone || !heading.MatchString(shown.String()) {
			t.Errorf("show %v ended with code %d: %s", args, code, shown.String())
		}
	}
}
