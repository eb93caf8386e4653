package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"runx/internal/report"
	"runx/runner"
	"runx/spec"
)

func newValidate(t *terminal) *cobra.Command {
	var flags specFlags
	cmd := &cobra.Command{
		Use:   "validate SPEC...",
		Short: "every problem of a spec, with file:line:col; runs nothing",
		Example: `  runx validate specs/week07.yaml
  runx validate specs/*.yaml
  runx validate specs/week07.yaml --set measure.samples=20`,
		Args: atLeastOne,
		RunE: func(cmd *cobra.Command, paths []string) error {
			opts := flags.options(cmd.Flags().Changed)
			var failed error
			for _, path := range paths {
				if err := validate(cmd.Context(), t, path, opts); err != nil {
					t.writeError(err)
					failed = exitError{exitUsage}
				}
			}
			return failed
		},
		ValidArgsFunction: completeSpecs,
	}
	flags.register(cmd.Flags())
	return cmd
}

// validate prints what there is to say of a spec that can be run.
func validate(ctx context.Context, t *terminal, path string, opts spec.Options) error {
	s, err := loadSpec(ctx, path, opts)
	if err != nil {
		return err
	}
	points, err := countPoints(ctx, s, countFor)
	if err != nil {
		return err
	}
	if err := points.tooLarge(path, s); err != nil {
		return err
	}
	t.problems(s.Warnings)
	if !points.exact {
		t.warn(fmt.Sprintf("%s: to count the points that where leaves takes longer than one waits here; one run measures %s at most",
			path, report.Count(runner.MaxPoints)), "conditions over the first axes alone are quick: they leave out all that is below")
	}
	fmt.Fprintf(t.out, "%s: valid: %s\n", report.Printable(path), describeSpec(s, points))
	return nil
}

// describeSpec says in a few words what a spec asks for.
func describeSpec(s *spec.Spec, points tally) string {
	text := s.Workload.Name + ", " + points.sizeText(s)
	for _, part := range []struct {
		n    int
		what string
	}{{len(s.Claims), "claim"}, {len(s.Plots), "plot"}} {
		if part.n > 0 {
			text += ", " + plural(int64(part.n), part.what)
		}
	}
	return text
}

// plural renders a count with its noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return report.Count(n) + " " + noun + "s"
}
