package runner

import (
	"context"
	"errors"
	"testing"
)

// The listing of a grid of which where leaves nothing within reach ends with the
// context, and not when it is through.
func TestListingIsInterrupted(t *testing.T) {
	t.Parallel()
	s := parse(t, &laboratory{}, "sweep: {x: {range: [1, 300000, 1]}}", "where: x == 300000")
	if points, err := enumerate(t.Context(), s); err != nil || len(points) != 1 {
		t.Errorf("%d points, error %v, want 1", len(points), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if points, err := enumerate(ctx, s); !errors.Is(err, errInterrupted) || points != nil {
		t.Errorf("%d points, error %v, want an interrupt", len(points), err)
	}
}
