package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"runx/internal/compare"
	"runx/internal/document"
	"runx/internal/report"
	"runx/internal/report/html"
	"runx/internal/results"
)

// exitGate is the code of a comparison that --fail-on fails.
const exitGate = 5

const compareLong = `Says what changed between two runs, point by point and over all points, with evidence: points are matched by
their parameters, the shift is estimated with its interval, and the verdict is faster, slower, same or unclear. With
--by it compares the points of one run that differ in one parameter; with two runs --by is the parameter in which
they may differ. RUN, BASE and NEXT are a run_id or a unique beginning of one, the path of a run, or the name of a
spec, which stands for its newest run.

What else differs, such as the machine, the commit or the spec, is named first and never pooled silently. The
repetition is the unit of chance; those that follow the ones before them are worth less. The shift is that of
Hodges and Lehmann on logarithms, the test that of Mann and Whitney, corrected by Holm for all points and metrics
together, so that two runs of the same thing say slower somewhere at most 5% of the time. The intervals of the
points hold 95% together, for all points and metrics, those over all points for all metrics. Faster stands for better
and slower for worse, in any unit: more memory is slower. A change within the margin is none. What differs from one run to the next of the same program is not in the samples of two runs:
measure in turns, and compare again before you believe a small shift.

--fail-on makes it a gate for CI: the exit code is 5 where a point, or all of them together, has one of the
verdicts named and changed by at least the threshold. It is 5 too where a point of BASE failed in NEXT, and where
there are too few repetitions to show anything; it is 2 where a run is missing or no point is in both.`

// compareFlags are the flags of compare.
type compareFlags struct {
	root      string
	metrics   []string
	by        []string
	failOn    []string
	threshold string
	margin    string
	html      string
	json, all bool
}

func newCompare(t *terminal) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare BASE NEXT | RUN --by PARAM",
		Short: "what changed between two runs, or from one value of a parameter to another",
		Long:  compareLong,
		Example: `  runx compare 20261123t140501z-3f9a week07
  runx compare week07 --by algorithm
  runx compare week07 --by algorithm --metric memory_bytes --html algorithms.html
  runx compare baseline/week07/* week07 --fail-on slower --threshold 5%`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 || len(args) == 1 && len(f.by) > 0 {
				return nil
			}
			return withHint(usagef("want two runs, or one and --by, got %s", plural(int64(len(args)), "run")), "usage: %s", cmd.UseLine())
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), t, args) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				args = nil
			}
			return completeRuns(&f.root)(cmd, args, typed)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVarP(&f.metrics, "metric", "m", nil, "compare this metric; repeatable (default: latency_ms and all of which less or more is better)")
	flags.StringSliceVar(&f.by, "by", nil, "the parameter that differs between the points to compare, or several that move together: isl,osl")
	flags.StringSliceVar(&f.failOn, "fail-on", nil, "exit with code 5 on this verdict: slower, faster, changed, unclear, or any of these")
	flags.StringVar(&f.threshold, "threshold", "", "a change below it does not fail: 5% (default: the margin)")
	flags.StringVar(&f.margin, "margin", "", "a change within it is as good as none (default 1%)")
	flags.StringVar(&f.html, "html", "", "write the comparison as a page to this file too")
	flags.BoolVar(&f.json, "json", false, "write JSON")
	flags.BoolVar(&f.all, "all", false, "list all points")
	registerOut(cmd, &f.root)
	f.complete(cmd)
	return cmd
}

// complete completes the values of flags.
func (f *compareFlags) complete(cmd *cobra.Command) {
	fixed := func(values []string) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	// An error here is of a flag that is not there: the tests would say so.
	_ = cmd.RegisterFlagCompletionFunc("fail-on", fixed(failOnWords))
	_ = cmd.RegisterFlagCompletionFunc("by", f.completeNames(func(r *results.Reading) []string { return r.Spec.Varied() }))
	_ = cmd.RegisterFlagCompletionFunc("metric", f.completeNames(func(r *results.Reading) []string {
		var names []string
		for _, m := range r.Spec.SampleMetrics() {
			names = append(names, m.Name)
		}
		return names
	}))
}

// completeNames completes what the first run that is typed already has.
func (f *compareFlags) completeNames(of func(*results.Reading) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		r, err := openRun(context.Background(), f.root, args[0])
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return of(r), cobra.ShellCompDirectiveNoFileComp
	}
}

func (f *compareFlags) run(ctx context.Context, t *terminal, args []string) error {
	options := compare.Options{Metrics: f.metrics}
	gate, err := f.gate()
	if err != nil {
		return err
	}
	if options.Margin, err = f.marginFor(gate); err != nil {
		return err
	}
	all, err := f.compare(ctx, args, options)
	if _, ok := errors.AsType[*compare.Error](err); ok {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	var failures []string
	if gate != nil {
		failures = gate.Failures(all)
	}
	if err := f.write(t, all, failures); err != nil {
		return err
	}
	return gateError(t, failures)
}

// compare compares as the arguments ask for.
func (f *compareFlags) compare(ctx context.Context, args []string, options compare.Options) ([]*compare.Comparison, error) {
	base, err := openRun(ctx, f.root, args[0])
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return compare.Within(ctx, base, strings.Join(f.by, ","), options)
	}
	next, err := openRun(ctx, f.root, args[1])
	if err != nil {
		return nil, err
	}
	if base.Info.ID == next.Info.ID {
		return nil, sameRun(f.root, base.Info)
	}
	options.Except = f.by
	c, err := compare.Runs(ctx, base, next, options)
	return []*compare.Comparison{c}, err
}

