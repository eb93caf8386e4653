//go:build unix

package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Prepare makes the command start in a process group of its own.
func Prepare(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(c.SysProcAttr)
}

// Kill kills every process of the group of a started command. A group that is
// gone is not an error.
func Kill(c *exec.Cmd) error {
	err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	// Darwin says EPERM of a group that has only zombies left.
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) {
		return nil
	}
	return os.NewSyscallError("kill", err)
}
