package spec

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what is found into the files of testdata")

// TestProblems reads the specs of testdata/problems. Each file is one case:
// its comment holds the flags of the command line, one per line, t.yaml is the
// spec (behind version, name and workload, unless it begins with its own), want
// is every problem and, behind a line "warnings", every warning.
func TestProblems(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/problems/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := archive.Files[len(archive.Files)-1]
			if want.Name != "want" {
				t.Fatalf("the last file is %s, want want", want.Name)
			}
			var got string
			// The clock stands still: no search ends for want of time.
			synctest.Test(t, func(t *testing.T) { got = problemsOf(t, archive) })
			if *update {
				archive.Files[len(archive.Files)-1].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want.Data) {
				t.Errorf("got\n%s\nwant\n%s", got, want.Data)
			}
		})
	}
}

func problemsOf(t *testing.T, archive *txtar.Archive) string {
	dir := t.TempDir()
	for _, f := range archive.Files {
		text := string(f.Data)
		if f.Name == "t.yaml" && !strings.HasPrefix(text, "version") {
			text = head + text
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	opts := options()
	for line := range strings.Lines(string(archive.Comment)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "-p":
			opts.Params = append(opts.Params, value)
		case "--set":
			opts.Set = append(opts.Set, value)
		case "--quick":
			opts.Quick = true
		case "":
		default:
			t.Fatalf("unknown flag %s", name)
		}
	}
	s, err := Load(t.Context(), filepath.Join(dir, "t.yaml"), opts)
	text := ""
	if err != nil {
		text = err.Error() + "\n"
	} else if len(s.Warnings) > 0 {
		text = "warnings\n" + s.Warnings.Error() + "\n"
	}
	return strings.ReplaceAll(text, dir+string(filepath.Separator), "")
}
