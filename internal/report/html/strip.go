package html

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// strips are small pictures of the samples of each point in the order in which
// they were taken, for the eye that looks for drift, jumps and outliers. They
// are drawn by the page from a few letters.
type strips struct {
	metric string
	codes  map[string]string // by point_id
}

// stripParts bounds the parts of a strip, and with it its letters.
const stripParts = 40

// stripLevels are the heights of a strip, written A to Z.
const stripLevels = 26

// A taken is a sample as a strip shows it.
type taken struct {
	value           float64 // NaN where there is none
	failed, tainted bool
}

// stripMetric is the metric that strips show: the one that decided how many
// samples were taken.
func stripMetric(s *spec.Spec) string {
	if s.Measure.Until != nil {
		return cmp.Or(s.Measure.Until.Metric, workloads.LatencyMetric)
	}
	return workloads.LatencyMetric
}

// newStrips draws the samples of a run; nil where there is nothing to draw.
func newStrips(s *spec.Spec, samples *results.Table) *strips {
	metric := stripMetric(s)
	if samples == nil || samples.Rows == 0 || !samples.Has(metric) {
		return nil
	}
	values := samples.Numbers(metric)
	points := map[string][]taken{}
	for row := range samples.Rows {
		id, _ := samples.Value(row, "point_id").(string)
		status, _ := samples.Value(row, "status").(string)
		x := taken{value: values[row], failed: status != "ok", tainted: samples.Value(row, "tainted") != nil}
		if x.failed {
			x.value = math.NaN()
		}
		points[id] = append(points[id], x)
	}
	drawn := &strips{metric: metric, codes: make(map[string]string, len(points))}
	for id, samples := range points {
		drawn.codes[id] = stripCode(samples)
	}
	return drawn
}

// of is the code of a point, as the attribute that the page draws it from.
func (s *strips) of(point string) string {
	code := s.codes[point]
	if code == "" {
		return "-"
	}
	return `<span data-s="` + code + `"></span>`
}

// stripCode writes samples as parts of equal length: two letters for the
// smallest and the largest of the part, or "-" where there is no value; then
// "!" where one failed, else "~" where one is tainted.
func stripCode(samples []taken) string {
	foot, head := stripRange(samples)
	parts := min(len(samples), stripParts)
	var b strings.Builder
	for i := range parts {
		lo, hi := math.Inf(1), math.Inf(-1)
		var failed, tainted bool
		for _, x := range samples[i*len(samples)/parts : (i+1)*len(samples)/parts] {
			failed, tainted = failed || x.failed, tainted || x.tainted
			if !math.IsNaN(x.value) {
				lo, hi = min(lo, x.value), max(hi, x.value)
			}
		}
		if lo <= hi {
			b.WriteByte(stripLetter(lo, foot, head))
			b.WriteByte(stripLetter(hi, foot, head))
		} else {
			b.WriteByte('-')
		}
		switch {
		case failed:
			b.WriteByte('!')
		case tainted:
			b.WriteByte('~')
		}
	}
	return b.String()
}

// stripSpan is the least range of a strip relative to its middle: what moves by
// less is drawn flat, or noise would look like news.
const stripSpan = 0.2

// stripRange is what a strip's foot and head stand for: the smallest and the
// largest sample, except that outliers beyond thrice the spread of the middle
// half go to the rim and leave room for the rest.
func stripRange(samples []taken) (foot, head float64) {
	var sorted []float64
	for _, x := range samples {
		if !math.IsNaN(x.value) && !math.IsInf(x.value, 0) {
			sorted = append(sorted, x.value)
		}
	}
	if len(sorted) == 0 {
		return 0, 1
	}
	slices.Sort(sorted)
	n := len(sorted)
	q1, middle, q3 := sorted[n/4], sorted[n/2], sorted[3*n/4]
	half := math.Abs(middle) * stripSpan / 2
	reach := max(3*(q3-q1), half)
	foot, head = max(sorted[0], q1-reach), min(sorted[n-1], q3+reach)
	return min(foot, middle-half), max(head, middle+half)
}

func stripLetter(v, foot, head float64) byte {
	level := stripLevels / 2
	if head > foot {
		level = int((v - foot) / (head - foot) * stripLevels)
	}
	return 'A' + byte(min(max(level, 0), stripLevels-1))
}
