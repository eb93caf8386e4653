package runner

import "testing"

// checkGone checks nothing: Windows gives the number of a process to another
// one at once.
func checkGone(*testing.T, int) {}
