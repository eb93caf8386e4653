//go:build darwin || linux

package journal

import (
	"syscall"
	"testing"
)

// A child that is being started holds a copy of every file for a moment; the
// lock must not stay with it.
func TestCloseGivesTheLockBackThoughACopyIsOpen(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "one.\n")
	j, _, err := Open(path, endsInDot, Options{})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := syscall.Dup(int(j.file.(diskFile).Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(copied)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if locked, err := Locked(path); err != nil || locked {
		t.Errorf("Locked after Close: %t, %v", locked, err)
	}
}
