package process

import (
	"errors"
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return nil }

func awaitExit(*os.Process) bool { return false }

func killGroup(leader *os.Process) error {
	if err := leader.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
