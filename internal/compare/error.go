package compare

// An Error says why two sides cannot be compared as it was asked.
type Error struct {
	What string // what is in the way, with the values in it
	Cure string // what to do
	Err  error  // the cause; may be nil
}

// Error returns what is in the way.
func (e *Error) Error() string { return e.What }

// Hint returns what to do about it.
func (e *Error) Hint() string { return e.Cure }

func (e *Error) Unwrap() error { return e.Err }
