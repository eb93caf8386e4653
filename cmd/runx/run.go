package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"runx/internal/results"
	"runx/spec"
)

// runFlags are those of run, which also stand for a bare "runx SPEC".
type runFlags struct {
	specFlags
	endFlags
	root string
}

func (f *runFlags) register(cmd *cobra.Command) {
	f.specFlags.register(cmd.Flags())
	f.endFlags.register(cmd.Flags())
	registerOut(cmd, &f.root)
}

// registerOut adds the flag that says where runs are kept.
func registerOut(cmd *cobra.Command, root *string) {
	cmd.Flags().StringVarP(root, "out", "o", defaultOut, "`dir` that holds the runs")
	// The flag exists, so this cannot fail.
	_ = cmd.MarkFlagDirname("out")
}

func newRun(t *terminal) *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run SPEC...",
		Short: "measure, and write Parquet; \"runx SPEC...\" is the same",
		Long: `Measures every point of a spec and keeps every sample in a journal as it is taken. When it ends it writes
samples.parquet, summary.parquet and run.parquet, judges the claims (claims.parquet), draws the plots (plots/) and
writes report.html; then it prints the summary, the verdicts and where everything is. Several specs run one after
the other.

A refuted claim is a finding and no failure: only with --strict does it change the exit code, to 3, and an
inconclusive one to 4. Failed points come first: 1. Of several runs the lowest of these codes counts.

An interrupt (Ctrl-C) ends the current sample and the run, which can be resumed; a second one ends at once.
Results go to stdout, all else to stderr.`,
		Example: `  runx run specs/week07.yaml
  runx run specs/week07.yaml --quick
  runx run specs/week07.yaml -p algorithm=flash -p seq_len=512,1024
  runx run specs/week07.yaml --set measure.samples=20 --seed 3 -o /tmp/out
  runx run specs/week07.yaml --strict --no-report`,
		Args: atLeastOne,
		RunE: func(cmd *cobra.Command, paths []string) error {
			return flags.run(cmd, t, paths)
		},
		ValidArgsFunction: completeSpecs,
	}
	flags.register(cmd)
	return cmd
}

// run measures specs one after the other. All are read before the first one
// begins. An interrupt ends the sequence; a run in which points failed, or claims, does not.
func (f *runFlags) run(cmd *cobra.Command, t *terminal, paths []string) error {
	if f.root == "" {
		return withHint(usagef("-o names no directory"), "-o . is the current one")
	}
	specs, err := loadSpecs(cmd.Context(), t, paths, f.options(cmd.Flags().Changed))
	if err != nil {
		return err
	}
	ctx, release := interruptible(cmd.Context(), t)
	defer release()
	for i, s := range specs {
		if err := admit(ctx, t, paths[i], s); err != nil {
			return err
		}
	}
	worst := exitDone
	for _, s := range specs {
		if ctx.Err() != nil {
			return exitError{exitInterrupted}
		}
		t.problems(s.Warnings)
		err := f.runOne(ctx, t, s)
		e, ended := errors.AsType[exitError](err)
		if err != nil && !ended || e.code == exitInterrupted {
			return err
		}
		worst = worse(worst, e.code)
	}
	if worst != exitDone {
		return exitError{worst}
	}
	return nil
}

// worse is the code that counts where runs ended with different ones: what
// failed before what was found.
func worse(a, b int) int {
	for _, code := range []int{exitFailed, exitRefuted, exitInconclusive} {
		if a == code || b == code {
			return code
		}
	}
	return exitDone
}

func (f *runFlags) runOne(ctx context.Context, t *terminal, s *spec.Spec) error {
	run, err := results.Create(f.root, s, results.CreateOptions{Command: os.Args})
	if err != nil {
		return err
	}
	x := &execution{t: t, spec: s, root: f.root, dir: run.Dir(), endFlags: f.endFlags}
	return x.perform(ctx, run)
}
