package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"runx/internal/claims"
	"runx/internal/report"
	"runx/internal/report/figure"
	"runx/internal/report/html"
	"runx/internal/results"
	"runx/internal/stats"
)

// A reading is a run with what its claims amount to.
type reading struct {
	*results.Reading
	judgements []claims.Judgement
	verdicts   *report.Verdicts
}

// judge reads a run that has its tables and judges its claims. Where these cannot
// be judged, the reading has none and comes with the error.
func judge(ctx context.Context, dir string) (*reading, error) {
	r, err := results.Read(ctx, dir)
	if err != nil {
		return nil, err
	}
	judgements, err := claims.Evaluate(ctx, r, claims.Options{})
	if err != nil {
		return newReading(r, nil), fmt.Errorf("judge the claims of run %s: %w", r.Info.ID, err)
	}
	return newReading(r, judgements), nil
}

func newReading(r *results.Reading, judgements []claims.Judgement) *reading {
	v := report.NewVerdicts(r.Spec.Claims, judgements)
	v.Preliminary, v.Quick = r.Info.Status != results.Complete, r.Info.Quick
	return &reading{r, judgements, v}
}

// keep writes what reading came to into the directory of the run: the verdicts,
// and where they are wanted the plots and the report.
func (r *reading) keep(ctx context.Context, pages bool) ([]results.Warning, error) {
	if err := claims.Write(r.Reading, r.judgements); err != nil {
		return nil, err
	}
	if pages {
		return r.picture(ctx)
	}
	// Those that a run had before it was resumed tell of fewer samples.
	err := errors.Join(os.RemoveAll(filepath.Join(r.Dir, results.ReportFile)), os.RemoveAll(filepath.Join(r.Dir, results.PlotsFolder)))
	if err != nil {
		return nil, err
	}
	return r.drift()
}

// drift is what the report warns of too: latencies that are not what their
// intervals take them for.
func (r *reading) drift() ([]results.Warning, error) {
	found, err := report.SeriesWarnings(r.Reading)
	return warningsOf(found), err
}

func warningsOf(found []stats.Warning) []results.Warning {
	var warnings []results.Warning
	for _, w := range found {
		warnings = append(warnings, results.Warning{Message: w.What, Cure: w.Cure})
	}
	return warnings
}

// picture writes the plots and the report of a run.
func (r *reading) picture(ctx context.Context) ([]results.Warning, error) {
	content, err := html.Gather(ctx, r.Reading, r.judgements)
	if err != nil {
		return nil, fmt.Errorf("make the report of run %s: %w", r.Info.ID, err)
	}
	if err := figure.WriteFiles(ctx, r.Reading, content.Figures); err != nil {
		return nil, fmt.Errorf("write the plots of run %s: %w", r.Info.ID, err)
	}
	if err := r.WriteFile(results.ReportFile, func(w io.Writer) error { return html.Report(w, content) }); err != nil {
		return nil, fmt.Errorf("write the report of run %s: %w", r.Info.ID, err)
	}
	return warningsOf(content.Warnings), nil
}

// conclude makes of what was measured all that a run leaves, and shows it. What
// fails after the tables are made is said and told by an exit code: it is no
// reason to keep the results from anyone.
func (x *execution) conclude(ctx context.Context, warnings []results.Warning) (said error, err error) {
	// An interrupt ends the measuring, not the writing of what was measured.
	ctx = context.WithoutCancel(ctx)
	derived, err := results.Derive(ctx, x.dir)
	if err != nil {
		return nil, withHint(err, "the journal in %s is whole: %s makes the tables of it", x.dir, resumeCommand(x.dir))
	}
	warnings = append(warnings, derived.Warnings...)
	r, unread := judge(ctx, x.dir)
	if r == nil {
		return nil, unread
	}
	if unread == nil {
		var more []results.Warning
		more, unread = r.keep(ctx, !x.noReport)
		warnings = append(warnings, more...)
		warnings = append(warnings, r.warnings()...)
	}
	// It leads to the newest complete run, which this one need not be.
	warning, err := results.Link(x.root, x.spec.Name)
	if err != nil {
		return nil, err
	}
	if warning != nil {
		warnings = append(warnings, *warning)
	}
	if err := x.show(r, derived, warnings); err != nil {
		return nil, err
	}
	if unread != nil {
		x.t.writeError(withHint(unread, "the tables are whole; %s tries again", reportCommand(x.dir)))
		return exitError{exitFailed}, nil
	}
	return r.strictly(x.strict), nil
}

// show prints what came of a run; quiet, only its directory.
func (x *execution) show(r *reading, d *results.Derived, warnings []results.Warning) error {
	if x.quiet {
		x.t.warnings(warnings)
		_, err := fmt.Fprintln(x.t.out, x.dir)
		return err
	}
	x.t.heading(x.spec.Name, x.spec.Title)
	if err := x.t.tell(r, false); err != nil {
		return err
	}
	x.t.warnings(warnings)
	fmt.Fprintf(x.t.out, "\n%s of %s in %s\n", plural(d.Rows, "sample"), plural(d.Points, "point"), x.dir)
	x.t.where(x.root, r.Reading)
	return nil
}
