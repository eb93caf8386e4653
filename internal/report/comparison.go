package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"runx/internal/compare"
	"runx/internal/results"
	"runx/internal/stats"
	"runx/workloads"
)

// maxPairs is how many points of a metric are listed unless all are asked for:
// those that changed first.
const maxPairs = 24

// A ComparisonView is what changed as a person reads it: who is compared, what
// else differs, then metric by metric the points and what they say together.
type ComparisonView struct {
	// Comparisons are those with one base, as one call of the comparing made them.
	Comparisons []*compare.Comparison
	// All lists every point of every metric.
	All bool
}

// Write prints the view in width cells (0: as wide as it needs).
func (v *ComparisonView) Write(w io.Writer, width int, style Style) error {
	p := &comparisonPrinter{all: v.All, width: width, style: style}
	for i, c := range v.Comparisons {
		if i == 0 {
			p.sides(c)
		}
		if c.By != "" {
			p.line("")
			p.line(style.Bold(Printable(c.Base + " → " + c.Next)))
		}
		p.metrics(c)
		p.alone(c.Base, c.OnlyBase)
		p.alone(c.Next, c.OnlyNext)
	}
	p.verdicts(v.Comparisons)
	_, err := io.WriteString(w, p.b.String())
	return cmp.Or(p.err, err)
}

// ComparisonWarnings are those of several comparisons and of their metrics, each
// once.
func ComparisonWarnings(all []*compare.Comparison) []stats.Warning {
	var warnings []stats.Warning
	add := func(name string, ws []stats.Warning) {
		for _, w := range ws {
			if w.What = name + w.What; !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
	}
	for _, c := range all {
		add("", c.Warnings)
	}
	for _, c := range all {
		for _, m := range c.Metrics {
			add(m.Metric+": ", m.Warnings)
		}
	}
	return warnings
}

type comparisonPrinter struct {
	b     strings.Builder
	all   bool
	width int
	style Style
	err   error
}

func (p *comparisonPrinter) line(text string) { p.b.WriteString(text + "\n") }

// sides says who is compared and what else they do not share.
func (p *comparisonPrinter) sides(c *compare.Comparison) {
	p.line(p.style.Bold(Printable(strings.TrimSpace(c.BaseRun.Spec + "  " + c.BaseRun.Title))))
	if c.By != "" {
		p.line("run   " + runLine(c.BaseRun))
		return
	}
	p.line("base  " + runLine(c.BaseRun))
	p.line("next  " + runLine(c.NextRun))
	grave := false
	for _, d := range c.Differences {
		text := fmt.Sprintf("%s  %s → %s", Printable(d.Name), orNone(d.Base), orNone(d.Next))
		if d.Grave {
			p.line(p.style.Warn("differs") + " " + text)
			grave = true
			continue
		}
		p.line(p.style.Dim("differs " + text))
	}
	if grave {
		p.line(Wrap("what is found below may come from any of these", p.width, 0))
	}
}

func runLine(r results.RunInfo) string {
	text := fmt.Sprintf("%s/%s, %s", r.Spec, r.ID, r.Status)
	if r.Quick {
		text += ", a smoke test"
	}
	if r.CreatedAt > 0 {
		text += ", begun " + time.UnixMicro(r.CreatedAt).Format(time.DateTime+" MST")
	}
	return Printable(text)
}

// maxFact is how much is shown of a value that differs.
const maxFact = 60

func orNone(value string) string {
	return clip(cmp.Or(Printable(value), "unknown"), maxFact)
}

// metrics shows each metric in a table of its own. Those of which all points
// are the same are one line each, unless all is asked for.
func (p *comparisonPrinter) metrics(c *compare.Comparison) {
	for i := range c.Metrics {
		m := &c.Metrics[i]
		p.line("")
		p.line(p.style.Bold(Printable(m.Metric)) + p.style.Dim(betterText(m.Better)))
		if n := tally(m)[compare.Same]; !p.all && n == len(m.Pairs) && n > 1 {
			p.line(fmt.Sprintf("all %s are the same within %s", counted(n, "point"), Percent(c.Margin)))
			continue
		}
		p.pairs(m)
	}
}

func betterText(b workloads.Better) string {
	switch b {
	case workloads.Lower:
		return "  less is better"
	case workloads.Higher:
		return "  more is better"
	}
	return "  neither more nor less is better"
}

func (p *comparisonPrinter) pairs(m *compare.MetricComparison) {
	shown := m.Pairs
	if !p.all && len(shown) > maxPairs {
		shown = mostChanged(m.Pairs, maxPairs)
	}
	var medians []float64
	for _, pair := range shown {
		medians = append(medians, pair.Base, pair.Next)
	}
	scale := ScaleFor(m.Unit, medians)
	t := Table{Columns: []TableColumn{
		{Title: "point", Keep: true}, {Title: "base", Unit: scale.Unit, Right: true, Keep: true}, {Title: "next", Unit: scale.Unit, Right: true, Keep: true},
		{Title: "change", Right: true, Keep: true}, {Title: "verdict", Keep: true}, {Title: "interval"}, {Title: "n", Right: true}, {Title: "p", Right: true},
	}}
	for _, pair := range shown {
		t.Rows = append(t.Rows, []string{
			cmp.Or(pair.Point, "all samples"), scale.Format(pair.Base), scale.Format(pair.Next), Change(pair.Ratio),
			verdictMark(pair.Verdict), ChangeInterval(pair.Lo, pair.Hi), fmt.Sprintf("%d+%d", pair.BaseN, pair.NextN), probability(pair.P),
		})
	}
	if len(m.Pairs) > 1 {
		t.Rows = append(t.Rows, []string{"geometric mean", "", "", Change(m.Ratio), verdictMark(m.Verdict), ChangeInterval(m.Lo, m.Hi), "", ""})
	}
	hidden, err := t.Write(&p.b, p.width, p.style)
	p.err = cmp.Or(p.err, err)
	var more []string
	if n := len(m.Pairs) - len(shown); n > 0 {
		more = append(more, counted(n, "more point")+" with --all")
	}
	if hidden > 0 {
		more = append(more, counted(hidden, "more column")+" in a wider terminal")
	}
	if len(more) > 0 {
		p.line(p.style.Dim("... " + strings.Join(more, ", ")))
	}
}

// mostChanged are the points that tell most, in their order: those with a
// verdict of change, the largest first, then the unclear ones.
func mostChanged(pairs []compare.Pair, most int) []compare.Pair {
	order := make([]int, len(pairs))
	for i := range order {
		order[i] = i
	}
	rank := func(v compare.Verdict) int {
		return slices.Index([]compare.Verdict{compare.Slower, compare.Faster, compare.Changed, compare.Unclear, compare.Same}, v)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &pairs[a], &pairs[b]
		return cmp.Or(cmp.Compare(rank(x.Verdict), rank(y.Verdict)), cmp.Compare(math.Abs(math.Log(y.Ratio)), math.Abs(math.Log(x.Ratio))))
	})
	kept := slices.Sorted(slices.Values(order[:most]))
	var shown []compare.Pair
	for _, i := range kept {
		shown = append(shown, pairs[i])
	}
	return shown
}

