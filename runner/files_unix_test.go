//go:build unix

package runner

import (
	"math"
	"testing"
)

func TestChildrenByOpenFiles(t *testing.T) {
	t.Parallel()
	for files, want := range map[uint64]int{0: 1, 64: 1, 80: 2, 256: 24, 1024: 120, math.MaxUint64: 131064} {
		if got := childrenFor(files); got != want {
			t.Errorf("%d files allow %d children, want %d", files, got, want)
		}
	}
}
