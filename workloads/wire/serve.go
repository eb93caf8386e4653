package wire

import (
	"context"
	"errors"
	"io"

	"runx/workloads"
)

// Serve answers a host until in ends, which is how a host says goodbye.
//
// Only protocol may go to out. A process that serves on its stdout therefore
// keeps stray prints of a workload away from it first:
//
//	out := os.Stdout
//	os.Stdout = os.Stderr
//	err := wire.Serve(ctx, os.Stdin, out, os.Stderr, suite.All())
func Serve(ctx context.Context, in io.Reader, out, log io.Writer, ws []workloads.Workload) error {
	return errors.New("not yet")
}
