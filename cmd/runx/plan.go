package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"runx/internal/report"
	"runx/spec"
	"runx/workloads"
)

// firstPage is how many points a plan lists unless told otherwise.
const firstPage = 20

// glanceFor is how long it counts before the first page.
const glanceFor = 100 * time.Millisecond

func newPlan(t *terminal) *cobra.Command {
	var (
		flags  specFlags
		root   string
		asJSON bool
		limit  int
	)
	cmd := &cobra.Command{
		Use:   "plan SPEC",
		Short: "the points, their order, commands and expected time; runs nothing",
		Example: `  runx plan specs/week07.yaml
  runx plan specs/week07.yaml -p seq_len=128,256
  runx plan specs/week07.yaml --json --limit 0 | jq '.points[].point_id'`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := loadSpec(cmd.Context(), args[0], flags.options(cmd.Flags().Changed))
			if err != nil {
				return err
			}
			if limit < 0 {
				return usagef("--limit %d is below 0", limit)
			}
			t.problems(s.Warnings)
			p := &plan{
				spec: s, path: args[0], varied: s.Varied(), flags: flags, changed: cmd.Flags().Changed,
				limit: limit, earlier: earlierRun(cmd.Context(), root, s),
			}
			if asJSON {
				return p.writeJSON(cmd.Context(), t.out)
			}
			return p.write(cmd.Context(), t)
		},
		ValidArgsFunction: completeSpecs,
	}
	flags.register(cmd.Flags())
	registerOut(cmd, &root)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.Flags().IntVar(&limit, "limit", firstPage, "how many points to list; 0 lists all")
	return cmd
}

// A plan is what a spec would have measured.
type plan struct {
	spec    *spec.Spec
	path    string
	varied  []string // parameters that tell points apart
	flags   specFlags
	changed func(flag string) bool
	limit   int
	earlier *earlier

	measured   int   // points listed that the earlier run measured
	rerun      rerun // how a point is measured alone; nil if there is no way
	rerunTried bool
}

// A plannedPoint is one point of a plan.
type plannedPoint struct {
	Index   int64            `json:"index"`
	PointID string           `json:"point_id"`
	Params  workloads.Values `json:"params"`
	// Command is what the workload starts, where it starts a program.
	Command []string `json:"command,omitempty"`
	// Rerun is the command that measures this point alone.
	Rerun []string `json:"rerun,omitempty"`
}

// page hands the points of the first page to list. In a vast grid the next point
// that stays may be beyond reach, so it lists no more than were counted before.
func (p *plan) page(ctx context.Context, list func(plannedPoint) error) (tally, error) {
	known, err := countPoints(ctx, p.spec, glanceFor)
	if err == nil && known.n < int64(p.limit) && !known.final {
		known, err = countPoints(ctx, p.spec, countFor)
	}
	if err != nil {
		return known, err
	}
	room := min(known.n, int64(p.limit))
	if p.limit == 0 {
		room = math.MaxInt64
	}
	if room == 0 {
		return known, nil
	}
	var listed int64
	for point, err := range p.spec.Points() {
		if err != nil {
			return known, usageError{err}
		}
		planned, err := p.planned(ctx, point)
		if err != nil {
			return known, usageError{err}
		}
		if err := list(planned); err != nil {
			return known, err
		}
		if listed++; listed == room {
			return known, nil
		}
	}
	return tally{n: listed, exact: true, final: true}, nil
}

func (p *plan) planned(ctx context.Context, point spec.Point) (plannedPoint, error) {
	if !p.rerunTried {
		p.rerun, p.rerunTried = findRerun(ctx, p, point), true
	}
	pp := plannedPoint{Index: point.Index, PointID: point.ID, Params: point.Params}
	if command := p.spec.Workload.Command; command != nil {
		var err error
		if pp.Command, err = command(point.Params); err != nil {
			return pp, fmt.Errorf("point %s: %w", point.ID, err)
		}
	}
	if p.earlier != nil && p.earlier.points[point.ID] {
		p.measured++
	}
	if p.rerun != nil {
		flags := p.rerun(point)
		pp.Rerun = flags.argv(p.path, p.changed)
	}
	return pp, nil
}

// orderText says in which order points are visited.
func orderText(m spec.Measure) string {
	switch m.Order {
	case spec.Sequential:
		return "one point after the other, in the order listed"
	case spec.Shuffled:
		return fmt.Sprintf("one point after the other, in random order (seed %d)", m.Seed)
	}
	return fmt.Sprintf("in rounds: each point in turn, in random order (seed %d)", m.Seed)
}

// samplesText says how much is measured at each point.
func samplesText(m spec.Measure) string {
	text := plural(int64(m.Samples.Max), "sample")
	if m.Samples.Min != m.Samples.Max {
		text = fmt.Sprintf("%d to %d samples", m.Samples.Min, m.Samples.Max)
	}
	if m.Warmup > 0 {
		text += fmt.Sprintf(" after %d to warm up", m.Warmup)
	}
	if u := m.Until; u != nil {
		text += fmt.Sprintf(", until %s %s is known to ±%s%%", u.Metric, u.Stat, workloads.FormatValue(100*u.RelativeCI))
	}
	if m.Budget > 0 {
		text += ", " + report.Duration(m.Budget) + " at most"
	}
	return text
}

