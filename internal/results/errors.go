package results

import (
	"errors"
	"syscall"
)

// What a caller may want to tell apart.
var (
	// ErrExists is the error of a run id that is taken.
	ErrExists = errors.New("the run exists already")
	// ErrLocked is the error of a run that another process is writing.
	ErrLocked = errors.New("another process is writing this run")
	// ErrNotFound is the error of a run that is not there.
	ErrNotFound = errors.New("no such run")
	// ErrCorrupt is the error of a journal that no crash explains.
	ErrCorrupt = errors.New("the journal is damaged")
)

// An Error is a failure that the user can cure.
type Error struct {
	What string // what happened, with the values in it
	Cure string // what to do, a command where there is one
	Err  error  // the cause, for errors.Is
}

// Error returns what happened.
func (e *Error) Error() string { return e.What }

// Hint returns what to do about it.
func (e *Error) Hint() string { return e.Cure }

func (e *Error) Unwrap() error { return e.Err }

// isFull tells whether there is no room left: on the disk, in the quota, or
// under the limit of the process.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// A Warning is something that the user should know, and what to do about it.
type Warning struct{ Message, Cure string }
