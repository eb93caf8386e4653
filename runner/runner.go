package runner

import (
	"context"
	"errors"
	"io"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// Options say with what a run is made.
type Options struct {
	// Suite are the built-in workloads.
	Suite []workloads.Workload
	// Self is the command that serves the suite over the wire: this program.
	// It is needed where a spec without a worker of its own asks for isolation.
	Self []string
	// Log takes what workers print on stderr and what workloads log; nil drops
	// it.
	Log io.Writer
	// Observer is told between samples; nil is nobody.
	Observer Observer
}

// An Outcome says how a run ended.
type Outcome struct {
	// Points are those that stay in the grid. Finished ones have all the
	// samples that they need, Failed ones were given up, Skipped ones are not
	// supported here; the rest was not reached or not completed.
	Points, Finished, Failed, Skipped int
	// Samples are the rows in the journal, those before a resume included;
	// FailedSamples are those among them that failed or timed out, Tainted
	// those taken during detectable interference.
	Samples, FailedSamples, Tainted int64
	// Reasons are why samples failed and points were skipped, the most frequent
	// first; of very many different ones, the first that came up.
	Reasons []Reason
	// Interrupted says that the context was cancelled: the run can be resumed.
	Interrupted bool
	// Stopped is the error that ended the run because the spec says on_error:
	// stop, as the journal has it; empty otherwise.
	Stopped string
	// Warnings are what one should know before believing the numbers.
	Warnings []results.Warning
}

// Run measures the points of the spec, continuing where the journal of the run
// ends, and records in the journal how it ended. The journal is the caller's to
// close.
//
// When the context is cancelled the current sample is given up, or recorded
// whole if it is done, and the outcome says Interrupted; that is no error. An
// error means that the measurement could not go on: the journal cannot be
// written, or the host of all points cannot be started. What was recorded stays.
func Run(ctx context.Context, s *spec.Spec, run *results.Run, opts Options) (Outcome, error) {
	if err := run.Matches(s); err != nil {
		return Outcome{}, err
	}
	e, err := newEngine(ctx, s, run, opts)
	if errors.Is(err, errInterrupted) {
		return Outcome{Interrupted: true}, run.Finish(results.Interrupted)
	}
	if err != nil {
		return Outcome{}, err
	}
	return e.run(ctx)
}
