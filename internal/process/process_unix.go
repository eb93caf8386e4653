//go:build unix

package process

import (
	"errors"
	"os"
	"syscall"
)

func killGroup(leader *os.Process) error {
	err := syscall.Kill(-leader.Pid, syscall.SIGKILL)
	// ESRCH: the group is gone. EPERM: Darwin says so where only zombies are left.
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EPERM) {
		return nil
	}
	return os.NewSyscallError("kill", err)
}
