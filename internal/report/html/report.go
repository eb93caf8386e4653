package html

import (
	"context"
	"fmt"
	"io"

	"runx/internal/claims"
	"runx/internal/report/figure"
	"runx/internal/results"
	"runx/internal/stats"
)

// A Content is all that the report of a run says. Tables that are not there are
// nil: a run that was killed has a spec and a header only.
type Content struct {
	Reading               *results.Reading
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
	return c, nil
}

// Report writes the page of a run.
func Report(w io.Writer, c *Content) error {
	if c.Reading == nil {
		return fmt.Errorf("write a report: there is no run")
	}
	return page{Title: c.Reading.Spec.Name, Kind: "report", Body: c}.write(w, "report.gohtml")
}
