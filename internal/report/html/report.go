package html

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"math"
	"path"
	"strings"

	"runx/internal/claims"
	"runx/internal/report"
	"runx/internal/report/figure"
	"runx/internal/results"
	"runx/internal/stats"
)

var nan = math.NaN()

// A Content is all that the report of a run says. Tables that are not there are
// nil: a run that was killed has a spec and a header only.
type Content struct {
	Reading *results.Reading
	// Summary and Run are whole; Samples has the columns that tell how each sample
	// went.
	Summary, Samples, Run *results.Table
	Judgements            []claims.Judgement
	Figures               []*figure.Figure
	// Warnings are about the report itself, such as a plot that could not be
	// drawn.
	Warnings []stats.Warning
}

// Gather reads the tables of a run and draws its plots. What cannot be had
// becomes a warning: a report of the rest is better than none.
func Gather(ctx context.Context, r *results.Reading, judgements []claims.Judgement) (*Content, error) {
	c := &Content{Reading: r, Judgements: judgements}
	var err error
	if c.Summary, err = present(r.Summary()); err != nil {
		return nil, err
	}
	if c.Run, err = present(r.Run()); err != nil {
		return nil, err
	}
	if c.Samples, err = present(r.Samples("point_id", "status", "error", "tainted", stripMetric(r.Spec))); err != nil {
		return nil, err
	}
	if c.Summary == nil || c.Samples == nil {
		c.Warnings = append(c.Warnings, stats.Warning{
			What: "the run has no tables yet: there is nothing to show but what was asked",
			Cure: "runx resume " + r.Info.ID + " makes them",
		})
		return c, ctx.Err()
	}
	if warnings, err := report.SeriesWarnings(r); err != nil {
		c.Warnings = append(c.Warnings, stats.Warning{What: err.Error()})
	} else {
		c.Warnings = append(c.Warnings, warnings...)
	}
	data, err := figure.Load(r)
	if err != nil {
		return nil, err
	}
	figures, err := figure.All(ctx, data)
	c.Figures = figures
	for _, err := range parts(err) {
		c.Warnings = append(c.Warnings, stats.Warning{What: err.Error(), Cure: "the other pictures are there; the tables hold the data"})
	}
	return c, ctx.Err()
}

// present turns a table that is not there into nil.
func present(t *results.Table, err error) (*results.Table, error) {
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return t, err
}

// parts are the errors that were joined into one.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// A reportPage is what the report's template shows.
type reportPage struct {
	Spec, Title, Question string
	Tags                  []string
	RunID, Status         string
	Facts                 []string
	Banners               []banner
	Claims                []claimView
	Counts                []verdictCount
	Preliminary           string
	Figures               []figureView
	Points                *pointTable
	Doubts                []doubt
	Environment           []factGroup
	Files                 []fileView
	MoreFiles             int
	Source                []sourceLine
	Repeat                repeatView
	Snippets              []snippet
}

// A figureView is a picture with its files.
type figureView struct {
	ID, Title, Caption string
	SVG                template.HTML
	Files              []fileView
}

// Long says that the caption is for those who ask for it.
func (f figureView) Long() bool { return len(f.Caption) > 240 }

// Lead is what stands for a long caption: its first sentence.
func (f figureView) Lead() string {
	lead, _, _ := strings.Cut(f.Caption, ". ")
	return clip(lead, 160)
}

// Report writes the page of a run.
func Report(w io.Writer, c *Content) error {
	p, err := newReportPage(c)
	if err != nil {
		return err
	}
	title := p.Spec
	if p.Title != "" {
		title = p.Title + " (" + p.Spec + ")"
	}
	return page{Title: title, Kind: "report", Home: path.Join(p.Spec, p.RunID), Nav: p.nav(), Body: p}.write(w, "report.gohtml")
}

func newReportPage(c *Content) (*reportPage, error) {
	r := c.Reading
	p := &reportPage{
		Spec: report.Printable(r.Spec.Name), Title: report.Printable(r.Spec.Title), Question: report.Printable(r.Spec.Question),
		RunID: report.Printable(r.Info.ID), Status: string(r.Info.Status),
		Facts: headFacts(c), Banners: banners(c), Preliminary: preliminary(r.Info),
		Claims: claimViews(r.Spec, c.Judgements), Environment: environment(c.Run),
		Source: source(r.Spec.Resolved), Repeat: repeat(c), Snippets: snippets(c),
	}
	for _, tag := range r.Spec.Tags {
		p.Tags = append(p.Tags, report.Printable(tag))
	}
	p.Counts = verdictCounts(p.Claims)
	if c.Summary != nil {
		p.Points = newPointTable(r.Spec, c.Summary, newStrips(r.Spec, c.Samples))
	}
	for i, f := range c.Figures {
		svg, err := inlineFigure(f)
		if err != nil {
			return nil, fmt.Errorf("draw the picture %s: %w", f.Name, err)
		}
		p.Figures = append(p.Figures, figureView{
			ID: fmt.Sprintf("figure-%d", i+1), Title: report.Printable(f.Title), Caption: report.Printable(f.Caption),
			SVG: svg, Files: figureFiles(f.Name),
		})
	}
	p.Doubts = doubts(c, p.Claims)
	p.Files, p.MoreFiles = filesOf(r.Dir)
	return p, nil
}

// nav are the sections that the page has.
func (p *reportPage) nav() []anchor {
	sections := []struct {
		anchor
		there bool
	}{
		{anchor{"verdicts", "Verdicts"}, len(p.Claims) > 0},
		{anchor{"pictures", "Pictures"}, len(p.Figures) > 0},
		{anchor{"measured", "Points"}, p.Points != nil},
		{anchor{"doubts", cmp.Or(p.doubtCount(), "Doubts")}, true},
		{anchor{"environment", "Environment"}, len(p.Environment) > 0},
		{anchor{"spec", "Spec"}, true},
		{anchor{"repeat", "Repeat"}, true},
		{anchor{"data", "Data"}, true},
	}
	var nav []anchor
	for _, s := range sections {
		if s.there {
			nav = append(nav, s.anchor)
		}
	}
	return nav
}

func (p *reportPage) doubtCount() string {
	if len(p.Doubts) == 0 {
		return ""
	}
	return fmt.Sprintf("Doubts (%d)", len(p.Doubts))
}
