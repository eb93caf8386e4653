//go:build unix

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// startSleeper leaves a child behind and prints its number on stderr.
func startSleeper() {
	c := exec.Command("sleep", "3600")
	if err := c.Start(); err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, c.Process.Pid)
}

// isGone reports whether a process is no more, or only waits to be reaped.
func isGone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}
