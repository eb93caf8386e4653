package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"runx/internal/report/html"
	"runx/internal/results"
)

// indexFile is the page over all runs, in the directory that holds them.
const indexFile = "index.html"

func newReport(t *terminal) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "report [RUN | NAME | DIR]",
		Short: "make the report and the plots of a run again, or an index over all runs",
		Long: `Makes the tables of a run again from its journal, judges its claims, draws its plots, and writes report.html:
one page that needs nothing else, with the verdicts, the pictures, the summary, and how to reproduce it. RUN is a
run_id or a unique beginning of one, or the path of a run; NAME is that of a spec and stands for its newest run.

Of a directory that holds runs, or without an argument of the one that -o names, it makes index.html: all specs at
a glance and all runs, with links to their reports. What it writes is printed to stdout.`,
		Example: `  runx report week07
  runx report 20261123t140501z-3f9a
  runx report out/`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{root}
			}
			dir, err := findRun(root, args[0])
			if err == nil {
				return remake(cmd.Context(), t, dir)
			}
			if runs, unlisted := results.List(args[0]); unlisted == nil && len(runs) > 0 {
				return index(cmd.Context(), t, args[0])
			}
			return err
		},
		ValidArgsFunction: completeRuns(&root),
	}
	registerOut(cmd, &root)
	return cmd
}

// findRun is the directory of the run that is meant by an id, the name of a spec
// or a path: that of a run, or of the folder of a spec for its newest run.
func findRun(root, name string) (string, error) {
	dir, err := results.Find(root, name)
	if err == nil {
		return dir, nil
	}
	info, missing := os.Stat(name)
	if missing != nil || !info.IsDir() {
		return "", usageError{err}
	}
	path := filepath.Clean(name)
	if dir, err := results.Find(filepath.Dir(path), filepath.Base(path)); err == nil {
		return dir, nil
	}
	return "", withHint(usagef("%s holds no run", path), "runs are directories %s/SPEC/RUN_ID", defaultOut)
}

// atMostOne wants no argument or one.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) <= 1 {
		return nil
	}
	return withHint(usagef("want at most 1 argument, got %d", len(args)), "usage: %s", cmd.UseLine())
}

// remake makes all that is derived from the journal of a run again.
func remake(ctx context.Context, t *terminal, dir string) error {
	derived, err := results.Derive(ctx, dir)
	if err != nil {
		return err
	}
	r, err := judge(ctx, dir)
	if err != nil {
		return err
	}
	warnings, err := r.keep(ctx, true)
	if err != nil {
		return err
	}
	root := filepath.Join(dir, "..", "..")
	warning, err := results.Link(root, r.Info.Spec)
	if err != nil {
		return err
	}
	if warning != nil {
		warnings = append(warnings, *warning)
	}
	t.warnings(append(append(derived.Warnings, warnings...), r.warnings()...))
	_, err = fmt.Fprintln(t.out, filepath.Join(dir, results.ReportFile))
	return err
}

// index makes the page over all runs below root.
func index(ctx context.Context, t *terminal, root string) error {
	content, err := html.GatherIndex(ctx, root)
	if err != nil {
		return err
	}
	err = results.WritePage(root, indexFile, func(w io.Writer) error { return html.Index(w, content) })
	if err != nil {
		return withHint(err, "the page stands beside the runs: %s must be writable", root)
	}
	_, err = fmt.Fprintln(t.out, filepath.Join(root, indexFile))
	return err
}

// reportCommand is what to type to make the report of the run in dir.
func reportCommand(dir string) string {
	return shellQuote([]string{ownName, "report", runName(dir)})
}