func isolationText(m spec.Measure) string {
	switch m.Isolate {
	case spec.IsolatePoint:
		return "a fresh process per point"
	case spec.IsolateSample:
		return "a fresh process per sample"
	}
	return "all points in one process"
}

// write prints the first page at once, and then what takes longer to know.
func (p *plan) write(ctx context.Context, t *terminal) error {
	var points []plannedPoint
	known, err := p.page(ctx, func(pp plannedPoint) error {
		points = append(points, pp)
		return nil
	})
	if err != nil {
		return err
	}
	m := p.spec.Measure
	fmt.Fprintf(t.out, "%s: a grid of %s of %s\n", t.outStyle().Bold(p.spec.Name), plural(p.spec.Size(), "point"), p.spec.Workload.Name)
	fmt.Fprintf(t.out, "each     %s\n", samplesText(m))
	fmt.Fprintf(t.out, "order    %s\n", orderText(m))
	fmt.Fprintf(t.out, "process  %s\n", isolationText(m))
	if len(points) > 0 {
		if fixed := p.fixedText(points[0]); fixed != "" {
			fmt.Fprintf(t.out, "fixed    %s\n", report.Printable(fixed))
		}
	}
	fmt.Fprintln(t.out)
	table := p.table(points)
	if _, err := table.Write(t.out, t.outWidth(), t.outStyle()); err != nil {
		return err
	}
	if !known.final {
		if known, err = countPoints(ctx, p.spec, countFor); err != nil {
			return err
		}
	}
	if more := known.n - int64(len(points)); more > 0 {
		fmt.Fprintf(t.out, "... and %s\n", known.text(more, "more point"))
	}
	fmt.Fprintf(t.out, "\npoints   %s\n", known.text(known.n, "point"))
	fmt.Fprintf(t.out, "time     %s\n", p.expectedTime(known))
	if len(points) > 0 && points[0].Rerun != nil {
		fmt.Fprintf(t.out, "one      %s\n", t.commands(report.Printable(shellQuote(points[0].Rerun))))
	}
	return nil
}

func (p *plan) table(points []plannedPoint) report.Table {
	table := report.Table{Columns: []report.TableColumn{{Title: "index", Right: true, Keep: true}, {Title: "point_id", Keep: true}}}
	commands := len(points) > 0 && points[0].Command != nil
	for _, name := range p.varied {
		kind := p.kindOf(name)
		right := kind == workloads.Int || kind == workloads.Float
		table.Columns = append(table.Columns, report.TableColumn{Title: name, Right: right})
	}
	if commands {
		table.Columns = append(table.Columns, report.TableColumn{Title: "command"})
	}
	for _, pp := range points {
		row := []string{fmt.Sprint(pp.Index), pp.PointID}
		for _, name := range p.varied {
			row = append(row, workloads.FormatValue(pp.Params[name]))
		}
		if commands {
			row = append(row, shellQuote(pp.Command))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func (p *plan) kindOf(param string) workloads.Kind {
	i := slices.IndexFunc(p.spec.Params, func(q workloads.Param) bool { return q.Name == param })
	return p.spec.Params[i].Kind
}

// fixedText names the parameters that are the same at all points.
func (p *plan) fixedText(point plannedPoint) string {
	var names []string
	for _, param := range p.spec.Params {
		if !slices.Contains(p.varied, param.Name) {
			names = append(names, param.Name)
		}
	}
	return pointText(spec.Point{Params: point.Params}, names)
}

// writeJSON streams the plan as one object; the counts come last, because they
// are known last.
func (p *plan) writeJSON(ctx context.Context, w io.Writer) error {
	head, err := json.Marshal(map[string]any{
		"spec": p.spec.Name, "workload": p.spec.Workload.Name, "order": p.spec.Measure.Order, "isolate": p.spec.Measure.Isolate,
		"samples_min": p.spec.Measure.Samples.Min, "samples_max": p.spec.Measure.Samples.Max,
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "%s,\"points\":[", head[:len(head)-1]); err != nil {
		return err
	}
	between := "\n"
	known, err := p.page(ctx, func(pp plannedPoint) error {
		line, err := json.Marshal(pp)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s%s", between, line)
		between = ",\n"
		return err
	})
	if err == nil && !known.final {
		known, err = countPoints(ctx, p.spec, countFor)
	}
	if err != nil {
		return err
	}
	tail := map[string]any{"grid_count": p.spec.Size(), "points_count": known.n, "points_count_exact": known.exact}
	if d, ok := p.estimate(known.n); ok {
		tail["expected_s"] = d.Seconds()
	}
	if d, ok := p.bound(known.n); ok && known.exact {
		tail["budgets_s"] = d.Seconds()
	}
	text, err := json.Marshal(tail)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n],%s\n", text[1:])
	return err
}

// shellQuote writes an argument list so that a shell takes it apart the same way.
func shellQuote(argv []string) string {
	quoted := make([]string, len(argv))
	for i, a := range argv {
		if a == "" || strings.Trim(a, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=./,:+@%") != "" {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		quoted[i] = a
	}
	return strings.Join(quoted, " ")
}
