package compare

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/spec"
	"runx/workloads"
)

// gravity tells which facts of run.parquet matter, and whether what differs in
// them may be what the numbers show.
var gravity = map[string]bool{
	"workload": true, "measure_order": true, "measure_isolate": true, "warmup_count": true, "quick": true, "status": true,
	"runx_version": true, "vcs_revision": true, "vcs_modified": true, "go_version": true,
	"os": true, "arch": true, "kernel": true, "hostname": true, "cpu_model": true, "virtualization": true, "cores_count": true,
	"affinity": true, "gomaxprocs_count": true, "cgroup_cpus_count": true, "cgroup_memory_bytes": true, "memory_bytes": false,
	"governor": true, "turbo": true, "smt": true, "huge_pages": true,
	"seed": false, "resumes_count": false,
}

// differences are the facts that two runs do not share, the grave ones first.
func differences(base, next *side, except []string) ([]Difference, error) {
	a, err := base.reading.Run()
	if err != nil {
		return nil, tableError(base.reading, err)
	}
	b, err := next.reading.Run()
	if err != nil {
		return nil, tableError(next.reading, err)
	}
	found := specDifferences(base.reading, next.reading)
	found = append(found, parameterDifferences(base, next, except)...)
	for _, name := range factNames(a, b) {
		grave, matters := gravity[name]
		x, y := factText(a, name), factText(b, name)
		if matters && x != y {
			found = append(found, Difference{Name: name, Base: x, Next: y, Grave: grave})
		}
	}
	slices.SortStableFunc(found, func(x, y Difference) int {
		switch {
		case x.Grave == y.Grave:
			return 0
		case x.Grave:
			return -1
		}
		return 1
	})
	return found, nil
}

// factNames are the columns of either table, in their order.
func factNames(a, b *results.Table) []string {
	var names []string
	for _, t := range []*results.Table{a, b} {
		for _, c := range t.Columns {
			if !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// factText is empty for a fact that is not known.
func factText(t *results.Table, name string) string {
	if t.Rows == 0 || t.Value(0, name) == nil {
		return ""
	}
	return workloads.FormatValue(t.Value(0, name))
}

// specDifferences tell how the specs differ in what they measure. Claims and
// plots change no number.
func specDifferences(base, next *results.Reading) []Difference {
	a, b := base.Spec, next.Spec
	found := []Difference{
		{Name: "spec", Base: a.Name, Next: b.Name},
		{Name: "worker", Base: strings.Join(a.Worker, " "), Next: strings.Join(b.Worker, " "), Grave: true},
		{Name: "measure", Base: measureText(a.Measure), Next: measureText(b.Measure), Grave: a.Measure.Isolate != b.Measure.Isolate},
		{Name: "extract", Base: extractText(a), Next: extractText(b), Grave: true},
	}
	if !reflect.DeepEqual(described(a), described(b)) {
		found = append(found, Difference{Name: "workload description", Base: "as in the base", Next: "another version of " + b.Workload.Name, Grave: true})
	}
	for _, m := range a.Metrics {
		i := slices.IndexFunc(b.Metrics, func(n spec.Metric) bool { return n.Name == m.Name })
		if i >= 0 {
			found = append(found, Difference{Name: "metric " + m.Name, Base: m.Expr, Next: b.Metrics[i].Expr, Grave: true})
		}
	}
	return slices.DeleteFunc(found, func(d Difference) bool { return d.Base == d.Next })
}

// measureText is how often and how long is measured: that changes how sure the
// numbers are, not what they are. Order, isolation and warm-up are facts of the
// run.
func measureText(m spec.Measure) string {
	text := fmt.Sprintf("samples %d to %d", m.Samples.Min, m.Samples.Max)
	if m.Budget > 0 {
		text += fmt.Sprintf(", budget %s", m.Budget)
	}
	if m.Until != nil {
		text += fmt.Sprintf(", until %s %s is known to %g", m.Until.Metric, m.Until.Stat, m.Until.RelativeCI)
	}
	return text
}

func extractText(s *spec.Spec) string {
	var parts []string
	for _, e := range s.Extracts {
		parts = append(parts, fmt.Sprintf("%+v", e))
	}
	return strings.Join(parts, ", ")
}

// described is what a workload says of itself, without its text.
func described(s *spec.Spec) workloads.Workload {
	w := s.Workload
	return workloads.Workload{Name: w.Name, Params: w.Params, FreeParams: w.FreeParams, Metrics: w.Metrics, Extracts: w.Extracts, ManyRows: w.ManyRows}
}

// parameterDifferences are parameters that one side lacks, and those that were
// excepted from the matching.
func parameterDifferences(base, next *side, except []string) []Difference {
	var found []Difference
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(base.params, next.params)))) {
		both := slices.Contains(base.params, name) && slices.Contains(next.params, name)
		if both && !slices.Contains(except, name) {
			continue
		}
		d := Difference{Name: name, Base: few(base.valuesOf(name)), Next: few(next.valuesOf(name)), Grave: !both}
		if d.Base != d.Next {
			found = append(found, d)
		}
	}
	return found
}

// doubts are what one should know of two runs before believing the numbers.
func doubts(base, next *side) []stats.Warning {
	warnings := []stats.Warning{{
		What: "one run stands for each side: what differs from one process, hour or boot to the next is not in the intervals",
		Cure: "measure both again, in turns, and compare again: a shift that is real comes back",
	}}
	a, b := base.reading.Header.Environment, next.reading.Header.Environment
	switch {
	case a.VCSRevision == "" && b.VCSRevision == "":
		warnings = append(warnings, stats.Warning{
			What: "of neither run it is known which commit it measured",
			Cure: "run it in the repository, or build it with go build",
		})
	case a.VCSRevision == b.VCSRevision && (a.VCSModified || b.VCSModified):
		warnings = append(warnings, stats.Warning{
			What: "both were built from changed sources of one commit: whether the programs are the same is not known",
			Cure: "commit before you measure",
		})
	}
	for _, s := range []*side{base, next} {
		warnings = append(warnings, s.doubts()...)
	}
	return warnings
}

// doubts are those that one run gives.
func (s *side) doubts() []stats.Warning {
	var warnings []stats.Warning
	info, e := s.reading.Info, s.reading.Header.Environment
	if info.Status != results.Complete {
		warnings = append(warnings, stats.Warning{
			What: fmt.Sprintf("run %s is %s: its later points have fewer samples, or none", info.ID, info.Status),
			Cure: "runx resume " + info.ID + " finishes it",
		})
	}
	if info.Quick {
		warnings = append(warnings, stats.Warning{
			What: fmt.Sprintf("run %s is a smoke test: it has few samples", info.ID), Cure: "run the spec without --quick",
		})
	}
	if cores := max(float64(e.GOMAXPROCS), 1); e.Load > cores/2 && !math.IsNaN(e.Load) {
		warnings = append(warnings, stats.Warning{
			What: fmt.Sprintf("the load average was %.2f on %d cores when run %s began", e.Load, e.GOMAXPROCS, info.ID),
			Cure: "end what else is running, and measure again",
		})
	}
	return warnings
}
