package html

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"runx/internal/report"
	"runx/internal/report/figure"
	"runx/internal/results"
)

// A doubt is a reason to trust the numbers less, what to do about it, and
// where it was seen.
type doubt struct {
	What, Cure string
	Where      []string
	More       string // how many places Where leaves out, "3 more points"
}

// few bounds the places that are named.
const few = 6

// at puts the places into a doubt; only a few of many are named.
func (d doubt) at(places []string, noun string) doubt {
	d.Where = places[:min(few, len(places))]
	if more := len(places) - len(d.Where); more > 0 {
		d.More = counted(int64(more), "more "+noun)
	}
	return d
}

// doubts has what is doubtful about a run, the gravest first: samples that
// failed, interference, numbers without an interval, the machine, the program,
// and what the pictures, the claims and the spec warn of. What is said of many
// is said once.
func doubts(c *Content, claimed []claimView) []doubt {
	var all []doubt
	all = append(all, failures(c)...)
	all = append(all, taints(c)...)
	bare := withoutInterval(c)
	all = append(all, unsure(bare)...)
	all = append(all, circumstances(c.Run)...)
	all = append(all, ofPictures(c, bare).doubts("picture")...)
	for _, w := range c.Warnings {
		all = append(all, doubt{What: report.Printable(w.What), Cure: report.Printable(w.Cure)})
	}
	var claims remarks
	for _, v := range claimed {
		for _, w := range v.Warnings {
			claims.add(v.Name, w.What, w.Cure)
		}
	}
	all = append(all, claims.doubts("claim")...)
	for _, p := range c.Reading.Spec.Warnings {
		foretold := func(b bareColumn) bool {
			return strings.HasSuffix(p.Message, "too few for an interval of "+b.Stat+" of "+b.Metric)
		}
		if slices.ContainsFunc(bare, foretold) {
			continue // and so it came
		}
		all = append(all, doubt{What: report.Printable(p.Message), Cure: report.Printable(p.Hint)})
	}
	return all
}

// ofPictures has what the pictures warn of, without what bare says already.
func ofPictures(c *Content, bare []bareColumn) remarks {
	var pictures remarks
	for _, f := range c.Figures {
		for _, w := range f.Warnings {
			said := func(b bareColumn) bool { return strings.HasSuffix(w.What, figure.WithoutInterval(b.Column())) }
			if !slices.ContainsFunc(bare, said) {
				pictures.add(report.Printable(f.Title), report.Printable(w.What), report.Printable(w.Cure))
			}
		}
	}
	return pictures
}

// A place is a point as a person names it, and its row in the summary.
type place struct {
	name string
	row  int
}

// seen counts what happened at which point.
type seen struct {
	total  int
	points map[string]int
}

// where names the points, those with most of it first.
func (s *seen) where(places map[string]place) []string {
	points := slices.SortedFunc(maps.Keys(s.points), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.points[b], s.points[a]), cmp.Compare(places[a].row, places[b].row))
	})
	var names []string
	for _, point := range points {
		names = append(names, fmt.Sprintf("%s (%s)", cmp.Or(places[point].name, "the only point"), report.Count(int64(s.points[point]))))
	}
	return names
}

// tally counts the rows of the samples by a text; rows for which it is empty do
// not count.
func tally(samples *results.Table, text func(row int) string) (order []string, by map[string]*seen) {
	by = map[string]*seen{}
	for row := range samples.Rows {
		what := text(row)
		if what == "" {
			continue
		}
		s := by[what]
		if s == nil {
			s = &seen{points: map[string]int{}}
			by[what] = s
			order = append(order, what)
		}
		id, _ := samples.Value(row, "point_id").(string)
		s.total++
		s.points[id]++
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(by[b].total, by[a].total) })
	return order, by
}

