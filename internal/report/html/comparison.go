package html

import (
	"errors"
	"io"

	"runx/internal/compare"
)

// Comparison writes the page about what changed: one comparison, or one for
// each value that is compared with the same base.
func Comparison(w io.Writer, comparisons ...*compare.Comparison) error { return errors.ErrUnsupported }
