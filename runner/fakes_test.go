package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
	"runx/workloads/wire"
)

// serveVariable makes the test binary serve the workloads of the tests, as
// runx serve does for the built-in ones.
const serveVariable = "RUNX_RUNNER_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		// Nothing that a test forgot to end lives for long.
		time.AfterFunc(2*time.Minute, func() { os.Exit(9) })
		out := os.Stdout
		os.Stdout = os.Stderr
		service := wire.Service{Workloads: []workloads.Workload{new(laboratory).workload()}, Log: os.Stderr}
		if err := wire.Serve(context.Background(), os.Stdin, out, service); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(runVariable); dir != "" {
		os.Exit(runToBeKilled(dir))
	}
	os.Exit(m.Run())
}

// A laboratory makes instances that misbehave as their parameters say, and
// writes down what is done to them.
type laboratory struct {
	events   []string      // "open 1", "verify 1", "sample 1", "close 1"
	sampled  func(x int)   // called within each sample
	pause    time.Duration // within each sample
	fail     func(x, sample int) error
	many     bool // instances are MultiSamplers
	rows     int  // per repetition; 0 is 1
	seeds    []uint64
	dirs     []string
	opened   func(workloads.Env) error // called by each Open
	verified int
	rep      int // of the latest sample, as it was told
	value    func(x, sample int) float64
}

func (l *laboratory) note(what string, x int) {
	l.events = append(l.events, fmt.Sprintf("%s %d", what, x))
}

// count is how often something was done to a point.
func (l *laboratory) count(what string, x int) int {
	n := 0
	for _, e := range l.events {
		if e == fmt.Sprintf("%s %d", what, x) {
			n++
		}
	}
	return n
}

func (l *laboratory) workload() workloads.Workload {
	return workloads.Workload{
		Name: "fake",
		Doc:  "A workload for tests. It misbehaves on demand.",
		Params: []workloads.Param{
			{Name: "x", Kind: workloads.Int, Default: 0, Doc: "which point"},
			{Name: "how", Kind: workloads.Enum, Default: "well", Doc: "how it behaves", Enum: []string{
				"well", "fails", "panics", "unsupported", "open_fails", "open_panics", "open_hangs", "open_late", "verify_fails", "verify_unsupported",
				"hangs", "late", "silent", "undeclared", "dies", "verify_panics",
			}},
		},
		Metrics: []workloads.Metric{
			{Name: "pid", Doc: "process id"},
			{Name: "verified_count", Doc: "calls of Verify in this process"},
			{Name: "sampled_count", Doc: "calls of Sample of this instance before this one"},
		},
		Open: l.open,
	}
}

func (l *laboratory) open(ctx context.Context, env workloads.Env) (workloads.Instance, error) {
	i := &fake{lab: l, log: env.Log}
	var params struct {
		X   int    `param:"x"`
		How string `param:"how"`
	}
	if err := env.Params.Decode(&params); err != nil {
		return nil, err
	}
	i.x, i.how = params.X, params.How
	l.note("open", i.x)
	l.seeds, l.dirs = append(l.seeds, env.Seed), append(l.dirs, env.Dir)
	if l.opened != nil {
		if err := l.opened(env); err != nil {
			return nil, err
		}
	}
	switch i.how {
	case "open_fails":
		return nil, errors.New("no luck")
	case "open_panics":
		panic("at open")
	case "open_hangs":
		<-ctx.Done()
		return nil, fmt.Errorf("load the weights: %w", ctx.Err())
	case "open_late":
		time.Sleep(400 * time.Millisecond)
	case "unsupported":
		return nil, fmt.Errorf("no such device: %w", workloads.ErrUnsupported)
	}
	if l.many {
		return &fakeMulti{fake: i}, nil
	}
	return i, nil
}

// hanging, with the number of the process, is what a workload logs before it
// waits for its context.
const hanging = "hanging in"

type fake struct {
	lab *laboratory
	log io.Writer
	x   int
	how string
	n   int
}

func (i *fake) Verify(context.Context) error {
	i.lab.note("verify", i.x)
	i.lab.verified++
	switch i.how {
	case "verify_fails":
		return errors.New("the answer is 41")
	case "verify_unsupported":
		return fmt.Errorf("cannot check: %w", workloads.ErrUnsupported)
	case "verify_panics":
		panic("at verify")
	}
	return nil
}