func (p *comparisonPrinter) alone(side string, points []string) {
	if len(points) == 0 {
		return
	}
	const most = 5
	text := fmt.Sprintf("only in %s: ", side)
	for i, point := range points[:min(most, len(points))] {
		if i > 0 {
			text += "; "
		}
		text += cmp.Or(point, "its only point")
	}
	if n := len(points) - most; n > 0 {
		text += fmt.Sprintf("; and %s", counted(n, "more point"))
	}
	p.line(p.style.Dim(Wrap(Printable(text), p.width, 2)))
}

// verdicts ends with one line per metric: what it says over all points, and how
// many points say what.
func (p *comparisonPrinter) verdicts(all []*compare.Comparison) {
	p.line("")
	for _, c := range all {
		for i := range c.Metrics {
			m := &c.Metrics[i]
			name := m.Metric
			if c.By != "" {
				name = c.Next + " " + name
			}
			verdict, ratio, lo, hi := m.Verdict, m.Ratio, m.Lo, m.Hi
			if len(m.Pairs) == 1 { // which the metric's own summary cannot add to
				pair := &m.Pairs[0]
				verdict, ratio, lo, hi = pair.Verdict, pair.Ratio, pair.Lo, pair.Hi
			}
			text := fmt.Sprintf("%s  %s  %s", Printable(name), p.paint(verdict), Change(ratio))
			if interval := ChangeInterval(lo, hi); interval != "" {
				text += " " + interval
			}
			if len(m.Pairs) > 1 {
				text += p.style.Dim("  " + tallyText(tally(m)))
			}
			p.line(text)
		}
	}
}

func (p *comparisonPrinter) paint(v compare.Verdict) string {
	text := verdictMark(v)
	switch v {
	case compare.Slower:
		return p.style.Bad(text)
	case compare.Faster:
		return p.style.Good(text)
	case compare.Unclear, compare.Changed:
		return p.style.Warn(text)
	}
	return text
}

func verdictMark(v compare.Verdict) string {
	switch v {
	case compare.Slower:
		return "✗ slower"
	case compare.Faster:
		return "✓ faster"
	case compare.Same:
		return "= same"
	case compare.Changed:
		return "≠ changed"
	}
	return "~ unclear"
}

func tally(m *compare.MetricComparison) map[compare.Verdict]int {
	counts := map[compare.Verdict]int{}
	for _, pair := range m.Pairs {
		counts[pair.Verdict]++
	}
	return counts
}

func tallyText(counts map[compare.Verdict]int) string {
	var parts []string
	for _, v := range []compare.Verdict{compare.Slower, compare.Faster, compare.Changed, compare.Same, compare.Unclear} {
		if n := counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(parts, ", ")
}

// Change renders a ratio as what changed: "+1.3%", from a factor of two on "×2.4"
// or "÷3.1"; "-" where there is none.
func Change(ratio float64) string {
	switch {
	case math.IsNaN(ratio) || math.IsInf(ratio, 0):
		return "-"
	case ratio >= 2:
		return "×" + strconv.FormatFloat(ratio, 'g', 3, 64)
	case ratio <= 0.5 && ratio > 0:
		return "÷" + strconv.FormatFloat(1/ratio, 'g', 3, 64)
	}
	change := (ratio - 1) * 100
	decimals := 1
	if math.Abs(change) < 1 {
		decimals = 2
	}
	text := strconv.FormatFloat(change, 'f', decimals, 64)
	switch {
	case strings.Trim(text, "-0.") == "":
		return "0%"
	case change > 0:
		return "+" + text + "%"
	}
	return "−" + text[1:] + "%"
}

// ChangeInterval renders the ends of the interval of a ratio; empty where there
// is none.
func ChangeInterval(lo, hi float64) string {
	if math.IsNaN(lo) || math.IsNaN(hi) {
		return ""
	}
	return "[" + Change(lo) + ", " + Change(hi) + "]"
}

// Percent renders a share.
func Percent(share float64) string { return strconv.FormatFloat(share*100, 'g', 4, 64) + "%" }

// probability renders a P value.
func probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return "-"
	case p < 0.001:
		return "<0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}
