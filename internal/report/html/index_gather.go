package html

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"runx/internal/claims"
	"runx/internal/report/figure"
	"runx/internal/results"
)

// GatherIndex reads all runs below root. A run that cannot be read is part of
// the index with its status and fails nothing.
func GatherIndex(ctx context.Context, root string) (*IndexContent, error) {
	infos, err := results.List(root)
	if err != nil {
		return nil, err
	}
	c := &IndexContent{Runs: make([]IndexRun, len(infos))}
	slices.Reverse(infos)
	eachAtOnce(len(infos), func(i int) { c.Runs[i] = newIndexRun(root, infos[i]) })
	representatives := representativesOf(c.Runs)
	c.Specs = make([]IndexSpec, len(representatives))
	eachAtOnce(len(representatives), func(i int) { c.Specs[i] = newIndexSpec(ctx, representatives[i]) })
	for i := range c.Specs {
		for _, r := range c.Runs {
			if r.Spec == c.Specs[i].Spec {
				c.Specs[i].Runs++
			}
		}
	}
	return c, ctx.Err()
}

// eachAtOnce calls do for 0 to n-1, as many at once as there are cores.
func eachAtOnce(n int, do func(i int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// newIndexRun reads what a line of the index shows: the only row of run.parquet
// and the verdicts. What is not there yet is unknown.
func newIndexRun(root string, info results.RunInfo) IndexRun {
	r := IndexRun{RunInfo: info, Files: presentFiles(info.Dir), Points: -1, Samples: -1, Failed: -1, Tainted: -1, Took: -1}
	if path, err := filepath.Rel(root, info.Dir); err == nil {
		r.Path = escapePath(filepath.ToSlash(path))
	}
	if facts, err := results.ReadTable(filepath.Join(info.Dir, results.RunFile)); err == nil && facts.Rows > 0 {
		r.addFacts(facts)
	}
	if table, err := results.ReadTable(filepath.Join(info.Dir, results.ClaimsFile), "claim", "verdict"); err == nil {
		r.Verdicts = verdictsOf(table)
	}
	return r
}

func (r *IndexRun) addFacts(facts *results.Table) {
	count := func(column string) int64 {
		if n, ok := facts.Value(0, column).(int64); ok {
			return n
		}
		return -1
	}
	r.Points, r.Samples = count("points_visited_count"), count("samples_count")
	r.Failed, r.Tainted = count("samples_failed_count"), count("samples_tainted_count")
	if timeouts := count("samples_timeout_count"); timeouts > 0 && r.Failed >= 0 {
		r.Failed += timeouts
	}
	began, _ := facts.Value(0, "started_at").(time.Time)
	if ended, ok := facts.Value(0, "finished_at").(time.Time); ok && !began.IsZero() {
		r.Took = ended.Sub(began)
	}
	r.Machine = machineOf(facts)
}

// machineOf names the machine of a run: "vm, AMD EPYC, 2 cores".
func machineOf(facts *results.Table) string {
	var parts []string
	for _, column := range []string{"hostname", "cpu_model"} {
		if text, _ := facts.Value(0, column).(string); text != "" {
			parts = append(parts, text)
		}
	}
	if cores, ok := facts.Value(0, "cores_count").(int64); ok {
		parts = append(parts, counted(cores, "core"))
	}
	return strings.Join(parts, ", ")
}

// presentFiles are the files of a run that the index links to.
func presentFiles(dir string) map[string]bool {
	files := map[string]bool{}
	for _, name := range []string{results.ReportFile, results.SummaryFile, results.SamplesFile, results.ClaimsFile, results.RunFile, results.SpecFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			files[name] = true
		}
	}
	return files
}

// escapePath makes a link of a relative path with slashes. The dot keeps a colon
// in the first segment from being taken for a scheme.
func escapePath(path string) string {
	return "./" + (&url.URL{Path: path}).EscapedPath()
}

// verdictsOf counts the claims of claims.parquet, whose rows are their groups.
func verdictsOf(table *results.Table) Verdicts {
	var groups []Verdicts
	claim := ""
	for row := range table.Rows {
		name, _ := table.Value(row, "claim").(string)
		if row == 0 || name != claim {
			groups, claim = append(groups, Verdicts{}), name
		}
		verdict, _ := table.Value(row, "verdict").(string)
		groups[len(groups)-1].add(claims.Verdict(verdict))
	}
	var total Verdicts
	for _, g := range groups {
		total.add(g.verdict())
	}
	return total
}

// verdict is that of a claim as a whole: refuted where one group refutes it,
// supported where all support it.
func (v Verdicts) verdict() claims.Verdict {
	switch {
	case v.Refuted > 0:
		return claims.Refuted
	case v.Inconclusive > 0:
		return claims.Inconclusive
	}
	return claims.Supported
}

func (v *Verdicts) add(verdict claims.Verdict) {
	switch verdict {
	case claims.Supported:
		v.Supported++
	case claims.Refuted:
		v.Refuted++
	case claims.Inconclusive:
		v.Inconclusive++
	}
}

// Total is how many verdicts there are.
func (v Verdicts) Total() int { return v.Supported + v.Refuted + v.Inconclusive }

// representativesOf picks the run that stands for each spec from runs, the
// newest first.
func representativesOf(runs []IndexRun) []IndexRun {
	best := map[string]IndexRun{}
	for _, r := range runs {
		if b, ok := best[r.Spec]; !ok || worth(r) > worth(b) {
			best[r.Spec] = r
		}
	}
	var list []IndexRun
	for _, r := range best {
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b IndexRun) int { return compareSpecs(a.Spec, b.Spec) })
	return list
}

