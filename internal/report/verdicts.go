package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"runx/internal/claims"
	"runx/spec"
	"runx/workloads"
)

// Verdicts are the judgements of a run as a person reads them: one entry per
// claim, whatever number of groups it was judged in.
type Verdicts struct {
	Claims []ClaimVerdict
	// Supported, Refuted and Inconclusive count the claims.
	Supported, Refuted, Inconclusive int
	// Preliminary says that the run is not complete, Quick that it is a smoke test.
	Preliminary, Quick bool
}

// A ClaimVerdict is what is said of one claim. Verdict is that of all its groups
// together: supported where each is, refuted where one is.
type ClaimVerdict struct {
	Claim string
	// Where says which rows the claim is about; empty where it is about all.
	Where   string
	Verdict claims.Verdict
	Groups  []claims.Judgement
}

// NewVerdicts puts judgements together by claim, in the order of the spec, whose
// claims they are about.
func NewVerdicts(about []spec.Claim, judgements []claims.Judgement) *Verdicts {
	v := &Verdicts{}
	for _, j := range judgements {
		if n := len(v.Claims); n == 0 || v.Claims[n-1].Groups[0].Index != j.Index {
			c := ClaimVerdict{Claim: j.Claim, Verdict: j.Verdict}
			if j.Index < len(about) {
				c.Where = strings.Join(about[j.Index].Where, " and ")
			}
			v.Claims = append(v.Claims, c)
		}
		c := &v.Claims[len(v.Claims)-1]
		c.Groups = append(c.Groups, j)
		c.Verdict = worse(c.Verdict, j.Verdict)
	}
	for _, c := range v.Claims {
		switch c.Verdict {
		case claims.Supported:
			v.Supported++
		case claims.Refuted:
			v.Refuted++
		default:
			v.Inconclusive++
		}
	}
	return v
}

func worse(a, b claims.Verdict) claims.Verdict {
	for _, v := range []claims.Verdict{claims.Refuted, claims.Inconclusive} {
		if a == v || b == v {
			return v
		}
	}
	return claims.Supported
}

// shownGroups bounds how many groups of a claim are named.
const shownGroups = 4

// Write prints the verdicts in width cells (0: as wide as they need).
func (v *Verdicts) Write(w io.Writer, width int, style Style) error {
	if len(v.Claims) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(style.Bold(v.heading()) + "\n")
	for i := range v.Claims {
		v.Claims[i].write(&b, width, style)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// heading counts: "claims  5 supported, 1 refuted".
func (v *Verdicts) heading() string {
	var counts []string
	for _, c := range []struct {
		n       int
		verdict claims.Verdict
	}{{v.Supported, claims.Supported}, {v.Refuted, claims.Refuted}, {v.Inconclusive, claims.Inconclusive}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.verdict))
		}
	}
	text := "claims  " + strings.Join(counts, ", ")
	if v.Quick {
		text += "; of a smoke test, which measures too little to decide"
	}
	if v.Preliminary {
		text += "; preliminary, as the run is not complete"
	}
	return text
}

func (c *ClaimVerdict) write(b *strings.Builder, width int, style Style) {
	first := &c.Groups[0]
	parts := []part{{text: Printable(c.Claim)}}
	single := len(c.Groups) == 1 && len(first.Group) == 0
	if single {
		parts = append(parts, part{text: valueText(first), strong: true})
	} else {
		parts = append(parts, part{text: c.tally(), strong: true})
	}
	if first.Expect != "value" { // or it is true that is expected
		parts = append(parts, part{text: "expected " + Printable(first.Expect), dim: true})
	}
	if c.Where != "" {
		parts = append(parts, part{text: "where " + Printable(c.Where), dim: true})
	}
	if single && c.Verdict != claims.Supported {
		parts = append(parts, part{text: doubt(first)})
	}
	if c.doubtful() {
		parts = append(parts, part{text: "in doubt: see the warnings"})
	}
	writeParts(b, mark(c.Verdict, style), parts, 0, width, style)
	if !single {
		c.writeGroups(b, width, style)
	}
}

// doubtful says that a warning is about the judgements.
func (c *ClaimVerdict) doubtful() bool {
	return slices.ContainsFunc(c.Groups, func(j claims.Judgement) bool { return len(j.Warnings) > 0 })
}

