package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"runx/internal/claims"
	"runx/internal/report"
	"runx/internal/results"
)

func newShow(t *terminal) *cobra.Command {
	var root string
	var all, strict bool
	cmd := &cobra.Command{
		Use:   "show RUN | NAME",
		Short: "the summary of a run and the verdicts on its claims in the terminal",
		Long: `Prints what a run said at its end: one line per point, the metrics of the experiment with their 95% intervals,
each in the unit in which it is best read, and the verdicts on the claims. What claims and plots are about comes
first. Of very many points some are shown, and what does not fit is named; --all shows every point and every
metric, as wide as they are. RUN is a run_id or a unique beginning of one, or the path of a run; NAME is that of a
spec and stands for its newest run. Of a run that goes on, or was cut off, it shows what there is by now.`,
		Example: `  runx show week07
  runx show 20261123t140501z-3f9a
  runx show week07 --all | less -S
  runx show week07 --strict`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := findRun(root, args[0])
			if err != nil {
				return err
			}
			return show(cmd.Context(), t, dir, all, strict)
		},
		ValidArgsFunction: completeRuns(&root),
	}
	registerOut(cmd, &root)
	cmd.Flags().BoolVar(&all, "all", false, "every point and every metric of the experiment, as wide as they are")
	cmd.Flags().BoolVar(&strict, "strict", false, strictUsage)
	return cmd
}

// show prints a run and changes nothing in it.
func show(ctx context.Context, t *terminal, dir string, all, strict bool) error {
	info := results.Info(dir)
	t.heading(info.Spec, info.Title)
	begun := ""
	if info.CreatedAt > 0 { // of a damaged run it is not known
		begun = ", begun " + time.UnixMicro(info.CreatedAt).Format(time.DateTime+" MST")
	}
	fmt.Fprintf(t.out, "run %s, %s%s\n", info.ID, info.Status, begun)
	if info.Status == results.Damaged {
		return showDamaged(t, dir)
	}
	r, done, err := readAnyway(ctx, dir)
	if err != nil {
		return err
	}
	defer done()
	if err := t.tell(r, all); err != nil {
		return err
	}
	drift, err := r.drift()
	if err != nil {
		return err
	}
	t.warnings(append(drift, r.warnings()...))
	if isFile(filepath.Join(dir, results.SummaryFile)) {
		fmt.Fprintln(t.out)
		r.Dir = dir
		t.where(filepath.Join(dir, "..", ".."), r.Reading)
	}
	switch info.Status {
	case results.Running:
		t.note("run %s goes on: this is what there is by now", info.ID)
	case results.Interrupted:
		t.note("run %s is not complete", info.ID)
		t.hint("%s goes on", resumeCommand(dir))
	}
	return r.strictly(strict)
}

// showDamaged prints the summary of a run whose journal can no longer be read.
func showDamaged(t *terminal, dir string) error {
	summary, err := results.ReadSummary(dir)
	if err != nil {
		return err
	}
	return report.NewView(summary, report.ViewOptions{Rows: maxShown}).Write(t.out, t.readWidth(), t.outStyle())
}

// readAnyway reads a run whether or not it has its tables: those of one that
// goes on, or was cut off, are made aside. done is to be called when the reading
// is of no more use.
func readAnyway(ctx context.Context, dir string) (r *reading, done func(), err error) {
	if current(dir) {
		plain, err := results.Read(ctx, dir)
		if err != nil {
			return nil, nil, err
		}
		if judgements, err := claims.Read(plain); err == nil && isFile(filepath.Join(dir, results.ClaimsFile)) {
			return newReading(plain, judgements), func() {}, nil
		}
		r, err := judge(ctx, dir)
		return r, func() {}, err
	}
	aside, err := copyAside(dir)
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = os.RemoveAll(filepath.Dir(aside)) } // it is among files that nobody keeps
	if _, err = results.Derive(ctx, aside); err == nil {
		r, err = judge(ctx, aside)
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	r.Info = results.Info(dir)
	r.verdicts.Preliminary = true
	return r, done, nil
}

// current tells whether the tables of a run hold all that its journal does.
func current(dir string) bool {
	for _, name := range []string{results.SamplesFile, results.SummaryFile, results.RunFile} {
		if !isFile(filepath.Join(dir, name)) {
			return false
		}
	}
	if results.Info(dir).Status == results.Complete {
		return true
	}
	journal, err := os.Stat(filepath.Join(dir, results.JournalFile))
	if err != nil {
		return false
	}
	// The last of the tables that are made.
	table, err := os.Stat(filepath.Join(dir, results.RunFile))
	return err == nil && !table.ModTime().Before(journal.ModTime())
}

// copyAside copies what tables are made of into a folder of its own within a
// temporary one.
func copyAside(dir string) (aside string, err error) {
	temporary, err := os.MkdirTemp("", ownName+"-show-")
	if err != nil {
		return "", err
	}
	// Named as the run and its spec are.
	aside = filepath.Join(temporary, filepath.Base(dir))
	err = os.Mkdir(aside, 0o700)
	for _, name := range []string{results.JournalFile, results.SpecFile} {
		if err == nil {
			err = copyFile(filepath.Join(aside, name), filepath.Join(dir, name))
		}
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(temporary))
	}
	return aside, nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, in.Close(), out.Close())
}