func (i *fake) Sample(ctx context.Context, r *workloads.Recorder) error {
	i.lab.note("sample", i.x)
	i.lab.rep = r.Rep()
	if i.lab.sampled != nil {
		i.lab.sampled(i.x)
	}
	time.Sleep(i.lab.pause)
	n := i.n
	i.n++
	if i.lab.fail != nil {
		if err := i.lab.fail(i.x, n); err != nil {
			return err
		}
	}
	switch i.how {
	case "fails":
		return errors.New("no result")
	case "panics":
		panic("at sample")
	case "hangs":
		fmt.Fprintln(i.log, hanging, os.Getpid())
		<-ctx.Done()
		return ctx.Err()
	case "late":
		time.Sleep(30 * time.Millisecond)
	case "silent":
		return nil
	case "dies":
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(7)
	}
	for range max(i.lab.rows, 1) {
		r.Next()
		latency := 1 + float64(n%3)
		if i.lab.value != nil {
			latency = i.lab.value(i.x, n)
		}
		r.SetLatency(time.Duration(latency * float64(time.Millisecond)))
		r.Set("pid", float64(os.Getpid()))
		r.Set("verified_count", float64(i.lab.verified))
		r.Set("sampled_count", float64(n))
		if i.how == "undeclared" {
			r.Set("nonsense", 1)
		}
	}
	return nil
}

func (i *fake) Close() error {
	i.lab.note("close", i.x)
	return nil
}

type fakeMulti struct{ *fake }

func (i *fakeMulti) SampleN(ctx context.Context, n int, r *workloads.Recorder) error {
	i.lab.note(fmt.Sprintf("sample%d", n), i.x)
	for range n {
		if err := i.Sample(ctx, r); err != nil {
			return err
		}
		r.Next()
	}
	return nil
}

// A memory is a journal in memory. It fails at the appends that fail says.
type memory struct {
	points map[int64]spec.Point
	rows   []results.Sample
	fail   func(n int) error
	ended  map[int64]results.Ending
	status []results.RunStatus
}

func (m *memory) Point(p spec.Point) error {
	if m.points == nil {
		m.points = map[int64]spec.Point{}
	}
	m.points[p.Index] = p
	return nil
}

func (m *memory) Append(s *results.Sample) error {
	if m.fail != nil {
		if err := m.fail(len(m.rows)); err != nil {
			return err
		}
	}
	if _, ok := m.points[s.Point]; !ok {
		return fmt.Errorf("point %d is not defined", s.Point)
	}
	row := *s
	row.Values = slices.Clone(s.Values)
	m.rows = append(m.rows, row)
	return nil
}

func (m *memory) End(point int64, why results.Ending) error {
	if _, ok := m.points[point]; !ok {
		return fmt.Errorf("point %d is not defined", point)
	}
	if m.ended == nil {
		m.ended = map[int64]results.Ending{}
	}
	m.ended[point] = why
	return nil
}

func (m *memory) FilesDir(pointID string) string { return "/files/" + pointID }

func (m *memory) Ended(point int64) results.Ending { return m.ended[point] }

func (m *memory) Samples() iter.Seq2[*results.Sample, error] {
	return func(yield func(*results.Sample, error) bool) {
		for i := range slices.Clone(m.rows) {
			if !yield(&m.rows[i], nil) {
				return
			}
		}
	}
}

func (m *memory) Finish(s results.RunStatus) error {
	m.status = append(m.status, s)
	return nil
}

// of are the rows of one point.
func (m *memory) of(point int64) []results.Sample {
	var rows []results.Sample
	for _, r := range m.rows {
		if r.Point == point {
			rows = append(rows, r)
		}
	}
	return rows
}

// order is the sequence of points in the journal.
func (m *memory) order() []int64 {
	var order []int64
	for _, r := range m.rows {
		order = append(order, r.Point)
	}
	return order
}

// A tester is a test or a check of a property.
type tester interface {
	Helper()
	Context() context.Context
	Fatal(...any)
	Fatalf(string, ...any)
}

// parse makes a spec of the fake workload out of the lines below "workload:".
func parse(t tester, l *laboratory, lines ...string) *spec.Spec {
	t.Helper()
	text := "version: 1\nname: test\nworkload: fake\n" + strings.Join(lines, "\n") + "\n"
	s, err := spec.Parse(t.Context(), "test.yaml", []byte(text), spec.Options{Workloads: []workloads.Workload{l.workload()}})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return s
}

// serveCommand starts the test binary as a worker. The race detector lets every
// process sleep for a second at its end, unless told otherwise.
func serveCommand(path string) []string {
	return []string{"env", serveVariable + "=1", "GORACE=atexit_sleep_ms=0", path}
}

// self makes the test binary the worker.
func self(t tester) Options {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Suite: []workloads.Workload{new(laboratory).workload()}, Self: serveCommand(path)}
}

// measure runs the spec into a journal.
func measure(t tester, s *spec.Spec, j journal, opts Options) Outcome {
	t.Helper()
	out, err := measureContext(t.Context(), s, j, opts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func measureContext(ctx context.Context, s *spec.Spec, j journal, opts Options) (Outcome, error) {
	e, err := newEngine(ctx, s, j, opts)
	if err != nil {
		return Outcome{}, err
	}
	return e.run(ctx)
}
