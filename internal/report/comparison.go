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

// maxTables is how many metrics have a table of their points unless all are
// asked for; the others have a line at the end, as all do.
const maxTables = 4

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

// ComparisonWarnings are those of several comparisons and of their metrics. Of
// those with one cure it tells the first, and how many more there are.
func ComparisonWarnings(all []*compare.Comparison) []stats.Warning {
	var warnings []stats.Warning
	more := map[string]int{}
	add := func(name string, ws []stats.Warning) {
		for _, w := range ws {
			w.What = name + w.What
			switch i := slices.IndexFunc(warnings, func(known stats.Warning) bool { return known.Cure == w.Cure }); {
			case i < 0 || w.Cure == "":
				warnings = append(warnings, w)
			case warnings[i].What != w.What:
				more[w.Cure]++
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
	for i := range warnings {
		if n := more[warnings[i].Cure]; n > 0 {
			warnings[i].What += fmt.Sprintf("; %d more like it", n)
		}
	}
	return warnings
}

type comparisonPrinter struct {
	b      strings.Builder
	all    bool
	width  int
	style  Style
	tables int // written so far
	err    error
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

// metrics shows the first metrics in a table of their own, unless all are asked
// for. Those of which all points are the same are one line each.
func (p *comparisonPrinter) metrics(c *compare.Comparison) {
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if p.tables == maxTables && !p.all {
			if i == 0 {
				p.line(p.style.Dim("... its points with --all"))
				return
			}
			p.line("")
			p.line(p.style.Dim("... the points of " + counted(len(c.Metrics)-i, "more metric") + " with --all or --metric"))
			return
		}
		p.line("")
		p.line(p.style.Bold(Printable(m.Metric)) + p.style.Dim("  "+BetterText(m.Better)))
		if n := tally(m.Pairs)[compare.Same]; !p.all && n == len(m.Pairs) && n > 1 {
			p.line(fmt.Sprintf("all %s are the same within %s", counted(n, "point"), Percent(c.Margin)))
			continue
		}
		p.tables++
		p.pairs(c.Params, m)
	}
}

// BetterText says which way a metric gets better.
func BetterText(b workloads.Better) string {
	switch b {
	case workloads.Lower:
		return "less is better"
	case workloads.Higher:
		return "more is better"
	}
	return "neither more nor less is better"
}

func (p *comparisonPrinter) pairs(params []string, m *compare.MetricComparison) {
	shown := m.Pairs
	if !p.all && len(shown) > maxPairs {
		shown = mostChanged(m.Pairs, maxPairs)
	}
	var medians []float64
	for _, pair := range shown {
		medians = append(medians, pair.Base, pair.Next)
	}
	scale := ScaleFor(m.Unit, medians)
	t := pairTable(params, shown, scale)
	if len(m.Pairs) > 1 {
		t.Rows = append(t.Rows, append(slices.Concat([]string{"geomean"}, make([]string, len(params)+1)),
			Change(m.Ratio), verdictMark(m.Verdict), ChangeInterval(m.Lo, m.Hi), "", ""))
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

// pairTable has a row for each pair: its parameters first.
func pairTable(params []string, pairs []compare.Pair, scale Scale) *Table {
	t := &Table{}
	for i, name := range params {
		number := !slices.ContainsFunc(pairs, func(p compare.Pair) bool {
			_, err := strconv.ParseFloat(p.Values[i], 64)
			return err != nil
		})
		t.Columns = append(t.Columns, TableColumn{Title: name, Right: number && i > 0, Keep: true})
	}
	t.Columns = append(t.Columns,
		TableColumn{Title: "base", Unit: scale.Unit, Right: true, Keep: true}, TableColumn{Title: "next", Unit: scale.Unit, Right: true, Keep: true},
		TableColumn{Title: "change", Right: true, Keep: true}, TableColumn{Title: "verdict", Keep: true},
		TableColumn{Title: "interval"}, TableColumn{Title: "n", Right: true}, TableColumn{Title: "p", Right: true},
	)
	for _, p := range pairs {
		t.Rows = append(t.Rows, append(slices.Clone(p.Values), scale.Format(p.Base), scale.Format(p.Next), Change(p.Ratio),
			verdictMark(p.Verdict), ChangeInterval(p.Lo, p.Hi), fmt.Sprintf("%d+%d", p.BaseN, p.NextN), Probability(p.P)))
	}
	return t
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
	var lines [][4]string
	for _, c := range all {
		for i := range c.Metrics {
			m := &c.Metrics[i]
			name := m.Metric
			if c.By != "" {
				name = c.Next + "  " + name
			}
			verdict, ratio, lo, hi := m.Verdict, m.Ratio, m.Lo, m.Hi
			said := Tally(m.Pairs)
			if len(m.Pairs) == 1 { // to which the mean adds nothing
				pair := &m.Pairs[0]
				verdict, ratio, lo, hi, said = pair.Verdict, pair.Ratio, pair.Lo, pair.Hi, ""
			}
			lines = append(lines, [4]string{Printable(name), verdictMark(verdict), strings.TrimSpace(Change(ratio) + " " + ChangeInterval(lo, hi)), said})
		}
	}
	var widths [4]int
	for _, l := range lines {
		for i, text := range l {
			widths[i] = max(widths[i], cells(text))
		}
	}
	shown := len(widths)
	if p.width > 0 && widths[0]+widths[1]+widths[2]+widths[3]+3*columnGap > p.width {
		shown-- // how many points say what can be counted above
	}
	for _, l := range lines {
		text := ""
		for i, cell := range l[:shown] {
			pad := strings.Repeat(" ", widths[i]-cells(cell)+columnGap)
			switch i {
			case 1:
				cell = p.paint(cell)
			case 3:
				cell, pad = p.style.Dim(cell), ""
			}
			text += cell + pad
		}
		p.line(strings.TrimRight(text, " "))
	}
	if len(lines) > 1 || len(all) > 0 && len(all[0].Metrics) > 0 && len(all[0].Metrics[0].Pairs) > 1 {
		text := fmt.Sprintf("intervals hold %g%% together, for all points and metrics; p is corrected likewise; slower stands for worse, in any unit", 100*all[0].Confidence)
		p.line(p.style.Dim(Wrap(text, p.width, 0)))
	}
}

// paint colours what is said of a metric.
func (p *comparisonPrinter) paint(mark string) string {
	switch mark {
	case verdictMark(compare.Slower):
		return p.style.Bad(mark)
	case verdictMark(compare.Faster):
		return p.style.Good(mark)
	case verdictMark(compare.Same):
		return mark
	}
	return p.style.Warn(mark)
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

func tally(pairs []compare.Pair) map[compare.Verdict]int {
	counts := map[compare.Verdict]int{}
	for _, pair := range pairs {
		counts[pair.Verdict]++
	}
	return counts
}

// Tally counts the verdicts of pairs, the worst first: "3 slower, 9 same".
func Tally(pairs []compare.Pair) string {
	counts := tally(pairs)
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
		return "×" + factor(ratio)
	case ratio <= 0.5 && ratio > 0:
		return "÷" + factor(1/ratio)
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

// factor has three significant digits, and all in front of the point.
func factor(v float64) string {
	if v >= 1000 && v < 1e9 {
		return Count(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// ChangeInterval renders the ends of the interval of a ratio: empty where there
// is none, "exact" where nothing varied.
func ChangeInterval(lo, hi float64) string {
	switch {
	case math.IsNaN(lo) || math.IsNaN(hi):
		return ""
	case lo == hi:
		return "exact"
	}
	return "[" + Change(lo) + ", " + Change(hi) + "]"
}

// Percent renders a share.
func Percent(share float64) string { return strconv.FormatFloat(share*100, 'g', 4, 64) + "%" }

// Probability renders a P value.
func Probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return "-"
	case p < 0.001:
		return "<0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}
