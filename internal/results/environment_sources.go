package results

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A commit is what the program was compiled from.
type commit struct {
	revision, time string
	modified       bool
}

// sourceCommit asks git once for the commit of a program that was started by
// "go run", which compiles the sources as they are now and puts no commit into
// the program. Those of any other program may have moved on since it was built;
// then the revision is empty.
var sourceCommit = sync.OnceValue(func() commit {
	exe, err := os.Executable()
	_, file, _, ok := runtime.Caller(0)
	if err != nil || !strings.Contains(filepath.ToSlash(exe), "/go-build") || !ok || !filepath.IsAbs(file) {
		return commit{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	dir := filepath.Dir(file)
	revision, err := gitOutput(ctx, dir, "log", "-1", "--format=%H %cI")
	if err != nil {
		return commit{}
	}
	changes, err := gitOutput(ctx, dir, "status", "--porcelain", "--untracked-files=no", ":/")
	if err != nil {
		return commit{}
	}
	hash, when, _ := strings.Cut(revision, " ")
	return commit{hash, when, changes != ""}
})

func gitOutput(ctx context.Context, dir string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}
