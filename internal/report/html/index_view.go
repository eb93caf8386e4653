package html

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"runx/internal/claims"
	"runx/internal/report"
	"runx/internal/report/figure"
	"runx/internal/results"
)

// An indexPage is the index as its template takes it: texts, and nothing to
// compute.
type indexPage struct {
	Lead  string // "37 runs of 12 specs"
	Cards []indexCard
	Rows  []indexRow
}

// An indexCard is a spec at a glance.
type indexCard struct {
	indexRow
	Question string
	Picture  template.HTML
	Bar      verdictBar
	// Open are the claims that are not supported.
	Open    []openClaim
	More    int // claims not supported that Open leaves out
	Machine string
	Others  int // runs of the spec besides this one
	Problem string
}

// An openClaim is a claim that the data do not support.
type openClaim struct{ Verdict, Name, Detail string }

// A verdictBar is the share of each verdict, as a bar and in words.
type verdictBar struct {
	Parts []verdictPart
	Text  string // "5 of 7 claims supported"
}

// A verdictPart is one stretch of the bar, in hundredths of its width.
type verdictPart struct {
	Verdict string
	X, W    string
}

// An indexRow is a run in the table of all runs.
type indexRow struct {
	ID, Spec, Title string
	Folder          string // the directory of the run, as a link
	Link            string // to the report, or to Folder
	HasReport       bool
	Status          string
	Note            string // what the status should make one think of
	Quick           bool
	Day, At, ISO    string // of the beginning, UTC
	Took            string
	Points, Samples int64 // -1 where unknown
	Doubts          string
	DoubtCount      int64
	Verdicts        Verdicts
	Files           []indexFile
	took            time.Duration
}

// An indexFile is a link to a file of a run.
type indexFile struct{ Name, Link string }

func newIndexPage(c *IndexContent) (*indexPage, error) {
	p := &indexPage{}
	if len(c.Runs) > 0 {
		p.Lead = counted(int64(len(c.Runs)), "run") + " of " + counted(int64(len(c.Specs)), "spec")
	}
	for i := range c.Specs {
		card, err := newIndexCard(&c.Specs[i])
		if err != nil {
			return nil, err
		}
		p.Cards = append(p.Cards, card)
	}
	for i := range c.Runs {
		p.Rows = append(p.Rows, newIndexRow(&c.Runs[i]))
	}
	return p, nil
}

// maxOpenClaims bounds the claims that a card names.
const maxOpenClaims = 4

func newIndexCard(s *IndexSpec) (indexCard, error) {
	card := indexCard{
		indexRow: newIndexRow(&s.IndexRun), Question: report.Printable(s.Question),
		Machine: report.Printable(s.Machine), Others: s.Runs - 1, Problem: report.Printable(s.Problem),
	}
	picture, err := inlineFigure(s.Figure)
	if err != nil {
		return card, fmt.Errorf("draw the picture of %s: %w", s.Spec, err)
	}
	card.Picture = picture
	var totals Verdicts
	for _, c := range s.Claims {
		verdict := c.Groups.verdict()
		totals.add(verdict)
		if verdict == claims.Supported {
			continue
		}
		if len(card.Open) == maxOpenClaims {
			card.More++
			continue
		}
		card.Open = append(card.Open, openClaim{string(verdict), report.Printable(c.Name), c.detail()})
	}
	card.Bar = newVerdictBar(totals)
	return card, nil
}

// detail is what was found in place of what was expected.
func (c *IndexClaim) detail() string {
	j := &c.Judgement
	if c.Groups.Total() > 1 {
		return fmt.Sprintf("%d of %d groups supported", c.Groups.Supported, c.Groups.Total())
	}
	if math.IsNaN(j.Value) {
		return report.Printable(j.Reason)
	}
	if j.Bool {
		return strconv.FormatBool(j.Value != 0)
	}
	return report.ScaleFor("", nil).FormatInterval(j.Value, j.Lo, j.Hi)
}

