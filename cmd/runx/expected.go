package main

import (
	"fmt"
	"math"
	"path/filepath"
	"time"

	"runx/internal/report"
	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// An earlier is what a former run of a spec tells about the time that the next
// one takes.
type earlier struct {
	id    string
	perID map[string]time.Duration // sampling time by point_id, as many samples as are wanted now
}

// earlierRun reads the newest run of the spec; nil if there is none that can be
// read, which leaves the expected time to the budgets.
func earlierRun(root string, s *spec.Spec) *earlier {
	dir, err := results.Find(root, s.Name)
	if err != nil {
		return nil
	}
	summary, err := results.ReadSummary(dir)
	if err != nil {
		return nil
	}
	wall := summary.Floats(workloads.WallMetric + "_" + string(spec.Mean))
	if wall == nil {
		return nil
	}
	e := &earlier{id: filepath.Base(dir), perID: map[string]time.Duration{}}
	for row := range summary.Rows {
		id, _ := summary.Value(row, "point_id").(string)
		n, _ := summary.Value(row, "n").(int64)
		if id == "" || n == 0 || math.IsNaN(wall[row]) {
			continue
		}
		samples := min(max(float64(n), float64(s.Measure.Samples.Min)), float64(s.Measure.Samples.Max)) + float64(s.Measure.Warmup)
		d := time.Duration(samples * wall[row] * float64(time.Millisecond))
		if s.Measure.Budget > 0 {
			d = min(d, s.Measure.Budget)
		}
		e.perID[id] = d
	}
	if len(e.perID) == 0 {
		return nil
	}
	return e
}

// estimate is the time that count points take if they are like those of the
// earlier run.
func (p *plan) estimate(count int64) (time.Duration, bool) {
	if p.earlier == nil {
		return 0, false
	}
	var sum time.Duration
	for _, d := range p.earlier.perID {
		sum += d
	}
	return scaled(sum, float64(count)/float64(len(p.earlier.perID))), true
}

// bound is the time after which the budgets end count points.
func (p *plan) bound(count int64) (time.Duration, bool) {
	if p.spec.Measure.Budget <= 0 {
		return 0, false
	}
	return scaled(p.spec.Measure.Budget, float64(count)), true
}

// scaled multiplies without overflow.
func scaled(d time.Duration, by float64) time.Duration {
	return time.Duration(min(float64(d)*by, math.MaxInt64/2))
}

// expectedTime says how long the run takes, and how one knows.
func (p *plan) expectedTime(known tally) string {
	more := ""
	if !known.exact {
		more = " for the points counted so far"
	}
	estimate, measured := p.estimate(known.n)
	by := ""
	if measured {
		if by = p.earlier.id; p.measured == 0 {
			by += ", which measured other points"
		}
	}
	bound, bounded := p.bound(known.n)
	switch {
	case measured && bounded:
		return fmt.Sprintf("about %s going by run %s, at most about %s by the budgets%s",
			report.Duration(estimate), by, report.Duration(bound), more)
	case measured:
		return fmt.Sprintf("about %s going by run %s%s", report.Duration(estimate), by, more)
	case bounded:
		return fmt.Sprintf("at most about %s by the budgets%s; there is no earlier run to go by", report.Duration(bound), more)
	}
	return "unknown: there is no earlier run to go by, and no budget"
}
