//go:build unix

package runner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// checkGone fails where a process is still there. One that ended and that
// nobody has reaped is gone: where its parent was killed, that is for init to do.
func checkGone(t *testing.T, pid int) {
	t.Helper()
	if !eventually(func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || err == nil && bytes.Contains(stat, []byte(") Z "))
	}) {
		t.Errorf("process %d is still there", pid)
	}
}
