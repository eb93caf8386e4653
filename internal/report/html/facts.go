package html

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"runx/internal/report"
	"runx/internal/results"
	"runx/workloads"
)

// A factView is one fact of a run.
type factView struct{ Name, Value, Doc string }

// A factGroup are facts that belong together.
type factGroup struct {
	Title string
	Facts []factView
}

// environment has the facts of run.parquet, in groups that a reader looks for.
// Facts that the page tells elsewhere are left out, and so are unknown ones.
func environment(run *results.Table) []factGroup {
	if run == nil || run.Rows == 0 {
		return nil
	}
	groups := []struct {
		title string
		names []string
	}{
		{"Machine", []string{"hostname", "cpu_model", "cores_count", "affinity", "gomaxprocs_count", "cgroup_cpus_count", "memory_bytes",
			"cgroup_memory_bytes", "virtualization", "governor", "turbo", "smt", "huge_pages", "load_1min", "os", "kernel", "arch"}},
		{"Program", []string{"runx_version", "vcs_revision", "vcs_time", "vcs_modified", "go_version", "workload", "runner_peak_rss_bytes"}},
		{"Measuring", []string{"seed", "measure_order", "measure_isolate", "warmup_count", "resumes_count", "points_planned_count",
			"points_visited_count", "samples_count", "samples_ok_count", "samples_failed_count", "samples_timeout_count", "samples_skipped_count", "samples_tainted_count"}},
	}
	told := []string{"run_id", "spec", "title", "question", "tags", "status", "started_at", "finished_at", "spec_sha256", "command", "quick"}
	var views []factGroup
	for _, g := range groups {
		views = append(views, factGroup{g.title, factsOf(run, g.names)})
		told = append(told, g.names...)
	}
	var rest []string
	for _, c := range run.Columns {
		if !slices.Contains(told, c.Name) {
			rest = append(rest, c.Name)
		}
	}
	views = append(views, factGroup{"Other", factsOf(run, rest)})
	return slices.DeleteFunc(views, func(g factGroup) bool { return len(g.Facts) == 0 })
}

func factsOf(run *results.Table, names []string) []factView {
	var facts []factView
	for _, name := range names {
		value := run.Value(0, name)
		if value == nil || value == "" {
			continue
		}
		c := describe(run, name)
		facts = append(facts, factView{report.Printable(name), report.Printable(factText(c, value)), report.Printable(c.Doc)})
	}
	return facts
}

// factText is a fact for the eye: bytes scaled, counts with their thousands
// apart.
func factText(c results.Column, value any) string {
	switch v := value.(type) {
	case time.Time:
		return v.Format(time.RFC3339)
	case int64:
		if workloads.UnitOf(c.Name) == "bytes" {
			return report.QuantityInterval(c.Name, float64(v), nan, nan)
		}
		if workloads.UnitOf(c.Name) == "count" {
			return report.Count(v)
		}
	}
	return cellText(value)
}

// headFacts are the facts under the title: when, how long, how much, where.
func headFacts(c *Content) []string {
	var facts []string
	if at := c.Reading.Header.CreatedAt; at > 0 {
		facts = append(facts, time.UnixMicro(at).UTC().Format("2 January 2006, 15:04 UTC"))
	}
	if c.Run == nil || c.Run.Rows == 0 {
		return facts
	}
	began, _ := c.Run.Value(0, "started_at").(time.Time)
	if ended, ok := c.Run.Value(0, "finished_at").(time.Time); ok && !began.IsZero() {
		facts = append(facts, "took "+report.Duration(ended.Sub(began)))
	}
	number := func(name string) int64 { n, _ := c.Run.Value(0, name).(int64); return n }
	points := counted(number("points_visited_count"), "point")
	if planned := number("points_planned_count"); planned > number("points_visited_count") {
		points = report.Count(number("points_visited_count")) + " of " + counted(planned, "point")
	}
	facts = append(facts, points, counted(number("samples_count"), "sample"))
	if bad := number("samples_failed_count") + number("samples_timeout_count"); bad > 0 {
		facts = append(facts, report.Count(bad)+" failed")
	}
	if tainted := number("samples_tainted_count"); tainted > 0 {
		facts = append(facts, report.Count(tainted)+" tainted")
	}
	if cpu, ok := c.Run.Value(0, "cpu_model").(string); ok {
		facts = append(facts, report.Printable(cpu)+", "+counted(number("cores_count"), "core"))
	}
	return facts
}

// A banner says what a reader must know before he believes the rest.
type banner struct{ Kind, Text, Cure string }

func banners(c *Content) []banner {
	var all []banner
	id := report.Printable(c.Reading.Info.ID)
	switch c.Reading.Info.Status {
	case results.Interrupted:
		all = append(all, banner{"warn", "The run was interrupted: everything here is of what was measured until then, and preliminary.", "runx resume " + id})
	case results.Running:
		all = append(all, banner{"warn", "The run is still going on: everything here is preliminary.", ""})
	case results.Broken:
		all = append(all, banner{"bad", "Some points failed: what they would have said is missing here.", "runx resume --retry-failed " + id})
	case results.Damaged:
		all = append(all, banner{"bad", "The journal of the run is damaged.", ""})
	}
	if c.Reading.Info.Quick {
		all = append(all, banner{"warn", "This is a smoke test (--quick): few points, few samples. It shows that everything works and says nothing about the question.", ""})
	}
	return all
}

// A snippet is text to copy.
type snippet struct{ Title, Text string }

