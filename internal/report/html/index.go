package html

import (
	"io"
	"time"

	"runx/internal/claims"
	"runx/internal/report/figure"
	"runx/internal/results"
)

// IndexContent is what the index over all runs shows.
type IndexContent struct {
	// Specs have one entry for each spec with a run: weeks in order, then the
	// others by name.
	Specs []IndexSpec
	// Runs are all runs, the newest first.
	Runs []IndexRun
}

// An IndexSpec is a spec at a glance: the run that stands for it is the newest
// complete one that is no smoke test, or else the newest.
type IndexSpec struct {
	IndexRun
	Question string
	// Claims have one entry for each claim, in the order of the spec.
	Claims []IndexClaim
	// Figure is the first picture of the run; nil where there is none.
	Figure *figure.Figure
	// Runs is how many runs of the spec there are.
	Runs int
	// Problem says what could not be read of the run; empty where all could.
	Problem string
}

// An IndexClaim is a claim with the verdicts on its groups.
type IndexClaim struct {
	Name   string
	Groups Verdicts
	// Judgement is that of a claim without groups.
	Judgement claims.Judgement
}

// Verdicts counts verdicts: of claims, or of the groups of one.
type Verdicts struct{ Supported, Refuted, Inconclusive int }

// An IndexRun is one run of the index.
type IndexRun struct {
	results.RunInfo
	// Path is the directory of the run as a link from the index.
	Path string
	// Files are those that the directory has, by their names.
	Files map[string]bool
	// Points, Samples, Failed and Tainted are counts, -1 where the tables are not
	// there.
	Points, Samples, Failed, Tainted int64
	// Took is the time from the beginning to the end; negative where it is unknown.
	Took     time.Duration
	Machine  string
	Verdicts Verdicts // of the claims, each as a whole
}

// Index writes the page over all runs.
func Index(w io.Writer, c *IndexContent) error {
	body, err := newIndexPage(c)
	if err != nil {
		return err
	}
	p := page{Title: "runs", Kind: "index", Body: body}
	if len(c.Runs) > 0 {
		p.Nav = []anchor{{"specs", "Specs"}, {"runs", "All runs"}}
	}
	return p.write(w, "index.gohtml")
}
