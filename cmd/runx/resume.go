package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"runx/internal/results"
	"runx/spec"
)

func newResume(t *terminal) *cobra.Command {
	var (
		root  string
		quiet bool
	)
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "go on with an interrupted run; finished points are not run again",
		Long: `Goes on where the journal of a run ends, after an interrupt, a crash or a power cut. RUN is a run_id
or a unique beginning of one, the path of a run, or the name of a spec for its newest run.`,
		Example: `  runx resume 20261123t140501z-3f9a
  runx resume week07`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := results.Find(root, args[0])
			if err != nil {
				return usageError{err}
			}
			return resume(cmd.Context(), t, dir, quiet)
		},
		ValidArgsFunction: completeRuns(&root),
	}
	registerOut(cmd, &root)
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "no progress and no table: print only the directory of the run")
	return cmd
}

func resume(ctx context.Context, t *terminal, dir string, quiet bool) error {
	s, err := spec.Load(ctx, filepath.Join(dir, results.SpecFile), baseOptions())
	if err != nil {
		return err
	}
	x := &execution{t: t, spec: s, root: filepath.Join(dir, "..", ".."), dir: dir, quiet: quiet}
	run, err := results.Open(dir)
	if errors.Is(err, results.ErrComplete) {
		t.note("run %s is complete: there is nothing left to measure", x.id())
		return x.conclude(ctx, nil) // its tables may be missing still
	}
	if err != nil {
		return err
	}
	ctx, release := interruptible(ctx, t)
	defer release()
	return x.perform(ctx, run)
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