// tally says how many groups bear the claim out, and between which values.
func (c *ClaimVerdict) tally() string {
	supported := 0
	least, most := math.Inf(1), math.Inf(-1)
	for i := range c.Groups {
		g := &c.Groups[i]
		if g.Verdict == claims.Supported {
			supported++
		}
		if !math.IsNaN(g.Value) {
			least, most = min(least, g.Value), max(most, g.Value)
		}
	}
	text := fmt.Sprintf("%d of %s", supported, counted(len(c.Groups), "group"))
	if c.Groups[0].Bool || least > most {
		return text
	}
	low, high := (Scale{factor: 1}).Format(least), (Scale{factor: 1}).Format(most)
	if low == high {
		return text + ", " + low
	}
	return text + ", " + low + " to " + high
}

// writeGroups names the groups that do not bear the claim out, the refuted ones
// first.
func (c *ClaimVerdict) writeGroups(b *strings.Builder, width int, style Style) {
	left := 0
	shown := 0
	for _, verdict := range []claims.Verdict{claims.Refuted, claims.Inconclusive} {
		for i := range c.Groups {
			g := &c.Groups[i]
			if g.Verdict != verdict {
				continue
			}
			if shown == shownGroups {
				left++
				continue
			}
			shown++
			parts := []part{{text: GroupText(g.Group)}, {text: valueText(g), strong: true}, {text: doubt(g)}}
			writeParts(b, mark(verdict, style), parts, 2, width, style)
		}
	}
	if left > 0 {
		b.WriteString(style.Dim(fmt.Sprintf("    ... and %d more groups that are not supported", left)) + "\n")
	}
}

// GroupText names a group: "seq_len=128 dim=64".
func GroupText(group []claims.Setting) string {
	parts := make([]string, len(group))
	for i, s := range group {
		parts[i] = s.Param + "=" + settingText(s.Value)
	}
	return Printable(strings.Join(parts, " "))
}

func settingText(v any) string {
	if v == nil {
		return "-"
	}
	return workloads.FormatValue(v)
}

// valueText is the value with its interval: "1.972 [1.951, 1.995]".
func valueText(j *claims.Judgement) string {
	switch {
	case math.IsNaN(j.Value):
		return "no value"
	case j.Bool:
		return fmt.Sprint(j.Value != 0)
	case j.Lo == j.Hi:
		return Scale{factor: 1}.Format(j.Value)
	}
	return Scale{factor: 1}.FormatInterval(j.Value, j.Lo, j.Hi)
}

// doubt says why a judgement is not firmer, and what would make it so.
func doubt(j *claims.Judgement) string {
	var parts []string
	if j.Reason != "" {
		parts = append(parts, Printable(j.Reason))
	}
	if j.Verdict == claims.Inconclusive {
		switch {
		case j.SamplesNeeded > 0:
			parts = append(parts, "about "+Count(int64(j.SamplesNeeded))+" more samples would decide")
		case j.SamplesNeeded < 0 && j.Reason == "":
			parts = append(parts, "too close to call: no number of samples can be named")
		}
	}
	return strings.Join(parts, "; ")
}

// mark is the sign of a verdict, with its colour.
func mark(v claims.Verdict, style Style) string {
	yes, no := "✓", "✗"
	if style.ASCII {
		yes, no = "+", "-"
	}
	switch v {
	case claims.Supported:
		return style.Good(yes)
	case claims.Refuted:
		return style.Bad(no)
	}
	return style.Warn("?")
}

// A part is a phrase of an entry, which is broken only where it has no line of
// its own.
type part struct {
	text        string
	strong, dim bool
}

func (p part) paint(text string, style Style) string {
	switch {
	case p.strong:
		return style.Bold(text)
	case p.dim:
		return style.Dim(text)
	}
	return text
}

// partGap is what stands between two parts on one line.
const partGap = 2

// writeParts writes a mark and the parts after it, as many on a line as fit.
func writeParts(b *strings.Builder, mark string, parts []part, indent, width int, style Style) {
	hang := indent + 4 // what does not fit on the first line
	b.WriteString(strings.Repeat(" ", indent) + mark + " ")
	used := indent + 2
	for i, p := range slices.DeleteFunc(parts, func(p part) bool { return p.text == "" }) {
		switch {
		case i == 0:
		case width == 0 || used+partGap+cells(p.text) <= width:
			b.WriteString(strings.Repeat(" ", partGap))
			used += partGap
		default:
			b.WriteString("\n" + strings.Repeat(" ", hang))
			used = hang
		}
		lines := []string{p.text}
		if width > 0 && used+cells(p.text) > width {
			lines = strings.Split(Wrap(strings.Repeat(" ", used)+p.text, width, hang), "\n")
		}
		for k, line := range lines {
			if k > 0 {
				b.WriteString("\n" + strings.Repeat(" ", hang))
				used = hang
			}
			line = strings.TrimSpace(line)
			b.WriteString(p.paint(line, style))
			used += cells(line)
		}
	}
	b.WriteString("\n")
}
