package html

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"runx/internal/claims"
	"runx/internal/report"
	"runx/internal/results"
	"runx/spec"
)

// A claimView is a claim with its verdict, as the page shows it.
type claimView struct {
	ID, Name string
	// Verdict is that of the claim as a whole: refuted where one group refutes
	// it, supported where all support it.
	Verdict string
	// Outcome is the judgement of a claim without groups; nil for one with groups.
	Outcome *outcomeView
	// Groups are the judgements of the groups, Params what tells them apart, and
	// Tally how many support the claim: "7 of 8 supported".
	Groups []outcomeView
	Params []string
	Tally  string
	// LeftGroups are the groups for which the page has no room.
	LeftGroups int
	// Against are the groups that do not support it, the first few of them.
	Against []outcomeView
	More    int // those that Against leaves out
	// Gauge shows all values, if Gauged, against what is expected.
	Gauge  *gauge
	Gauged bool
	// How it was computed, as the spec says.
	Value, Expect, Over string
	Where, ForEach      string
	Points, Samples     string
	// Share of the resamples that meet what is expected, of a claim of one group.
	Share    string
	Warnings []warningView
}

// An outcomeView is one judgement.
type outcomeView struct {
	Verdict string
	// Group are the values that tell it from others, Label all of them in a line.
	Group []string
	Label string
	// Value is the number, Interval what is sure of it; Note says what else there
	// is to know.
	Value, Interval, Note string
	Sort                  float64
	Gauge                 *gauge
}

// A warningView is what is doubtful, and its cure.
type warningView struct{ What, Cure string }

// claimViews has the claims of a spec in their order; one that has not been
// judged is left out.
func claimViews(s *spec.Spec, judgements []claims.Judgement) []claimView {
	var views []claimView
	for i := range s.Claims {
		var own []claims.Judgement
		for _, j := range judgements {
			if j.Index == i {
				own = append(own, j)
			}
		}
		if len(own) > 0 {
			v := newClaimView(&s.Claims[i], i, own)
			v.fit(max(fewGroups, mostGroups/len(s.Claims)))
			views = append(views, v)
		}
	}
	return views
}

// mostGroups bounds the groups that the page lists, of all claims together, and
// each claim has room for a few. The others are in claims.parquet.
const mostGroups, fewGroups = 1500, 40