// snippets read the tables, from the directory of the run.
func snippets(c *Content) []snippet {
	var by []string
	if c.Summary != nil {
		by = varied(c.Summary)
	}
	const few = 3 // what a person groups by
	by = by[:min(few, len(by))]
	return []snippet{{"pandas", pandas(by)}, {"polars", polars(by)}, {"DuckDB", duckDB(by)}}
}

func pandas(by []string) string {
	var b strings.Builder
	b.WriteString("import pandas as pd\n")
	for _, t := range []struct{ name, file string }{{"samples", results.SamplesFile}, {"summary", results.SummaryFile}, {"claims", results.ClaimsFile}} {
		fmt.Fprintf(&b, "%s = pd.read_parquet(%q)\n", t.name, t.file)
	}
	b.WriteString(`samples[samples.status == "ok"]`)
	if len(by) > 0 {
		b.WriteString(".groupby([" + quoted(by) + "])")
	}
	return b.String() + "." + workloads.LatencyMetric + ".describe()"
}

func polars(by []string) string {
	group := ".select("
	if len(by) > 0 {
		group = ".group_by([" + quoted(by) + "]).agg("
	}
	return fmt.Sprintf("import polars as pl\nok = pl.scan_parquet(%q).filter(pl.col(\"status\") == \"ok\")\nok%spl.col(%q).median()).collect()",
		results.SamplesFile, group, workloads.LatencyMetric)
}

func duckDB(by []string) string {
	what := []string{"median(" + workloads.LatencyMetric + ") AS latency_ms_p50", "count(*) AS n"}
	if len(by) > 0 {
		what = slices.Insert(what, 0, quoted(by)) // a parameter may be called "order"
	}
	text := fmt.Sprintf("SELECT %s\nFROM '%s' WHERE status = 'ok'", strings.Join(what, ", "), results.SamplesFile)
	if len(by) > 0 {
		text += "\nGROUP BY ALL ORDER BY ALL"
	}
	return text + ";"
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, name := range names {
		q[i] = `"` + name + `"`
	}
	return strings.Join(q, ", ")
}

// A repeatView is what it takes to do the run again.
type repeatView struct {
	Command string // as it was typed
	Exact   string // from the spec as run
	Facts   []factView
}

func repeat(c *Content) repeatView {
	id := report.Printable(c.Reading.Info.ID)
	spec := path.Join("out", report.Printable(c.Reading.Spec.Name), id, results.SpecFile)
	v := repeatView{Exact: "runx run " + spec + "\nrunx compare " + id + " " + c.Reading.Spec.Name}
	if c.Run != nil && c.Run.Rows > 0 {
		command, _ := c.Run.Value(0, "command").(string)
		v.Command = report.Printable(command)
		v.Facts = factsOf(c.Run, []string{"run_id", "spec_sha256", "seed", "vcs_revision", "vcs_modified", "runx_version", "go_version"})
	} else {
		v.Facts = []factView{{"run_id", id, "one execution of the spec"}, {"spec_sha256", c.Reading.Header.SpecSHA256, "hash of spec.yaml"}}
	}
	return v
}

// A fileView is a file of the run, with what is in it.
type fileView struct{ Path, Doc string }

// maxFiles bounds the files of points that are named.
const maxFiles = 40

// filesOf lists what lies beside the page.
func filesOf(dir string) (files []fileView, more int) {
	for _, f := range []fileView{
		{results.SummaryFile, "one row per point"},
		{results.SamplesFile, "one row per sample, failed and skipped ones included"},
		{results.ClaimsFile, "one row per claim and group"},
		{results.RunFile, "one row: environment and provenance"},
		{results.SpecFile, "the spec exactly as run"},
		{results.JournalFile, "the record that the tables are made from"},
		{"workers.log", "what workers and programs said on stderr"},
	} {
		if _, err := os.Stat(filepath.Join(dir, f.Path)); err == nil {
			files = append(files, f)
		}
	}
	// A folder that cannot be read has no files to name.
	_ = fs.WalkDir(os.DirFS(dir), results.FilesFolder, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return cmp.Or(err, errors.New("unreadable"))
		}
		switch {
		case d.IsDir():
		case len(files) >= maxFiles:
			more++
		default:
			files = append(files, fileView{name, "kept by a point"})
		}
		return nil
	})
	return files, more
}

// sourceLine is one line of the spec.
type sourceLine struct {
	N       int
	Text    string
	Comment string // from the # on, where there is one
}

// source takes the text of the spec apart, line by line.
func source(text []byte) []sourceLine {
	var lines []sourceLine
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		code, comment := line, ""
		if i := commentAt(line); i >= 0 {
			code, comment = line[:i], line[i:]
		}
		lines = append(lines, sourceLine{len(lines) + 1, report.Printable(code), report.Printable(comment)})
	}
	return lines
}

// commentAt finds where a line's comment begins; -1 is nowhere. It is for the
// colour alone: a # in a text of several lines is taken for one.
func commentAt(line string) int {
	var quote rune
	previous := ' '
	for i, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case (r == '"' || r == '\'') && strings.ContainsRune(" [{,:", previous):
			quote = r
		case r == '#' && (previous == ' ' || i == 0):
			return i
		}
		previous = r
	}
	return -1
}

// figureFiles are the files of a picture.
func figureFiles(name string) []fileView {
	var files []fileView
	for _, ending := range []string{"svg", "png"} {
		files = append(files, fileView{fmt.Sprintf("%s/%s.%s", results.PlotsFolder, name, ending), strings.ToUpper(ending)})
	}
	return files
}
