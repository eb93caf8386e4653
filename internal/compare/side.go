package compare

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

// A side is what one side of a comparison measured.
type side struct {
	name    string
	reading *results.Reading
	// params are the parameters of a point in column order.
	params  []string
	metrics []string
	points  []*point
}

// A point is one combination of parameters on one side.
type point struct {
	id string
	// texts are the values of the parameters, in their order, as they are shown.
	texts []string
	// repetitions and rounds are those that are ok, in the order they were taken.
	rounds []int
	// values are those of a metric, by its place among the metrics of the side:
	// one for each of rounds, NaN where it was not measured.
	values [][]float64
	// tried counts the repetitions, tainted those that are ok and may be disturbed.
	tried, tainted int
}

// text names the point by some of its parameters: "algorithm=naive seq_len=128".
func (s *side) text(p *point, names []string) string {
	var parts []string
	for i, name := range s.params {
		if slices.Contains(names, name) {
			parts = append(parts, name+"="+p.texts[i])
		}
	}
	return strings.Join(parts, " ")
}

// value is that of a parameter; ok is false where the side has none of the name.
func (s *side) value(p *point, param string) (text string, ok bool) {
	i := slices.Index(s.params, param)
	if i < 0 {
		return "", false
	}
	return p.texts[i], true
}

// values are the different ones of a parameter, in the order of the points.
func (s *side) valuesOf(param string) []string {
	var all []string
	for _, p := range s.points {
		if v, ok := s.value(p, param); ok && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// readSide reads the points of a run in the order of its plan, and the
// repetitions of the metrics that are asked for and there.
func readSide(r *results.Reading, metrics []string) (*side, error) {
	s := &side{name: r.Info.ID, reading: r, metrics: metrics}
	for _, p := range r.Spec.Params {
		s.params = append(s.params, p.Name)
	}
	summary, err := r.Summary(slices.Concat([]string{"point_id"}, s.params)...)
	if err != nil {
		return nil, tableError(r, err)
	}
	for row := range summary.Rows {
		p := &point{values: make([][]float64, len(metrics))}
		p.id, _ = summary.Value(row, "point_id").(string)
		for _, name := range s.params {
			p.texts = append(p.texts, workloads.FormatValue(summary.Value(row, name)))
		}
		s.points = append(s.points, p)
	}
	samples, err := r.Samples(slices.Concat([]string{"point_id", "round", "rep", "status", "tainted"}, metrics)...)
	if err != nil {
		return nil, tableError(r, err)
	}
	s.addSamples(samples)
	return s, nil
}

// tableError tells a run without tables from one whose tables cannot be read.
func tableError(r *results.Reading, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	e := &Error{What: fmt.Sprintf("run %s has no tables yet", r.Info.ID), Cure: "runx report " + r.Dir + " makes them from its journal", Err: err}
	if r.Info.Status == results.Running {
		e.Cure = "it is running: they are made when it ends"
	}
	return e
}

// addSamples adds the repetitions of all points. What one repetition yields,
// such as the requests of a log, shares one process and one moment, so it counts
// as one value: the median.
func (s *side) addSamples(samples *results.Table) {
	places := map[string]*point{}
	for _, p := range s.points {
		places[p.id] = p
	}
	columns := make([][]float64, len(s.metrics))
	for i, name := range s.metrics {
		columns[i] = samples.Numbers(name)
	}
	reps, rounds := samples.Numbers("rep"), samples.Numbers("round")
	rows := map[*point][]int{}
	for row := range samples.Rows {
		id, _ := samples.Value(row, "point_id").(string)
		if p := places[id]; p != nil {
			rows[p] = append(rows[p], row)
		}
	}
	for p, all := range rows {
		for len(all) > 0 {
			n := 1
			for n < len(all) && reps[all[n]] == reps[all[0]] {
				n++
			}
			p.add(samples, all[:n], int(rounds[all[0]]), columns)
			all = all[n:]
		}
	}
}

// add adds one repetition, which the rows hold. Only ok rows count.
func (p *point) add(samples *results.Table, rows []int, round int, columns [][]float64) {
	p.tried++
	var ok []int
	tainted := false
	for _, row := range rows {
		if samples.Value(row, "status") == string(results.OK) {
			ok = append(ok, row)
			tainted = tainted || samples.Value(row, "tainted") != nil
		}
	}
	if len(ok) == 0 {
		return
	}
	if tainted {
		p.tainted++
	}
	p.rounds = append(p.rounds, round)
	for i, column := range columns {
		p.values[i] = append(p.values[i], medianOf(column, ok))
	}
}

// measured tells whether the side has a value of a metric anywhere.
func (s *side) measured(metric int) bool {
	return slices.ContainsFunc(s.points, func(p *point) bool {
		return slices.ContainsFunc(p.values[metric], func(v float64) bool { return !math.IsNaN(v) })
	})
}

// medianOf is that of the numbers in some rows of a column, NaN where there is
// none.
func medianOf(column []float64, rows []int) float64 {
	var known []float64
	for _, row := range rows {
		if column != nil && !math.IsNaN(column[row]) {
			known = append(known, column[row])
		}
	}
	return median(known)
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return stats.Quantile(slices.Sorted(slices.Values(x)), 0.5)
}
