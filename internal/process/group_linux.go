package process

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent asks for SIGTERM rather than SIGKILL: a worker that has
// children of its own may see to them.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGTERM }

// Wait is c.Wait, and no process of the group outlives it.
func Wait(c *exec.Cmd) error {
	// The number of a group is not given to others before its leader is
	// reaped, so the rest of the group is killed before that.
	if awaitExit(c.Process.Pid) != nil {
		return c.Wait()
	}
	killed := Kill(c)
	return errors.Join(c.Wait(), killed)
}

// awaitExit returns when the process has exited, and leaves it to be reaped.
func awaitExit(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
