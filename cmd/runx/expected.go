package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"runx/internal/report"
	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// An earlier is what a former run of a spec tells about the time that the next
// one takes.
type earlier struct {
	id     string
	points map[string]bool // by point_id
	took   time.Duration   // from its beginning to its end, with as many samples as are wanted now
}

// earlierRun reads the newest run of the spec that went through without a break
// and was a smoke test if this is one; nil if there is none that can be read,
// which leaves the expected time to the budgets.
func earlierRun(ctx context.Context, root string, s *spec.Spec) *earlier {
	runs, err := results.List(root)
	if err != nil {
		return nil
	}
	for _, r := range slices.Backward(runs) { // the newest first
		if r.Spec != s.Name || r.Status != results.Complete || r.Quick != s.Quick {
			continue
		}
		if e := readEarlier(ctx, r, s); e != nil {
			return e
		}
	}
	return nil
}

// readEarlier is nil where the run cannot be read, or its duration is not known.
func readEarlier(ctx context.Context, r results.RunInfo, s *spec.Spec) *earlier {
	took, ok := durationOf(r.Dir)
	if !ok {
		return nil
	}
	summary, err := results.ReadSummary(r.Dir)
	if err != nil {
		return nil
	}
	then := s.Measure.Samples
	if before, err := spec.Load(ctx, filepath.Join(r.Dir, results.SpecFile), baseOptions()); err == nil {
		then = before.Measure.Samples
	}
	e := &earlier{id: r.ID, points: map[string]bool{}}
	wall := summary.Floats(workloads.WallMetric + "_" + string(spec.Mean))
	var sampled, wanted float64
	for row := range summary.Rows {
		id, _ := summary.Value(row, "point_id").(string)
		e.points[id] = true
		if n, _ := summary.Value(row, "n").(int64); wall != nil && n > 0 && !math.IsNaN(wall[row]) {
			sampled += float64(n) * wall[row]
			wanted += float64(n) * wall[row] * more(n, then, s.Measure.Samples)
		}
	}
	if len(e.points) == 0 {
		return nil
	}
	e.took = took
	if sampled > 0 {
		e.took = scaled(took, wanted/sampled)
	}
	return e
}

// more is how many times as many samples a point takes now that had n rows then.
// A repetition may have yielded several.
func more(n int64, then, now spec.Samples) float64 {
	if then == now {
		return 1
	}
	had := min(float64(n), float64(then.Max))
	return min(max(had, float64(now.Min)), float64(now.Max)) / had
}

// durationOf is how long a run took that was never resumed.
func durationOf(dir string) (time.Duration, bool) {
	run, err := results.ReadTable(filepath.Join(dir, results.RunFile))
	if err != nil || run.Rows != 1 {
		return 0, false
	}
	started, begun := run.Value(0, "started_at").(time.Time)
	finished, ended := run.Value(0, "finished_at").(time.Time)
	resumes, _ := run.Value(0, "resumes_count").(int64)
	return finished.Sub(started), begun && ended && resumes == 0
}

// estimate is the time that count points take if they are like those of the
// earlier run.
func (p *plan) estimate(count int64) (time.Duration, bool) {
	if p.earlier == nil {
		return 0, false
	}
	return scaled(p.earlier.took, float64(count)/float64(len(p.earlier.points))), true
}

// bound is the time that count points sample if each spends its budget.
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
	budgets := fmt.Sprintf("about %s of sampling where each point spends its budget%s", report.Duration(bound), more)
	switch {
	case measured && bounded:
		return fmt.Sprintf("about %s going by run %s; %s", report.Duration(estimate), by, budgets)
	case measured:
		return fmt.Sprintf("about %s going by run %s%s", report.Duration(estimate), by, more)
	case bounded:
		return budgets + "; there is no earlier run like it to go by"
	}
	return "unknown: there is no earlier run like it to go by, and no budget"
}
