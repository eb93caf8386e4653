package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"runx/internal/report"
	"runx/internal/results"
	"runx/runner"
	"runx/spec"
	"runx/workloads/suite"
)

// defaultOut is where runs go unless told otherwise.
const defaultOut = "out"

// An execution is one run of one spec, from its directory to its summary.
type execution struct {
	t     *terminal
	spec  *spec.Spec
	root  string // the directory that holds all runs
	dir   string // that of this one
	quiet bool
}

// id is the run_id.
func (x *execution) id() string { return filepath.Base(x.dir) }

// perform measures what is left to measure, makes the tables, and shows them.
// It closes the run. It returns an exitError where the run did not end well.
func (x *execution) perform(ctx context.Context, run *results.Run) error {
	outcome, err := x.measure(ctx, run)
	if err != nil {
		return withHint(err, "what was measured is kept: %s goes on", resumeCommand(x.dir))
	}
	if err := x.conclude(ctx, outcome.Warnings); err != nil {
		return err
	}
	return x.verdict(outcome)
}

// conclude makes the tables of what was measured, and shows them.
func (x *execution) conclude(ctx context.Context, warnings []results.Warning) error {
	// An interrupt ends the measuring, not the writing of what was measured.
	derived, err := results.Derive(context.WithoutCancel(ctx), x.dir)
	if err != nil {
		return withHint(err, "the journal in %s is whole: %s makes the tables of it", x.dir, resumeCommand(x.dir))
	}
	warnings = append(warnings, derived.Warnings...)
	// It leads to the newest complete run, which this one need not be.
	warning, err := results.Link(x.root, x.spec.Name)
	if err != nil {
		return err
	}
	if warning != nil {
		warnings = append(warnings, *warning)
	}
	if err := x.show(derived); err != nil {
		return err
	}
	x.t.warnings(warnings)
	return nil
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

// maxShown bounds the table at the end of a run; show prints all of it.
const maxShown = 50

// show prints the summary and where the files are; quiet, only the directory.
func (x *execution) show(d *results.Derived) error {
	if x.quiet {
		_, err := fmt.Fprintln(x.t.out, x.dir)
		return err
	}
	summary, err := results.ReadSummary(x.dir)
	if err != nil {
		return err
	}
	x.t.heading(x.spec.Name, x.spec.Title)
	if err := report.NewView(summary, report.ViewOptions{Spec: x.spec, Rows: maxShown}).Write(x.t.out, x.t.outWidth(), x.t.outStyle()); err != nil {
		return err
	}
	samples := linkTo(d.Samples, filepath.Join(x.root, x.spec.Name+".parquet"))
	points := linkTo(d.Summary, filepath.Join(x.root, x.spec.Name+".summary.parquet"))
	fmt.Fprintf(x.t.out, "\n%s of %s in %s\n",
		plural(d.Rows, "sample"), plural(d.Points, "point"), x.dir)
	fmt.Fprintf(x.t.out, "pandas  pd.read_parquet(%q)\n", filepath.ToSlash(points))
	fmt.Fprintf(x.t.out, "DuckDB  duckdb -c \"from '%s'\"\n", filepath.ToSlash(samples))
	return nil
}

// linkTo is the name of a file that is easier to remember, if it has it: the
// link may belong to another run.
func linkTo(file, link string) string {
	here, err := os.Stat(file)
	if err != nil {
		return file
	}
	if there, err := os.Stat(link); err != nil || !os.SameFile(here, there) {
		return file
	}
	return link
}

// verdict is how the run ended, as an exit code with its message.
func (x *execution) verdict(o runner.Outcome) error {
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
	if filepath.Dir(filepath.Dir(dir)) == defaultOut {
		dir = filepath.Base(dir)
	}
	return shellQuote(append(argv, dir))
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
