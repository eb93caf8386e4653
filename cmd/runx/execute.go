package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"runx/internal/report"
	"runx/internal/results"
	"runx/runner"
	"runx/spec"
	"runx/workloads/suite"
)

// defaultOut is where runs go unless told otherwise.
const defaultOut = "out"

// An execution is one run of one spec, from its directory to its verdicts.
type execution struct {
	t    *terminal
	spec *spec.Spec
	root string // the directory that holds all runs
	dir  string // that of this one
	endFlags
}

// endFlags say what becomes of a run when it ends.
type endFlags struct {
	quiet, strict, noReport bool
}

func (f *endFlags) register(flags *pflag.FlagSet) {
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no table: print only the directory of the run")
	flags.BoolVar(&f.strict, "strict", false, strictUsage)
	flags.BoolVar(&f.noReport, "no-report", false, "no plots and no report.html; runx report makes them later")
}

const strictUsage = "exit with 3 where a claim is refuted, with 4 where one is inconclusive"

// id is the run_id.
func (x *execution) id() string { return filepath.Base(x.dir) }

// perform measures what is left to measure, makes of it all that a run leaves,
// and shows it. It closes the run. It returns an exitError where the run did not
// end well.
func (x *execution) perform(ctx context.Context, run *results.Run) error {
	outcome, err := x.measure(ctx, run)
	if err != nil {
		return withHint(err, "what was measured is kept: %s goes on", resumeCommand(x.dir))
	}
	said, err := x.conclude(ctx, outcome.Warnings)
	if err != nil {
		return err
	}
	return errors.Join(x.ended(outcome), said)
}

// measure runs the runner under the display, until done or interrupted.
func (x *execution) measure(ctx context.Context, run *results.Run) (outcome runner.Outcome, err error) {
	defer func() { err = errors.Join(err, run.Close()) }()
	self, err := os.Executable()
	if err != nil {
		return outcome, fmt.Errorf("find this program, to start workers: %w", err)
	}
	log := &logFile{path: filepath.Join(x.dir, "workers.log")}
	defer func() { err = errors.Join(err, log.Close()) }()
	opts := runner.Options{Suite: suite.All(), Self: []string{self, serveCommand}, Log: log}
	d := blind(x.t)
	if !x.quiet {
		x.t.note("%s: run %s", x.spec.Name, x.id())
		d = newDisplay(x.t, x.spec)
	}
	defer d.end()
	opts.Observer = d
	return runner.Run(ctx, x.spec, run, opts)
}

// ended is how the measuring ended, as an exit code with its message.
func (x *execution) ended(o runner.Outcome) error {
	if o.Skipped > 0 {
		x.t.warn(plural(int64(o.Skipped), "point")+" cannot be measured here", "")
		x.t.reasons(o.Reasons, func(s results.Status) bool { return s == results.Skipped })
	}
	if o.FailedSamples > 0 {
		x.t.note("%s of %s failed", plural(o.FailedSamples, "sample"), report.Count(o.Samples))
		if o.Stopped == "" { // or it is said below
			x.t.reasons(o.Reasons, func(s results.Status) bool { return s != results.Skipped })
		}
	}
	switch {
	case o.Interrupted:
		left := o.Points - o.Finished - o.Failed - o.Skipped
		x.t.note("interrupted with %s to go", plural(int64(left), "point"))
		x.t.hint("%s goes on", resumeCommand(x.dir))
		return exitError{exitInterrupted}
	case o.Stopped != "":
		x.t.note("stopped, as on_error says: %s", report.Printable(o.Stopped))
		x.t.hint("%s tries again", resumeCommand(x.dir))
		return exitError{exitFailed}
	case o.Points > 0 && o.Skipped == o.Points:
		x.t.note("nothing was measured: no point of %s can be measured here", x.spec.Name)
		return exitError{exitFailed}
	case o.Failed > 0:
		x.t.note("%s of %s failed", plural(int64(o.Failed), "point"), report.Count(int64(o.Points)))
		x.t.hint("the column error of %s tells of each; when the cause is mended, %s takes them again",
			filepath.Join(x.dir, "samples.parquet"), resumeCommand(x.dir, "--retry-failed"))
		return exitError{exitFailed}
	}
	return nil
}

// resumeCommand is what to type to go on with the run in dir.
func resumeCommand(dir string, flags ...string) string {
	argv := append([]string{ownName, "resume"}, flags...)
	return shellQuote(append(argv, runName(dir)))
}

// A logFile takes what workers print on stderr. It comes into being with the
// first write, so that a run in which nobody had anything to say has none.
type logFile struct {
	path string
	file *os.File
	left int // bytes that may still be written
}

// maxLog bounds a log: a worker that never stops talking must not fill the disk.
const maxLog = 16 << 20

// Write appends to the log; what exceeds its bound is dropped.
func (l *logFile) Write(p []byte) (int, error) {
	if l.file == nil {
		file, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if err != nil {
			return 0, fmt.Errorf("open the workers' log: %w", err)
		}
		l.file, l.left = file, maxLog
	}
	kept := p[:min(len(p), l.left)]
	l.left -= len(kept)
	if _, err := l.file.Write(kept); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close closes the log, if there is one.
func (l *logFile) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
