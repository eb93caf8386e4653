//go:build unix

package runner

import "golang.org/x/sys/unix"

// What a child takes of the files that this process may have open (three pipes,
// and a handle of the process), doubled while it is started, and what is left to
// everything else.
const (
	filesPerChild = 8
	filesSpared   = 64
)

// childrenByFiles is how many children may be open at once by the limit of open
// files, which the Go runtime has raised as far as it may.
func childrenByFiles() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxChildren
	}
	return childrenFor(uint64(limit.Cur))
}

func childrenFor(files uint64) int {
	return int(max(min(files, 1<<20), filesSpared+filesPerChild)-filesSpared) / filesPerChild
}
