package wire

import (
	"context"
	"errors"
	"io"
	"time"

	"runx/workloads"
)

// ErrDead is wrapped by every error after which the worker is of no more use:
// it died, was killed, or broke the protocol. A fresh Dial is the cure.
var ErrDead = errors.New("the worker is gone")

// A Command says how to start a worker.
type Command struct {
	Argv []string
	Env  []string  // nil: that of this process
	Dir  string    // "": that of this process
	Log  io.Writer // gets the worker's stderr, from one goroutine; nil: dropped
	// Known are the workloads of a worker that is this very program. It is then
	// not asked for descriptions, and Dial does not wait for its hello: that
	// is checked with the first answer.
	Known []workloads.Workload
	// HelloTimeout bounds the wait for the hello; 0 means 30 s. A worker that
	// loads something large does it at open, not before the hello.
	HelloTimeout time.Duration
}

// A Worker is a process that hosts workloads. Its methods and those of its
// instances may be called by several goroutines; the worker serves one request
// at a time.
type Worker struct{}

// Dial starts the process. The context bounds the start, not the worker's life.
func Dial(ctx context.Context, c Command) (*Worker, error) {
	return nil, errors.New("not yet")
}

// Workloads returns what the worker can measure. Open on one of them opens an
// instance over there, which is also a [workloads.Verifier] and a
// [workloads.MultiSampler].
func (w *Worker) Workloads() []workloads.Workload { return nil }

// Alive reports whether the worker can still be asked. It does not find out
// whether it would answer.
func (w *Worker) Alive() bool { return false }

// Close lets the worker end by itself, kills it if it does not, and waits for
// it. The error is that of a worker that failed. It is idempotent.
func (w *Worker) Close() error { return nil }

// Kill ends the worker and all processes of its group at once, and waits.
func (w *Worker) Kill() error { return nil }
