package html

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"runx/internal/compare"
	"runx/internal/report"
	"runx/internal/results"
	"runx/internal/stats"
)

// Comparison writes the page about what changed: one comparison, or one for
// each value that is compared with the same base.
func Comparison(w io.Writer, comparisons ...*compare.Comparison) error {
	if len(comparisons) == 0 {
		return errors.New("write a comparison: there is none")
	}
	body := newComparisonPage(comparisons)
	p := page{Title: body.Title, Kind: "comparison", Body: body}
	p.Nav = []anchor{{"verdicts", "Verdicts"}}
	for _, s := range body.Sides {
		if len(body.Sides) > 1 {
			p.Nav = append(p.Nav, anchor{s.ID, s.Next})
			continue
		}
		for _, m := range s.Metrics {
			p.Nav = append(p.Nav, anchor{m.ID, m.Metric})
		}
	}
	p.Nav = append(p.Nav, anchor{"repeat", "Repeat"})
	return p.write(w, "comparison.gohtml")
}

// A comparisonPage is what changed as its template takes it.
type comparisonPage struct {
	Title, Base string
	By          string
	Runs        []comparedRun
	Sides       []comparedSide
	Differences []comparedDifference
	Grave       int
	Terms       string // margin and confidence in words
	Command     string // that says all of this again
}

// A comparedRun is a run that takes part.
type comparedRun struct {
	Role, ID, Spec, Title, When, Status string
	Doubtful                            bool
}

// A comparedDifference is a fact that the sides do not share.
type comparedDifference struct {
	Name, Base, Next string
	Grave            bool
}

// A comparedSide is one comparison of the page.
type comparedSide struct {
	ID, Base, Next     string
	Metrics            []comparedMetric
	OnlyBase, OnlyNext []string
	Warnings           []stats.Warning
}

// A comparedMetric is one metric over all pairs.
type comparedMetric struct {
	ID, Metric, Better string
	Unit               string // in which Pairs show the medians
	Verdict            string
	Change             string // "+12.3% [+11.0%, +13.6%]"
	OverallChange      string
	OverallInterval    string
	Tally              string          // "3 slower, 9 same"
	Params             []comparedParam // the columns that tell the pairs apart
	Pairs              []comparedPair
	Doubtful           bool // some pair has doubts
	Overall            forestMark
	Axis               forestAxis
	Warnings           []stats.Warning
}

// A comparedParam is a column, Number where it sorts as one.
type comparedParam struct {
	Name   string
	Number bool
}

// A comparedValue is a cell of such a column.
type comparedValue struct {
	Text   string
	Number bool
}

// A comparedPair is one point on both sides: a row.
type comparedPair struct {
	Values           []comparedValue // one for each of Params
	Verdict          string
	Base, Next       string
	SortBase         string // as the script reads it
	SortNext         string
	N                string
	Change, Interval string
	Ratio            string // to sort by; empty where there is none
	P, SortP         string
	Mark             forestMark
	Doubts           string
}

func newComparisonPage(comparisons []*compare.Comparison) *comparisonPage {
	first := comparisons[0]
	p := &comparisonPage{
		Base: report.Printable(first.Base), By: report.Printable(first.By), Differences: differencesOf(comparisons), Command: commandOf(first),
		Terms: fmt.Sprintf("A change of less than %s either way is as good as none. Intervals hold %s together: those of the points for all points and metrics, those over all points for all metrics; p is corrected for all points and metrics.",
			report.Percent(first.Margin), report.Percent(first.Confidence)),
	}
	p.Title = p.Base + " and what it is compared with"
	if len(comparisons) == 1 {
		p.Title = p.Base + " → " + report.Printable(first.Next)
	}
	for _, d := range p.Differences {
		if d.Grave {
			p.Grave++
		}
	}
	p.Runs = runsOf(first)
	for i, c := range comparisons {
		p.Sides = append(p.Sides, newComparedSide(c, i))
	}
	return p
}

func runsOf(c *compare.Comparison) []comparedRun {
	if c.By != "" || c.BaseRun.ID == c.NextRun.ID {
		return []comparedRun{newComparedRun("run", c.BaseRun)}
	}
	return []comparedRun{newComparedRun("base", c.BaseRun), newComparedRun("next", c.NextRun)}
}

func newComparedRun(role string, r results.RunInfo) comparedRun {
	return comparedRun{
		Role: role, ID: report.Printable(r.ID), Spec: report.Printable(r.Spec), Title: report.Printable(r.Title), When: moment(r.CreatedAt),
		Status: string(r.Status), Doubtful: r.Status != results.Complete || r.Quick,
	}
}

// differencesOf are the differences of all comparisons, each once, the grave
// ones first.
func differencesOf(comparisons []*compare.Comparison) []comparedDifference {
	var list []comparedDifference
	for _, c := range comparisons {
		for _, d := range c.Differences {
			text := comparedDifference{report.Printable(d.Name), report.Printable(cmp.Or(d.Base, "-")), report.Printable(cmp.Or(d.Next, "-")), d.Grave}
			if !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b comparedDifference) int {
		switch {
		case a.Grave == b.Grave:
			return 0
		case a.Grave:
			return -1
		}
		return 1
	})
	return list
}

