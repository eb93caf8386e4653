package results

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// readSources asks git for the commit where the program was started by "go
// run", which compiles the sources as they are now and puts no commit into the
// program. For any other program the sources may have moved on since.
func (e *Environment) readSources() {
	exe, err := os.Executable()
	if err != nil || !strings.Contains(filepath.ToSlash(exe), "/go-build") {
		return
	}
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	dir := filepath.Dir(file)
	revision, err := gitOutput(ctx, dir, "log", "-1", "--format=%H %cI")
	if err != nil {
		return // unknown
	}
	changes, err := gitOutput(ctx, dir, "status", "--porcelain", "--untracked-files=no", ":/")
	if err != nil {
		return
	}
	e.VCSRevision, e.VCSTime, _ = strings.Cut(revision, " ")
	e.VCSModified = changes != ""
}

func gitOutput(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}
