package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"runx/internal/report"
	"runx/internal/results"
)

func newShow(t *terminal) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "show RUN | NAME",
		Short: "the summary of a run in the terminal",
		Long: `Prints the summary of a run: one line per point, the metrics of the experiment with their 95% intervals,
each in the unit in which it is best read. RUN is a run_id or a unique beginning of one, or the path of a run;
NAME is that of a spec and stands for its newest run.`,
		Example: `  runx show week07
  runx show 20261123t140501z-3f9a`,
		Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := results.Find(root, args[0])
			if err != nil {
				return usageError{err}
			}
			return show(t, dir)
		},
		ValidArgsFunction: completeRuns(&root),
	}
	registerOut(cmd, &root)
	return cmd
}

func show(t *terminal, dir string) error {
	info := results.Info(dir)
	summary, err := results.ReadSummary(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && info.Status == results.Running:
		return withHint(fmt.Errorf("run %s is running: it has no tables yet", filepath.Base(dir)),
			"they are made when it ends; an interrupt (Ctrl-C) ends it, and it can be resumed")
	case errors.Is(err, fs.ErrNotExist):
		return withHint(fmt.Errorf("run %s has no tables yet: it was ended at once", filepath.Base(dir)),
			"%s finishes it", resumeCommand(dir))
	case err != nil:
		return err
	}
	t.heading(info.Spec, info.Title)
	begun := ""
	if info.CreatedAt > 0 { // of a damaged run it is not known
		begun = ", begun " + time.UnixMicro(info.CreatedAt).Format(time.DateTime+" MST")
	}
	fmt.Fprintf(t.out, "run %s, %s%s\n", info.ID, info.Status, begun)
	return report.NewView(summary, report.ViewOptions{}).Write(t.out, t.outWidth(), t.outStyle())
}
