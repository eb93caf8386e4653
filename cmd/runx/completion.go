package main

import (
	"strings"

	"github.com/spf13/cobra"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "the completion script of a shell: " + strings.Join(shells, ", "),
		Example: `  source <(runx completion bash)
  runx completion zsh > "${fpath[1]}/_runx"
  runx completion fish > ~/.config/fish/completions/runx.fish`,
		Args:      exactly(1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(t.out, true)
			case "zsh":
				return root.GenZshCompletion(t.out)
			case "fish":
				return root.GenFishCompletion(t.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(t.out)
			}
			return withHint(usagef("unknown shell %q", args[0]), "one of %s", strings.Join(shells, ", "))
		},
	}
}
