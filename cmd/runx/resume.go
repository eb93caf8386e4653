package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"runx/internal/results"
	"runx/runner"
	"runx/spec"
)

func newResume(t *terminal) *cobra.Command {
	var (
		root  string
		retry bool
		flags endFlags
	)
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "go on with an interrupted run; finished points are not run again",
		Long: `Goes on where the journal of a run ends, after an interrupt, a crash or a power cut. RUN is a run_id
or a unique beginning of one, the path of a run, or the name of a spec for its newest run.

Points that failed stay failed. When what made them fail is mended, --retry-failed takes them again, of a complete
run too; the samples that failed stay in the tables beside the new ones.`,
		Example: `  runx resume 20261123t140501z-3f9a
  runx resume week07
  runx resume week07 --retry-failed`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := findRun(root, args[0])
			if err != nil {
				return err
			}
			return resume(cmd.Context(), t, dir, flags, retry)
		},
		ValidArgsFunction: completeRuns(&root),
	}
	registerOut(cmd, &root)
	cmd.Flags().BoolVar(&retry, "retry-failed", false, "take the points that failed again")
	flags.register(cmd.Flags())
	return cmd
}

// resume goes on with the run in dir. Of one that has nothing left to measure it
// makes the tables again, which may be missing, and ends as the run did.
func resume(ctx context.Context, t *terminal, dir string, flags endFlags, retry bool) error {
	s, err := spec.Load(ctx, filepath.Join(dir, results.SpecFile), baseOptions())
	if err != nil {
		return err
	}
	x := &execution{t: t, spec: s, root: filepath.Join(dir, "..", ".."), dir: dir, endFlags: flags}
	run, err := results.Open(dir)
	if err != nil {
		return err
	}
	if run.Complete() || retry {
		verdict, err := x.review(ctx, run, retry)
		if run.Complete() && !(err != nil && retry) {
			return errors.Join(run.Close(), x.finished(ctx, verdict, err))
		}
		if err != nil {
			return errors.Join(err, run.Close())
		}
	}
	ctx, release := interruptible(ctx, t)
	defer release()
	return x.perform(ctx, run)
}

// finished makes the tables of a complete run and ends as the run did. Where a
// newer workload keeps that from being told, the tables are made nevertheless.
func (x *execution) finished(ctx context.Context, verdict runner.Verdict, untold error) error {
	x.t.note("run %s is complete: there is nothing left to measure", x.id())
	said, err := x.conclude(ctx, verdict.Warnings)
	if err != nil {
		return err
	}
	if untold != nil {
		x.t.warn("it cannot be told whether points failed: "+untold.Error(), "the column status of samples.parquet says so")
	}
	return errors.Join(x.ended(verdict.Outcome), said)
}

// review tells how the run stands, and has the points that failed taken again
// if that is wanted.
func (x *execution) review(ctx context.Context, run *results.Run, retry bool) (runner.Verdict, error) {
	verdict, err := runner.Review(ctx, x.spec, run)
	if err != nil || !retry {
		return verdict, err
	}
	if n := len(verdict.FailedPoints); n > 0 && !x.quiet {
		x.t.note("%s failed: each is taken again", plural(int64(n), "point"))
	} else if n == 0 {
		x.t.note("no point of run %s failed", x.id())
	}
	return verdict, run.Retry(verdict.FailedPoints)
}

// completeRuns completes the names of specs and the ids of runs below a root.
func completeRuns(root *string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		runs, err := results.List(*root)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var names, ids []string
		named := map[string]bool{}
		for _, r := range slices.Backward(runs) { // the newest first
			if !named[r.Spec] {
				named[r.Spec] = true
				names = append(names, r.Spec+"\tthe newest run")
			}
			ids = append(ids, r.ID+"\t"+r.Spec+", "+string(r.Status))
		}
		return append(names, ids...), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}
