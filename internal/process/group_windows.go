package process

import (
	"errors"
	"os"
	"os/exec"
)

// Prepare does nothing: Windows has no process groups of this kind.
func Prepare(*exec.Cmd) {}

// Kill kills the program. One that is gone is not an error.
func Kill(c *exec.Cmd) error {
	if err := c.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Wait is c.Wait.
func Wait(c *exec.Cmd) error { return c.Wait() }
