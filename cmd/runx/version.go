package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"runx/internal/results"
	"runx/internal/tensor/kernels"
)

func newVersion(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "what this program was built from, for a report of a bug",
		Long: `Prints the version of runx and the commit of its sources, the compiler and the platform, and the
instruction set that the embedded engine computes with on this machine. run.parquet has the same of every run.`,
		Example: `  runx version`,
		Args:    exactly(0),
		RunE:    func(*cobra.Command, []string) error { return writeVersion(t) },
	}
}

func writeVersion(t *terminal) error {
	_, err := fmt.Fprint(t.out, versionText())
	return err
}

// versionText has one fact a line.
func versionText() string {
	e := results.CaptureEnvironment()
	commit := "unknown"
	if e.VCSRevision != "" {
		commit = strings.TrimSpace(e.VCSRevision + " " + e.VCSTime)
		if e.VCSModified {
			commit += ", with changes that are in no commit"
		}
	}
	version := e.Version
	if version == "" {
		version = "unknown"
	}
	return fmt.Sprintf("%s %s\ncommit  %s\nbuilt   %s %s/%s\nengine  %s\n",
		ownName, version, commit, e.GoVersion, e.OS, e.Arch, kernels.Best().Name())
}
