package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"runx/internal/claims"
	"runx/internal/report"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

// maxShown bounds the table of a run so that it and the verdicts are seen
// together; runx show --all prints all of it.
const maxShown = 32

// tell prints what a run says: its summary, and the verdicts on its claims. all
// leaves nothing out.
func (t *terminal) tell(r *reading, all bool) error {
	summary, err := r.Summary()
	if err != nil {
		return err
	}
	options := report.ViewOptions{Spec: r.Spec, Rows: maxShown}
	width := t.readWidth()
	if all {
		options.Rows, width = 0, 0
	}
	if !t.ascii {
		if options.History, err = history(r.Reading, summary); err != nil {
			return err
		}
	}
	view := report.NewView(summary, options)
	if err := view.Write(t.out, width, t.outStyle()); err != nil {
		return err
	}
	if view.Partial(width) {
		cue := "... all of it: " + t.commands(shellQuote([]string{ownName, "show", "--all", runName(r.Dir)}))
		fmt.Fprintln(t.out, t.outStyle().Dim(report.Wrap(report.Printable(cue), width, 4)))
	}
	if len(r.judgements) == 0 {
		return nil
	}
	fmt.Fprintln(t.out)
	return r.verdicts.Write(t.out, t.readWidth(), t.outStyle())
}

// history is the latency of the samples of each row of a summary, in the order
// in which they were taken.
func history(r *results.Reading, summary *results.Table) ([][]float64, error) {
	samples, err := r.Samples("point_id", "status", workloads.LatencyMetric)
	if err != nil {
		return nil, err
	}
	rows := map[any]int{}
	for row := range summary.Rows {
		rows[summary.Value(row, "point_id")] = row
	}
	latency := samples.Floats(workloads.LatencyMetric)
	byRow := make([][]float64, summary.Rows)
	for i := range samples.Rows {
		row, known := rows[samples.Value(i, "point_id")]
		if known && samples.Value(i, "status") == string(results.OK) {
			byRow[row] = append(byRow[row], latency[i])
		}
	}
	return byRow, nil
}

// where says where the files of a run are, and how to read them. root holds the
// links to the newest runs.
func (t *terminal) where(root string, r *results.Reading) {
	name := r.Info.Spec
	linked := func(file, suffix string) string {
		return filepath.ToSlash(linkTo(filepath.Join(r.Dir, file), filepath.Join(root, name+suffix)))
	}
	line := func(label, text string) {
		fmt.Fprintf(t.out, "%-7s %s\n", label, report.Printable(text))
	}
	if page := filepath.Join(r.Dir, results.ReportFile); isFile(page) {
		line("report", filepath.ToSlash(page)) // from the link a browser would not find the files beside it
	}
	if n := keptFiles(r.Dir); n > 0 {
		line("files", fmt.Sprintf("%s, kept by %s", filepath.ToSlash(filepath.Join(r.Dir, results.FilesFolder)), plural(int64(n), "point")))
	}
	line("pandas", fmt.Sprintf("pd.read_parquet(%q)", linked(results.SummaryFile, ".summary.parquet")))
	line("DuckDB", fmt.Sprintf("duckdb -c \"from '%s'\"", linked(results.SamplesFile, ".parquet")))
}

// keptFiles is how many points of a run have files of their own.
func keptFiles(dir string) int {
	folders, err := os.ReadDir(filepath.Join(dir, results.FilesFolder))
	if err != nil {
		return 0
	}
	return len(folders)
}

// linkTo is the name of a file that is easier to remember, if it has it: the
// link may belong to another run.
func linkTo(file, link string) string {
	here, err := os.Stat(file)
	if err != nil {
		return file
	}
	if there, err := os.Stat(link); err != nil || !os.SameFile(here, there) {
		return file
	}
	return link
}

// runName is what to type for the run in dir: its id where it is among the runs
// that are found by that.
func runName(dir string) string {
	if filepath.Dir(filepath.Dir(dir)) == defaultOut {
		return filepath.Base(dir)
	}
	return dir
}

// isFile tells whether there is a file of that name.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// warnings are what one should know before believing the verdicts, each once,
// however many claims it is about.
func (r *reading) warnings() []results.Warning {
	var all []doubted
	for i := range r.judgements {
		for _, w := range r.judgements[i].Warnings {
			all = add(all, &r.judgements[i], w)
		}
	}
	var warnings []results.Warning
	for _, d := range all {
		warnings = append(warnings, results.Warning{Message: d.names() + ": " + d.What, Cure: d.Cure})
	}
	return warnings
}

// A doubted is a warning, the claim and the group that it is about first, and
// how many more there are of them.
type doubted struct {
	stats.Warning
	claim, group   string
	groups, claims int
}

// add counts a warning that has the cure of one on the same claim, or is one on
// another claim word for word.
func add(all []doubted, j *claims.Judgement, w stats.Warning) []doubted {
	for i := range all {
		switch d := &all[i]; {
		case d.claim == j.Claim && d.Cure == w.Cure:
			d.groups++
			return all
		case d.Warning == w:
			d.claims++
			return all
		}
	}
	return append(all, doubted{Warning: w, claim: j.Claim, group: report.GroupText(j.Group)})
}

func (d *doubted) names() string {
	text := fmt.Sprintf("claim %q", d.claim)
	if d.group != "" {
		text += " at " + d.group
	}
	var more []string
	if d.groups > 0 {
		more = append(more, plural(int64(d.groups), "more group"))
	}
	if d.claims > 0 {
		more = append(more, plural(int64(d.claims), "other claim"))
	}
	if len(more) > 0 {
		text += ", and likewise in " + strings.Join(more, " and ")
	}
	return text
}

// strictly is what the verdicts mean for the exit code where they have a say.
func (r *reading) strictly(strict bool) error {
	worst := claims.Supported
	for i := range r.judgements {
		switch r.judgements[i].Verdict {
		case claims.Refuted:
			worst = claims.Refuted
		case claims.Inconclusive:
			if worst == claims.Supported {
				worst = claims.Inconclusive
			}
		}
	}
	switch {
	case !strict || worst == claims.Supported:
		return nil
	case worst == claims.Refuted:
		return exitError{exitRefuted}
	}
	return exitError{exitInconclusive}
}
