package results

import (
	"os/exec"
	"runtime"
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
	if _, err := exec.Command("git", "rev-parse").Output(); err == nil && len(e.VCSRevision) < 40 {
		t.Errorf("the sources are in a repository, the revision is %q", e.VCSRevision)
	}
	seen := map[string]bool{}
	for _, f := range e.facts() {
		if seen[f.Name] || f.Doc == "" || f.Required && f.value == nil {
			t.Errorf("fact %+v", f)
		}
		seen[f.Name] = true
	}
}

func TestQuoteCommand(t *testing.T) {
	t.Parallel()
	got := quoteCommand([]string{"runx", "-p", "command=a 'b'", "", "x=1,2"})
	if want := `runx -p 'command=a '\''b'\''' '' x=1,2`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
