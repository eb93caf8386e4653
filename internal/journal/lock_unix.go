//go:build darwin || linux

package journal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock takes the file for this open file; the death of the process gives it
// back.
func lock(f *os.File) error {
	err := flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

func unlock(f *os.File) error { return flock(f, syscall.LOCK_UN) }

// flock does nothing where the file system has no locks, as some network file
// systems.
func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, errors.ErrUnsupported):
			return nil
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