// failures has the samples that are not ok, by what they say.
func failures(c *Content) []doubt {
	if c.Samples == nil {
		return nil
	}
	const longest, most = 600, 20
	order, by := tally(c.Samples, func(row int) string {
		status, _ := c.Samples.Value(row, "status").(string)
		if status == string(results.OK) {
			return ""
		}
		text, _ := c.Samples.Value(row, "error").(string)
		return status + ": " + cmp.Or(text, "no reason was given")
	})
	places := placesOf(c.Summary)
	var all []doubt
	for i, what := range order {
		if i == most {
			all = append(all, doubt{What: counted(int64(len(order)-most), "more kind") + " of failures", Cure: "the column error of samples.parquet tells of each"})
			break
		}
		status, text, _ := strings.Cut(what, ": ")
		d := doubt{What: fmt.Sprintf("%s %s: %s", counted(int64(by[what].total), "sample"), failureVerb(status), clip(report.Printable(text), longest))}
		d = d.at(by[what].where(places), "point")
		if status != string(results.Skipped) {
			d.Cure = "when the cause is mended, runx resume --retry-failed " + report.Printable(c.Reading.Info.ID) + " takes them again"
		}
		all = append(all, d)
	}
	return all
}

func failureVerb(status string) string {
	switch results.Status(status) {
	case results.Timeout:
		return "ran out of time"
	case results.Skipped:
		return "were skipped"
	}
	return "failed"
}

// clip shortens a text to so many characters.
func clip(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}

// interference says what a reason of the column tainted means, and its cure.
func interference(reason string) (meaning, cure string) {
	switch reason {
	case "steal":
		return "other guests took the cores (steal)", "measure on a machine that is yours, or when it is quiet"
	case "throttled":
		return "the CPU quota was used up (throttled)", "raise the quota of the cgroup, or use fewer threads"
	}
	return report.Printable(reason), "measure when the machine is quiet"
}

// taints has the samples during which interference was seen, by its reason.
func taints(c *Content) []doubt {
	if c.Samples == nil {
		return nil
	}
	order, by := tally(c.Samples, func(row int) string {
		reason, _ := c.Samples.Value(row, "tainted").(string)
		return reason
	})
	places := placesOf(c.Summary)
	var all []doubt
	for _, reason := range order {
		meaning, cure := interference(reason)
		share := 100 * float64(by[reason].total) / float64(c.Samples.Rows)
		d := doubt{
			What: fmt.Sprintf("%s (%.2g%%) met interference: %s; they are marked, and count in the summary", counted(int64(by[reason].total), "sample"), share, meaning),
			Cure: cure,
		}
		d = d.at(by[reason].where(places), "point")
		all = append(all, d)
	}
	return all
}

// circumstances has what the machine and the program give to think.
func circumstances(run *results.Table) []doubt {
	if run == nil || run.Rows == 0 {
		return nil
	}
	var all []doubt
	load, _ := run.Value(0, "load_1min").(float64)
	cores, _ := run.Value(0, "cores_count").(int64)
	const busy = 0.5 // per core, from which others are at work
	if cores > 0 && load > busy*float64(cores) {
		all = append(all, doubt{
			What: fmt.Sprintf("the load average at the start was %.2f on %s", load, counted(cores, "core")),
			Cure: "end what else is running; compare only what was measured in the same interleaved run",
		})
	}
	if changed, _ := run.Value(0, "vcs_modified").(bool); changed {
		all = append(all, doubt{
			What: "the program was built from sources that are in no commit",
			Cure: "commit before a run that is to be repeated",
		})
	}
	if resumed, _ := run.Value(0, "resumes_count").(int64); resumed > 0 {
		all = append(all, doubt{What: "the run was interrupted and resumed " + counted(resumed, "time") + ": its parts saw the machine at different times"})
	}
	return all
}

// placesOf names the points by the parameters that vary.
func placesOf(summary *results.Table) map[string]place {
	places := map[string]place{}
	if summary == nil {
		return places
	}
	names := varied(summary)
	for row := range summary.Rows {
		parts := make([]string, len(names))
		for i, name := range names {
			parts[i] = report.Printable(name + "=" + cellText(summary.Value(row, name)))
		}
		id, _ := summary.Value(row, "point_id").(string)
		places[id] = place{strings.Join(parts, " "), row}
	}
	return places
}