// worth ranks runs of one spec by what they can say of it.
func worth(r IndexRun) int {
	switch complete := r.Status == results.Complete; {
	case complete && !r.Quick:
		return 2
	case complete:
		return 1
	}
	return 0
}

var weekPattern = regexp.MustCompile(`^week\d+$`)

// compareSpecs puts the weeks first.
func compareSpecs(a, b string) int {
	aWeek, bWeek := weekPattern.MatchString(a), weekPattern.MatchString(b)
	switch {
	case aWeek && !bWeek:
		return -1
	case bWeek && !aWeek:
		return 1
	case aWeek:
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

func newIndexSpec(ctx context.Context, r IndexRun) IndexSpec {
	s := IndexSpec{IndexRun: r}
	reading, err := results.Read(ctx, r.Dir)
	if err != nil {
		s.Problem = err.Error()
		return s
	}
	s.Title, s.Question = cmp.Or(reading.Spec.Title, r.Title), reading.Spec.Question
	judgements, err := claims.Read(reading)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Problem = err.Error()
	}
	s.Claims = indexClaims(judgements)
	if s.Figure, err = firstFigure(reading); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Problem = cmp.Or(s.Problem, err.Error())
	}
	return s
}

func indexClaims(judgements []claims.Judgement) []IndexClaim {
	var list []IndexClaim
	for _, j := range judgements {
		if n := len(list); n == 0 || list[n-1].Judgement.Index != j.Index {
			list = append(list, IndexClaim{Name: j.Claim, Judgement: j})
		}
		list[len(list)-1].Groups.add(j.Verdict)
	}
	return list
}

// firstFigure draws the first plot of a run, nil where the spec has none.
func firstFigure(r *results.Reading) (*figure.Figure, error) {
	if len(r.Spec.Plots) == 0 {
		return nil, nil
	}
	data := figure.Data{Spec: r.Spec}
	var err error
	if data.Summary, err = r.Summary(); err != nil {
		return nil, err
	}
	if r.Spec.Plots[0].Samples {
		if data.Samples, err = r.Samples(); err != nil {
			return nil, err
		}
	}
	f, err := figure.New(data, 0)
	if err != nil {
		return nil, fmt.Errorf("draw the first plot of run %s: %w", r.Info.ID, err)
	}
	return f, nil
}
