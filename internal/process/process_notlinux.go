//go:build unix && !linux

package process

import (
	"os"
	"syscall"
)

// attributes ask for no signal: only Linux tells a process that its parent died.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// awaitExit cannot be had without reaping.
func awaitExit(*os.Process) bool { return false }
