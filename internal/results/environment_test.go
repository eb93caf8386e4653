package results

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestCaptureEnvironment(t *testing.T) {
	t.Parallel()
	e := CaptureEnvironment()
	if e.OS != runtime.GOOS || e.Arch != runtime.GOARCH || e.GoVersion != runtime.Version() || e.Cores < 1 {
		t.Errorf("got %+v", e)
	}
	if runtime.GOOS == "linux" && (e.Kernel == "" || e.MemoryBytes < 1<<20 || e.Affinity == "") {
		t.Errorf("got %+v", e)
	}
	seen := map[string]bool{}
	for _, f := range e.facts() {
		if seen[f.Name] || f.Doc == "" || f.Required && f.value == nil {
			t.Errorf("fact %+v", f)
		}
		seen[f.Name] = true
	}
}

// "go test" runs a program as "go run" does.
func TestSourceCommit(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	must(t, err)
	if _, err := exec.Command("git", "rev-parse", "HEAD").Output(); err != nil || !strings.Contains(exe, "/go-build") {
		t.Skip("the sources are in no repository, or the program is not go test's own")
	}
	if c := sourceCommit(); len(c.revision) < 40 || c.time == "" {
		t.Errorf("got %+v", c)
	}
}

func TestQuoteCommand(t *testing.T) {
	t.Parallel()
	got := quoteCommand([]string{"runx", "-p", "command=a 'b'", "", "x=1,2"})
	if want := `runx -p 'command=a '\''b'\''' '' x=1,2`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