// openRun reads what a run is about.
func openRun(ctx context.Context, root, name string) (*results.Reading, error) {
	dir, err := results.Find(root, name)
	if err != nil {
		return nil, usageError{err}
	}
	return results.Read(ctx, dir)
}

// sameRun says that a run is to be compared with itself, and names others.
func sameRun(root string, run results.RunInfo) error {
	err := usagef("both are run %s", run.ID)
	runs, _ := results.List(root) // only for the hint
	var others []string
	for _, r := range slices.Backward(runs) {
		if r.Spec == run.Spec && r.ID != run.ID && len(others) < 3 {
			others = append(others, r.ID)
		}
	}
	if len(others) == 0 {
		return withHint(err, "%s has no other run in %s: run it again, or compare within it: --by PARAM", run.Spec, root)
	}
	return withHint(err, "other runs of %s: %s", run.Spec, strings.Join(others, ", "))
}

// failOnWords are what --fail-on takes.
var failOnWords = []string{"slower", "faster", "changed", "unclear", "any"}

// gate is what must not be; nil where all may.
func (f *compareFlags) gate() (*compare.Gate, error) {
	threshold, err := parseShare("threshold", f.threshold)
	if err != nil {
		return nil, err
	}
	if len(f.failOn) == 0 {
		if f.threshold != "" {
			return nil, withHint(usagef("--threshold says nothing without --fail-on"), "--fail-on slower --threshold %s", f.threshold)
		}
		return nil, nil
	}
	gate := &compare.Gate{Threshold: threshold}
	for _, word := range f.failOn {
		switch {
		case word == "any":
			gate.FailOn = append(gate.FailOn, compare.Slower, compare.Faster, compare.Changed, compare.Unclear)
		case slices.Contains(failOnWords, word):
			gate.FailOn = append(gate.FailOn, compare.Verdict(word))
		default:
			err := usagef("--fail-on does not know %q", word)
			if near := document.Nearest(word, failOnWords); near != "" {
				return nil, withHint(err, "did you mean %q?", near)
			}
			return nil, withHint(err, "it takes %s", strings.Join(failOnWords, ", "))
		}
	}
	return gate, nil
}

// marginFor is the margin of the comparison, 0 being that which is usual. A
// threshold below the margin would never fail anything, so the margin gives way.
func (f *compareFlags) marginFor(gate *compare.Gate) (float64, error) {
	margin, err := parseShare("margin", f.margin)
	switch {
	case err != nil:
		return 0, err
	case f.margin != "" && margin == 0:
		return 0, withHint(usagef("--margin: 0 leaves nothing that is the same"), "--margin 0.1%% is small")
	case gate == nil || gate.Threshold == 0:
		return margin, nil
	case f.margin == "":
		return min(compare.DefaultMargin, gate.Threshold), nil
	case gate.Threshold < margin:
		return 0, withHint(usagef("--threshold %s is below --margin %s, within which nothing fails", f.threshold, f.margin), "--margin %s", f.threshold)
	}
	return margin, nil
}

// parseShare reads "5%" or "0.05"; empty is 0.
func parseShare(flag, text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 10) || !percent && v >= 1 {
		return 0, withHint(usagef("--%s: %q is not a share", flag, text), "write 5%% or 0.05")
	}
	return v, nil
}

// write shows the comparison in all forms that are asked for.
func (f *compareFlags) write(t *terminal, all []*compare.Comparison, failures []string) error {
	if f.html != "" {
		err := results.WritePage(filepath.Dir(f.html), filepath.Base(f.html), func(w io.Writer) error { return html.Comparison(w, all...) })
		if err != nil {
			return withHint(err, "name a file in a directory that can be written")
		}
	}
	if f.json {
		return writeJSON(t.out, struct {
			Comparisons []*compare.Comparison `json:"comparisons"`
			Failures    []string              `json:"failures"`
		}{all, append([]string{}, failures...)})
	}
	view := report.ComparisonView{Comparisons: all, All: f.all}
	if err := view.Write(t.out, t.outWidth(), t.outStyle()); err != nil {
		return err
	}
	if f.html != "" {
		if _, err := fmt.Fprintln(t.out, "page  "+f.html); err != nil {
			return err
		}
	}
	for _, w := range report.ComparisonWarnings(all) {
		t.warn(w.What, w.Cure)
	}
	return nil
}

// gateError says why a gate fails; nil where it holds.
func gateError(t *terminal, failures []string) error {
	const most = 10
	if len(failures) == 0 {
		return nil
	}
	for _, why := range failures[:min(most, len(failures))] {
		t.note("%s", why)
	}
	if n := len(failures) - most; n > 0 {
		t.note("and %d more", n)
	}
	return exitError{exitGate}
}
