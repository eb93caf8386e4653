package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"runx/internal/report"
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
				s, err := loadSpec(cmd.Context(), path, opts)
				if err != nil {
					t.writeError(err)
					failed = exitError{exitUsage}
					continue
				}
				t.problems(s.Warnings)
				fmt.Fprintf(t.out, "%s: valid: %s\n", report.Printable(path), describeSpec(s))
			}
			return failed
		},
		ValidArgsFunction: completeSpecs,
	}
	flags.register(cmd.Flags())
	return cmd
}

// describeSpec says in a few words what a spec asks for.
func describeSpec(s *spec.Spec) string {
	text := fmt.Sprintf("%s, a grid of %s", s.Workload.Name, plural(s.Size(), "point"))
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