func newVerdictBar(v Verdicts) verdictBar {
	total := v.Total()
	if total == 0 {
		return verdictBar{}
	}
	bar := verdictBar{Text: fmt.Sprintf("%d of %s supported", v.Supported, counted(int64(total), "claim"))}
	at := 0
	for _, part := range []struct {
		verdict claims.Verdict
		n       int
	}{{claims.Supported, v.Supported}, {claims.Inconclusive, v.Inconclusive}, {claims.Refuted, v.Refuted}} {
		if part.n == 0 {
			continue
		}
		share := func(n int) string { return strconv.FormatFloat(100*float64(n)/float64(total), 'f', 2, 64) }
		bar.Parts = append(bar.Parts, verdictPart{string(part.verdict), share(at), share(part.n)})
		at += part.n
	}
	return bar
}

// inlineFigure is the svg element of a figure, whose texts it has escaped.
func inlineFigure(f *figure.Figure) (template.HTML, error) {
	if f == nil {
		return "", nil
	}
	var b bytes.Buffer
	if err := f.WriteInline(&b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

func newIndexRow(r *IndexRun) indexRow {
	row := indexRow{
		ID: report.Printable(r.ID), Spec: report.Printable(r.Spec), Title: report.Printable(r.Title), Status: string(r.Status), Note: statusNote(r.Status), Quick: r.Quick,
		Took: "-", took: r.Took,
		Points: r.Points, Samples: r.Samples, Verdicts: r.Verdicts, Folder: r.Path + "/", Link: r.Path + "/",
	}
	if r.CreatedAt > 0 {
		began := time.UnixMicro(r.CreatedAt).UTC()
		row.Day, row.At, row.ISO = began.Format(time.DateOnly), began.Format("15:04"), began.Format(time.RFC3339)
	}
	if r.Took >= 0 {
		row.Took = report.Duration(r.Took)
	}
	if row.HasReport = r.Files[results.ReportFile]; row.HasReport {
		row.Link = r.Path + "/" + results.ReportFile
	}
	row.Doubts, row.DoubtCount = doubtsOf(r)
	for _, file := range []struct{ file, name string }{
		{results.SummaryFile, "summary"}, {results.SamplesFile, "samples"}, {results.ClaimsFile, "claims"}, {results.SpecFile, "spec"},
	} {
		if r.Files[file.file] {
			row.Files = append(row.Files, indexFile{file.name, r.Path + "/" + file.file})
		}
	}
	return row
}

// statusNote says what a reader of an unfinished run should do.
func statusNote(status results.RunStatus) string {
	switch status {
	case results.Interrupted:
		return "interrupted: what it has is preliminary, and runx resume goes on"
	case results.Running:
		return "still running: the tables come at the end"
	case results.Broken:
		return "some points failed"
	case results.Damaged:
		return "its journal cannot be read"
	}
	return ""
}

// doubtsOf are the samples that failed or were taken under interference.
func doubtsOf(r *IndexRun) (text string, n int64) {
	var parts []string
	if r.Failed > 0 {
		parts, n = append(parts, report.Count(r.Failed)+" failed"), n+r.Failed
	}
	if r.Tainted > 0 {
		parts, n = append(parts, report.Count(r.Tainted)+" tainted"), n+r.Tainted
	}
	return cmp.Or(strings.Join(parts, ", "), "none"), n
}

// Known tells whether the tables were there to count.
func (r indexRow) Known() bool { return r.Samples >= 0 }

// CountedSamples is how many samples of how many points the run has.
func (r indexRow) CountedSamples() string {
	return counted(r.Samples, "sample") + " of " + counted(r.Points, "point")
}

// SortClaims sorts by what is not supported; empty where there is no verdict.
func (r indexRow) SortClaims() string {
	if r.Verdicts.Total() == 0 {
		return ""
	}
	return strconv.Itoa(r.Verdicts.Refuted*1_000_000 + r.Verdicts.Inconclusive*1000 + r.Verdicts.Supported)
}

// SortTook is how long the run took, in seconds; empty where it is unknown.
func (r indexRow) SortTook() string {
	if r.took < 0 {
		return ""
	}
	return strconv.FormatFloat(r.took.Seconds(), 'f', 3, 64)
}

func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return report.Count(n) + " " + noun
}
