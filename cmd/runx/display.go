package main

import (
	"math"
	"strings"
	"time"

	"runx/internal/report"
	"runx/internal/results"
	"runx/runner"
	"runx/spec"
	"runx/workloads"
)

// A display shows a run while it goes on: a block on a terminal, lines
// elsewhere. It is a [runner.Observer], so it draws between samples and in the
// goroutine that measures.
type display struct {
	t      *terminal
	name   string
	varied []string // parameters that tell points apart
	lines  report.Lines
	next   time.Duration // no earlier than this the next drawing
	open   bool          // the opening of a point is drawn
}

// newDisplay begins to show a run; end ends it.
func newDisplay(t *terminal, s *spec.Spec) *display {
	if t.live {
		t.block = &report.Block{Out: t.err, Style: t.errStyle(), Width: t.errWidth}
	}
	return &display{t: t, name: s.Name, varied: s.Varied(), lines: report.Lines{Out: t.err}}
}

// blind is a display that shows nothing, and knows what is under way.
func blind(t *terminal) *display { return &display{t: t, next: math.MaxInt64} }

// Sampled draws if it is time to.
func (d *display) Sampled(p runner.Progress) {
	if p.Elapsed >= d.next {
		d.draw(&p)
	}
}

// Opening draws if it is time to, and takes away what it drew when the point is
// open: what is sampled then may take as long.
func (d *display) Opening(p runner.Progress) {
	d.t.mu.Lock()
	d.t.opening = p.Opening
	d.t.mu.Unlock()
	if p.Opening && p.Elapsed >= d.next || !p.Opening && d.open {
		d.draw(&p)
	}
	d.open = d.open && p.Opening
}

func (d *display) draw(p *runner.Progress) {
	d.next, d.open = p.Elapsed+report.Redraw, p.Opening
	shown := d.progress(p)
	d.t.mu.Lock()
	defer d.t.mu.Unlock()
	// A display that cannot be drawn is no reason to end a measurement.
	if d.t.block != nil {
		_ = d.t.block.Draw(&shown)
	} else {
		_ = d.lines.Print(&shown)
	}
}

// end takes the display away.
func (d *display) end() {
	d.t.mu.Lock()
	defer d.t.mu.Unlock()
	d.t.clear()
	d.t.block = nil
}

func (d *display) progress(p *runner.Progress) report.Progress {
	shown := report.Progress{
		Name:        d.name,
		PointsDone:  int64(p.PointsDone),
		PointsTotal: int64(p.Points),
		Samples:     p.Samples, Rows: p.Rows, SamplesExpected: p.SamplesExpected(), Failed: p.FailedSamples,
		Elapsed: p.Elapsed,
		Round:   p.Round + 1,
		Point:   pointText(p.Point, d.varied),
		Opening: p.Opening,
	}
	shown.Remaining, shown.RemainingKnown = p.ETA()
	if e, ok := p.Estimate(); ok {
		shown.Estimate = report.Estimate{
			Metric: e.Metric, Stat: string(e.Stat), Value: e.Value, Lo: math.NaN(), Hi: math.NaN(), N: e.Samples,
		}
		if e.Interval.Valid() {
			shown.Estimate.Lo, shown.Estimate.Hi = e.Interval.Lo, e.Interval.Hi
		}
	}
	for _, w := range p.Warnings() {
		shown.Warnings = append(shown.Warnings, w.Message)
	}
	return shown
}

// pointText names a point by the parameters that tell it from others.
func pointText(p spec.Point, names []string) string {
	parts := make([]string, 0, len(names))
	for _, name := range names {
		if v, ok := p.Params[name]; ok {
			parts = append(parts, name+"="+workloads.FormatValue(v))
		}
	}
	return strings.Join(parts, " ")
}

// warnings prints what one should know before believing the numbers.
func (t *terminal) warnings(ws []results.Warning) {
	for _, w := range ws {
		t.warn(w.Message, w.Cure)
	}
}