// commandOf is what to type to compare again.
func commandOf(c *compare.Comparison) string {
	args := []string{"runx", "compare", c.BaseRun.Dir}
	if c.By != "" {
		args = append(args, "--by", c.By)
	} else {
		args = append(args, c.NextRun.Dir)
	}
	if len(c.Except) > 0 {
		args = append(args, "--by", strings.Join(c.Except, ","))
	}
	for i, a := range args {
		args[i] = quoteArgument(report.Printable(a))
	}
	return strings.Join(args, " ")
}

// quoteArgument quotes what a shell would not take as it is.
func quoteArgument(a string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r)
	}
	if a != "" && strings.IndexFunc(a, func(r rune) bool { return !plain(r) }) < 0 {
		return a
	}
	return "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
}

func newComparedSide(c *compare.Comparison, i int) comparedSide {
	s := comparedSide{
		ID: fmt.Sprintf("side-%d", i+1), Base: report.Printable(c.Base), Next: report.Printable(c.Next),
		OnlyBase: printables(c.OnlyBase), OnlyNext: printables(c.OnlyNext), Warnings: printableWarnings(c.Warnings),
	}
	for k := range c.Metrics {
		m := newComparedMetric(c, &c.Metrics[k])
		m.ID = fmt.Sprintf("%s-metric-%d", s.ID, k+1)
		s.Metrics = append(s.Metrics, m)
	}
	return s
}

func newComparedMetric(c *compare.Comparison, m *compare.MetricComparison) comparedMetric {
	var medians []float64
	for _, p := range m.Pairs {
		medians = append(medians, p.Base, p.Next)
	}
	scale := report.ScaleFor(m.Unit, medians)
	forest := newForest(m, c.Margin)
	v := comparedMetric{
		Metric: report.Printable(m.Metric), Better: report.BetterText(m.Better), Unit: scale.Unit,
		Verdict: string(m.Verdict), Change: strings.TrimSpace(report.Change(m.Ratio) + " " + report.ChangeInterval(m.Lo, m.Hi)), Tally: report.Tally(m.Pairs),
		OverallChange: report.Change(m.Ratio), OverallInterval: report.ChangeInterval(m.Lo, m.Hi),
		Overall: forest.mark(m.Ratio, m.Lo, m.Hi, m.Verdict), Axis: forest.axis(), Warnings: printableWarnings(m.Warnings), Params: comparedParams(c.Params, m.Pairs),
	}
	for _, p := range m.Pairs {
		v.Doubtful = v.Doubtful || len(p.Warnings) > 0
		v.Pairs = append(v.Pairs, comparedPair{
			Values: comparedValues(v.Params, p), Verdict: string(p.Verdict),
			Base: scale.Format(p.Base), Next: scale.Format(p.Next), SortBase: sortable(p.Base), SortNext: sortable(p.Next),
			N:      fmt.Sprintf("%d, %d", p.BaseN, p.NextN),
			Change: report.Change(p.Ratio), Interval: report.ChangeInterval(p.Lo, p.Hi), Ratio: sortable(p.Ratio), P: report.Probability(p.P), SortP: sortable(p.P),
			Mark: forest.mark(p.Ratio, p.Lo, p.Hi, p.Verdict), Doubts: doubtTexts(p.Warnings),
		})
	}
	return v
}

// comparedParams are the columns of what tells the pairs apart: the parameters,
// or one for the point where the pairs do not have a value for each.
func comparedParams(names []string, pairs []compare.Pair) []comparedParam {
	short := func(p compare.Pair) bool { return len(p.Values) != len(names) }
	if len(names) == 0 || slices.ContainsFunc(pairs, short) {
		return []comparedParam{{Name: "point"}}
	}
	var params []comparedParam
	for i, name := range names {
		text := func(p compare.Pair) bool {
			_, err := strconv.ParseFloat(p.Values[i], 64)
			return err != nil
		}
		params = append(params, comparedParam{report.Printable(name), !slices.ContainsFunc(pairs, text)})
	}
	return params
}

func comparedValues(params []comparedParam, p compare.Pair) []comparedValue {
	if len(p.Values) != len(params) {
		return []comparedValue{{Text: report.Printable(cmp.Or(p.Point, "all"))}}
	}
	var values []comparedValue
	for i, v := range p.Values {
		values = append(values, comparedValue{report.Printable(v), params[i].Number})
	}
	return values
}

// doubtTexts are what is doubtful of a pair; the cures are said once, of the
// metric.
func doubtTexts(warnings []stats.Warning) string {
	var texts []string
	for _, w := range warnings {
		texts = append(texts, report.Printable(w.What))
	}
	return strings.Join(texts, "; ")
}

func printables(texts []string) []string {
	var list []string
	for _, t := range texts {
		list = append(list, report.Printable(t))
	}
	return list
}

func printableWarnings(warnings []stats.Warning) []stats.Warning {
	var list []stats.Warning
	for _, w := range warnings {
		list = append(list, stats.Warning{What: report.Printable(w.What), Cure: report.Printable(w.Cure)})
	}
	return list
}

// sortable is a number as the script reads it; empty where there is none.
func sortable(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return fmt.Sprintf("%g", v)
}

// moment is a time in microseconds since 1970, for a person; empty where it is
// unknown.
func moment(micros int64) string {
	if micros <= 0 {
		return ""
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04 UTC")
}
