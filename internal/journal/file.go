package journal

import (
	"errors"
	"fmt"
	"os"
)

// diskFile is a file whose Sync leaves out what reading back does not need.
type diskFile struct{ *os.File }

func (f diskFile) Sync() error { return syncData(f.File) }

// Close gives the lock back by name: closing alone leaves it with a child that
// another goroutine has just forked, until the child's exec closes its copy.
func (f diskFile) Close() error { return errors.Join(unlock(f.File), f.File.Close()) }

// openLocked opens a file and locks it. A file that it created and could not
// lock is left: another process has found it in between.
func openLocked(path string, flags int) (File, error) {
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return diskFile{f}, nil
}

// Locked tells whether a process is appending to the file.
func Locked(path string) (bool, error) {
	f, err := openLocked(path, os.O_RDWR|os.O_APPEND)
	if errors.Is(err, ErrLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, f.Close()
}
