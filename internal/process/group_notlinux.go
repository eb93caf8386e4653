//go:build unix && !linux

package process

import (
	"errors"
	"os/exec"
	"syscall"
)

// dieWithParent does nothing: only Linux tells a process that its parent died.
func dieWithParent(*syscall.SysProcAttr) {}

// Wait is c.Wait, and no process of the group outlives it. The number of the
// group could in theory be another's between the two calls.
func Wait(c *exec.Cmd) error {
	err := c.Wait()
	return errors.Join(err, Kill(c))
}
