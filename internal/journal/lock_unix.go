//go:build darwin || linux

package journal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock takes the file for this open file; closing it gives the lock back, and
// so does the death of the process.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		}
		return err
	}
}

// SyncDir makes the names in a directory durable.
func SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // the file system has nothing to sync in a directory
		err = nil
	}
	return errors.Join(err, d.Close())
}
