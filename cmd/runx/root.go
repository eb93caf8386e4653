package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"runx/internal/document"
)

const rootLong = `runx runs declarative experiments. A spec is one YAML file that names a workload, the
parameters to sweep, how to measure and what is claimed; runx measures every point,
keeps every sample, writes Parquet for pandas, polars and DuckDB, says which claims the
data support, and draws the pictures.

Exit codes: 0 done; 1 some points failed, or none could be measured; 2 bad usage or spec;
3 a claim is refuted (--strict); 4 a claim is inconclusive (--strict); 5 compare --fail-on
found what it looks for; 130 interrupted, resumable. Of several the lower of 1, 3, 4 counts.`

const rootExample = `  runx specs/week07.yaml                      measure it
  runx specs/week07.yaml --quick              a smoke test of the same spec
  runx plan specs/week07.yaml                 what would be measured, and how long it takes
  runx init mine.yaml --workload attention    begin a spec of your own
  runx list attention                         what a workload can sweep and what it measures
  runx show week07                            the summary and the verdicts of the newest run
  runx report out/                            a page over all runs
  runx compare week07 --by algorithm          what differs between the values of a parameter`

// newRoot builds the command tree. Without a subcommand it runs specs, so that
// "runx SPEC" does what one expects.
func newRoot(t *terminal) *cobra.Command {
	var flags runFlags
	var version bool
	root := &cobra.Command{
		Use:     "runx SPEC...",
		Short:   "run declarative experiments",
		Long:    rootLong,
		Example: rootExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if version {
				return writeVersion(t)
			}
			if len(args) == 0 {
				return cmd.Help()
			}
			return flags.run(cmd, t, args)
		},
		ValidArgsFunction: completeSpecs,
		SilenceErrors:     true,
		SilenceUsage:      true,
	}
	flags.register(root)
	root.Flags().BoolVar(&version, "version", false, "the same as: runx version")
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return withHint(usageError{err}, "%s", flagHint(cmd, err))
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelp())
	root.AddCommand(
		newRun(t), newResume(t), newPlan(t), newValidate(t), newList(t),
		newShow(t), newReport(t), newCompare(t), newInit(t), newSchema(t), newVersion(t), newCompletion(t),
		newClaimsTopic(),
	)
	return root
}

// flagHint names the flag that was probably meant.
func flagHint(cmd *cobra.Command, err error) string {
	help := cmd.CommandPath() + " --help"
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return help
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := document.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Sprintf("did you mean --%s? %s shows the flags", near, help)
	}
	return help
}

// newHelp lets one type "runx help plan".
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "what a command does, with examples",
		Example: "  runx help plan",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return notThere(strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// commandNames are the subcommands, for hints.
func commandNames() []string {
	var names []string
	for _, c := range newRoot(&terminal{}).Commands() {
		names = append(names, c.Name())
	}
	return append(names, "help")
}

// exactly wants n arguments, named in the command's use line.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return withHint(usagef("want %s, got %d", plural(int64(n), "argument"), len(args)), "usage: %s", cmd.UseLine())
	}
}

// atLeastOne wants one argument or more.
func atLeastOne(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return withHint(usagef("no spec is named"), "usage: %s", cmd.UseLine())
}

// completeSpecs completes names of YAML files.
func completeSpecs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}