// fit leaves out the groups for which there is no room, those that support the
// claim before others.
func (v *claimView) fit(room int) {
	if len(v.Groups) <= room {
		return
	}
	supports := func(o outcomeView) int {
		if o.Verdict == string(claims.Supported) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(v.Groups, func(a, b outcomeView) int { return cmp.Compare(supports(a), supports(b)) })
	v.LeftGroups = len(v.Groups) - room
	v.Groups = v.Groups[:room]
}

// mostMarks bounds the values of one gauge.
const mostMarks = 200

func newClaimView(c *spec.Claim, index int, own []claims.Judgement) claimView {
	v := claimView{
		ID: "claim-" + strconv.Itoa(index+1), Name: report.Printable(c.Name),
		Value: report.Printable(c.Value), Expect: report.Printable(c.Expect), Over: "points",
		Where: report.Printable(strings.Join(c.Where, " and ")), ForEach: report.Printable(strings.Join(c.ForEach, ", ")),
	}
	if c.Samples {
		v.Over = "samples"
	}
	measure, limits, gauged := rulerOf(c, own)
	if v.Gauged = gauged; gauged {
		v.Gauge = measure.gauge(limits, own[:min(mostMarks, len(own))]...)
	}
	var points, samples int
	for _, j := range own {
		o := newOutcome(j)
		if gauged {
			o.Gauge = measure.gauge(limits, j)
		}
		v.Groups = append(v.Groups, o)
		points, samples = points+j.Points, samples+j.Samples
		for _, w := range j.Warnings {
			v.Warnings = append(v.Warnings, warningView{report.Printable(w.What), report.Printable(w.Cure)})
		}
	}
	v.Warnings = distinct(v.Warnings)
	if j := own[0]; len(own) == 1 && !math.IsNaN(j.Share) && !j.Exact {
		v.Share = fmt.Sprintf("%.4g%% of %s, corrected where they are few or skewed", 100*j.Share, counted(int64(j.Resamples), "resample"))
	}
	v.Points, v.Samples = counted(int64(points), "row"), counted(int64(samples), "sample")
	v.judge(own)
	return v
}

// judge sums the groups up.
func (v *claimView) judge(own []claims.Judgement) {
	if len(own) == 1 && len(own[0].Group) == 0 {
		v.Verdict = string(own[0].Verdict)
		v.Outcome, v.Groups = &v.Groups[0], nil
		return
	}
	tally := map[string]int{}
	for _, s := range own[0].Group {
		v.Params = append(v.Params, report.Printable(s.Param))
	}
	const few = 3 // that are named at once
	for _, o := range v.Groups {
		tally[o.Verdict]++
	}
	for _, verdict := range []claims.Verdict{claims.Refuted, claims.Inconclusive} {
		for _, o := range v.Groups {
			switch {
			case o.Verdict != string(verdict):
			case len(v.Against) < few:
				v.Against = append(v.Against, o)
			default:
				v.More++
			}
		}
	}
	v.Verdict = string(overall(tally))
	if v.Tally = "in " + counted(int64(len(v.Groups)), "group"); len(v.Groups) > 1 && tally[v.Verdict] == len(v.Groups) {
		v.Tally = fmt.Sprintf("in all %d groups", len(v.Groups))
		return
	}
	v.Tally = fmt.Sprintf("%d of %s supported", tally[string(claims.Supported)], counted(int64(len(v.Groups)), "group"))
	for _, verdict := range []claims.Verdict{claims.Refuted, claims.Inconclusive} {
		if n := tally[string(verdict)]; n > 0 {
			v.Tally += fmt.Sprintf(", %d %s", n, verdict)
		}
	}
}

func overall(tally map[string]int) claims.Verdict {
	switch {
	case tally[string(claims.Refuted)] > 0:
		return claims.Refuted
	case tally[string(claims.Inconclusive)] > 0:
		return claims.Inconclusive
	}
	return claims.Supported
}

// rulerOf places all judgements of a claim on one line.
func rulerOf(c *spec.Claim, own []claims.Judgement) (ruler, bound, bool) {
	limits, ok := expected(c.Expect)
	if !ok {
		return ruler{}, bound{}, false
	}
	numbers := []float64{limits.lo, limits.hi}
	for _, j := range own {
		numbers = append(numbers, j.Value, j.Lo, j.Hi)
	}
	r, ok := newRuler(numbers)
	return r, limits, ok
}

func newOutcome(j claims.Judgement) outcomeView {
	o := outcomeView{Verdict: string(j.Verdict), Sort: j.Value}
	for _, s := range j.Group {
		text := report.Printable(cellText(s.Value))
		o.Group = append(o.Group, text)
		o.Label = strings.TrimSpace(o.Label + " " + report.Printable(s.Param) + "=" + text)
	}
	switch {
	case math.IsNaN(j.Value):
		o.Value = "no value"
	case j.Bool:
		o.Value = strconv.FormatBool(j.Value != 0)
	default:
		o.Value, o.Interval, _ = strings.Cut(report.ScaleFor("", nil).FormatInterval(j.Value, j.Lo, j.Hi), " ")
	}
	var notes []string
	if j.Exact {
		o.Interval = ""
		notes = append(notes, "exact: the same in every repetition")
	} else if j.Reason != "" {
		notes = append(notes, report.Printable(j.Reason))
	}
	if j.Bool && !j.Exact && j.Resamples > 0 {
		notes = append(notes, fmt.Sprintf("in %s%% of the resamples", strconv.FormatFloat(100*j.Share, 'g', 3, 64)))
	}
	if j.SamplesNeeded > 0 {
		notes = append(notes, "about "+counted(int64(j.SamplesNeeded), "more sample")+" would decide")
	}
	o.Note = strings.Join(notes, "; ")
	return o
}

// distinct drops repetitions.
func distinct(warnings []warningView) []warningView {
	slices.SortStableFunc(warnings, func(a, b warningView) int {
		return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.Cure, b.Cure))
	})
	return slices.Compact(warnings)
}

// verdictCounts says what came of the claims in one line, for the head.
func verdictCounts(views []claimView) []verdictCount {
	counts := []verdictCount{{Verdict: "supported"}, {Verdict: "refuted"}, {Verdict: "inconclusive"}}
	for _, v := range views {
		for i := range counts {
			if counts[i].Verdict == v.Verdict {
				counts[i].N++
			}
		}
	}
	return slices.DeleteFunc(counts, func(c verdictCount) bool { return c.N == 0 })
}

// A verdictCount is how many claims have a verdict.
type verdictCount struct {
	Verdict string
	N       int
}

// preliminary says why verdicts may change; empty where they will not.
func preliminary(info results.RunInfo) string {
	switch {
	case info.Quick:
		return "from a smoke test"
	case info.Status != results.Complete:
		return "preliminary: the run is " + string(info.Status)
	}
	return ""
}
