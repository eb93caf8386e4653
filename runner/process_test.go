package runner

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"runx/internal/results"
	"runx/spec"
	"runx/workloads"
)

// pids are the processes that the samples of a point ran in.
func pids(rows []results.Sample) []float64 {
	var pids []float64
	for _, r := range rows {
		pids = append(pids, r.Values[1])
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

func TestIsolation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		isolate, order string
		perPoint       int // processes
		all            int
	}{
		{"none", "interleaved", 1, 1},
		{"point", "interleaved", 1, 2},
		{"point", "sequential", 1, 2},
		{"sample", "interleaved", 3, 6},
	} {
		t.Run(c.isolate+" "+c.order, func(t *testing.T) {
			t.Parallel()
			j := &memory{}
			s := parse(t, &laboratory{}, "sweep: {x: [1, 2]}", fmt.Sprintf("measure: {samples: 3, warmup: 1, isolate: %s, order: %s}", c.isolate, c.order))
			out := measure(t, s, j, self(t))
			if out.Finished != 2 || len(j.rows) != 6 {
				t.Fatalf("%+v %+v", out, j.rows)
			}
			if n := len(pids(j.of(0))); n != c.perPoint {
				t.Errorf("a point has %d processes, want %d", n, c.perPoint)
			}
			if n := len(pids(j.rows)); n != c.all {
				t.Errorf("all points have %d processes, want %d", n, c.all)
			}
			if here := slices.Contains(pids(j.rows), float64(os.Getpid())); here != (c.isolate == "none") {
				t.Errorf("in this process: %t", here)
			}
			for _, pid := range pids(j.rows) {
				if c.isolate != "none" {
					checkGone(t, int(pid))
				}
			}
			if c.isolate != "sample" {
				return
			}
			for _, r := range j.rows { // cold but for the warm-up: the check of the answer was elsewhere
				if r.Values[2] != 0 || r.Values[3] != 1 {
					t.Errorf("verified %v times, sampled %v times in the process before", r.Values[2], r.Values[3])
				}
			}
		})
	}
}

// A spec's own worker hosts all points in one process.
func TestExternalWorker(t *testing.T) {
	t.Parallel()
	j := &memory{}
	s := parse(t, &laboratory{}, "sweep: {x: [1, 2]}", "measure: {samples: 3}")
	s.Worker = self(t).Self
	if out := measure(t, s, j, Options{}); out.Finished != 2 {
		t.Fatalf("%+v", out)
	}
	if got := pids(j.rows); len(got) != 1 || got[0] == float64(os.Getpid()) {
		t.Errorf("processes %v", got)
	}
	s.Worker = []string{"/nonexistent/worker"}
	if _, err := measureContext(t.Context(), s, &memory{}, Options{}); err == nil || !strings.Contains(err.Error(), "/nonexistent/worker") {
		t.Errorf("a worker that does not start: %v", err)
	}
}

// A worker that dies is a failed sample with its last words, and the next
// visit has a fresh one.
func TestWorkerThatDies(t *testing.T) {
	t.Parallel()
	for _, isolate := range []string{"none", "point", "sample"} {
		t.Run(isolate, func(t *testing.T) {
			t.Parallel()
			j := &memory{}
			s := parse(t, &laboratory{}, "sweep: {x: [1, 2]}", "params: {how: {expr: 'x == 1 ? \"dies\" : \"well\"'}}",
				"measure: {samples: 2, warmup: 0, on_error: continue, isolate: "+isolate+"}")
			opts := self(t)
			if isolate == "none" {
				s.Worker = opts.Self
			}
			out := measure(t, s, j, opts)
			if out.Failed != 1 || out.Finished != 1 {
				t.Fatalf("%+v %+v", out, j.rows)
			}
			for _, r := range j.of(0) {
				if r.Status != results.Failed || !strings.Contains(r.Error, "7") || !strings.Contains(r.Error, "last words") {
					t.Errorf("row %+v", r)
				}
			}
		})
	}
}

// hung is a log that tells when a workload begins to wait for its context, and
// in which process.
type hung struct {
	text bytes.Buffer
	told func(pid int)
}

func (h *hung) Write(p []byte) (int, error) {
	h.text.Write(p)
	for {
		line, err := h.text.ReadString('\n')
		if err != nil {
			h.text.WriteString(line) // the rest is to come
			return len(p), nil
		}
		if _, number, ok := strings.Cut(line, hanging+" "); ok {
			pid, err := strconv.Atoi(strings.TrimSpace(number))
			if err != nil {
				return 0, err
			}
			h.told(pid)
		}
	}
}

// A child that is beyond its timeout is killed, and the others go on.
func TestTimeoutOfAChild(t *testing.T) {
	t.Parallel()
	j := &memory{}
	s := parse(t, &laboratory{}, "sweep: {x: [1, 2]}", "params: {how: {expr: 'x == 1 ? \"hangs\" : \"well\"'}}",
		"measure: {samples: 2, warmup: 0, order: sequential, on_error: continue, isolate: point, timeout: 200ms}")
	opts := self(t)
	hungIn := make(chan int, 2)
	opts.Log = &hung{told: func(pid int) { hungIn <- pid }}
	// The other point gets all the time that it needs, however busy this machine.
	opts.Observer = &witness{look: func(p *Progress) {
		if p.PointsDone == 1 {
			s.Measure.Timeout = time.Hour
		}
	}}
	out := measure(t, s, j, opts)
	if out.Failed != 1 || out.Finished != 1 {
		t.Fatalf("%+v %+v", out, j.rows)
	}
	for _, r := range j.of(0) {
		if r.Status != results.Timeout || !strings.Contains(r.Error, "timeout") {
			t.Errorf("row %+v", r)
		}
	}
	close(hungIn)
	for pid := range hungIn {
		checkGone(t, pid)
	}
}

// Ctrl-C in the middle: nothing is left behind, neither child nor goroutine,
// and no half sample.
func TestInterruptLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	j := &memory{}
	s := parse(t, &laboratory{}, "sweep: {x: [1, 2, 3]}", "params: {how: {expr: 'x == 3 ? \"hangs\" : \"well\"'}}",
		"measure: {samples: 50, warmup: 0, isolate: point, timeout: 1h, order: interleaved, seed: 2, on_error: stop}")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opts := self(t)
	var children []int
	opts.Log = &hung{told: func(pid int) {
		children = append(children, pid)
		cancel()
	}}
	out, err := measureContext(ctx, s, j, opts)
	if err != nil || !out.Interrupted || !slices.Equal(j.status, []results.RunStatus{results.Interrupted}) {
		t.Fatalf("%+v, %v, recorded as %v", out, err, j.status)
	}
	for _, r := range j.rows {
		if r.Status != results.OK {
			t.Errorf("the abandoned sample is in the journal: %+v", r)
		}
	}
	for _, pid := range pids(j.rows) {
		children = append(children, int(pid))
	}
	if len(children) < 2 {
		t.Errorf("with the processes %v only, this shows little", children)
	}
	for _, pid := range children {
		checkGone(t, pid)
	}
	if !eventually(func() bool { return runtime.NumGoroutine() <= before }) {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
	}
}

// eventually waits for what is about to happen, however busy the machine is.
func eventually(happened func() bool) bool {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if happened() {
			return true
		}
	}
	return false
}

// runVariable names the directory of results for a runner that is killed.
const runVariable = "RUNX_RUNNER_TEST_RUN"

const killedRun = "20261123t140501z-3f9a"

var killedSpec = []string{"sweep: {x: [1, 2, 3]}", "measure: {samples: 60, warmup: 0, isolate: point, seed: 4}"}

// runToBeKilled is what the killed process does.
func runToBeKilled(dir string) int {
	l := &laboratory{}
	text := "version: 1\nname: test\nworkload: fake\n" + strings.Join(killedSpec, "\n") + "\n"
	s, err := spec.Parse(context.Background(), "test.yaml", []byte(text), spec.Options{Workloads: []workloads.Workload{l.workload()}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	run, err := results.Create(dir, s, results.CreateOptions{RunID: killedRun})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	path, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	opts := Options{
		Suite: []workloads.Workload{l.workload()}, Self: serveCommand(path), Observer: printer{os.Stdout},
	}
	if _, err := Run(context.Background(), s, run, opts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killedAfter is the number of samples after which the parent kills the run, at
// whatever moment that meets. The run waits when it is so much further that
// the parent must have seen it.
const killedAfter, waitsAfter = 50, 100

// A printer tells the parent how far it is.
type printer struct{ to io.Writer }

func (p printer) Opening(Progress) {}

func (p printer) Sampled(progress Progress) {
	fmt.Fprintln(p.to, progress.Samples)
	if progress.Samples == waitsAfter {
		time.Sleep(time.Hour)
	}
}

func TestKilledAndResumed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), runVariable+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := 0
	for lines := bufio.NewScanner(stdout); told < killedAfter && lines.Scan(); {
		told, _ = strconv.Atoi(lines.Text())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if told < killedAfter {
		t.Fatalf("it ended after %d samples: %s", told, stderr.String())
	}

	run, err := results.Open(filepath.Join(dir, "test", killedRun))
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var kept []results.Sample
	for r, err := range run.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		row := *r
		row.Values = slices.Clone(r.Values)
		kept = append(kept, row)
	}
	if len(kept) < told {
		t.Errorf("%d samples are kept of the %d that were told of", len(kept), told)
	}
	for _, pid := range pids(kept) {
		checkGone(t, int(pid))
	}
	out, err := Run(t.Context(), parse(t, &laboratory{}, killedSpec...), run, self(t))
	if err != nil || out.Finished != 3 || out.Samples != 180 {
		t.Fatalf("%+v, %v", out, err)
	}
	seen := map[[2]int64]bool{}
	for r, err := range run.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		seen[[2]int64{r.Point, int64(r.Rep)}] = true
	}
	if len(seen) != 180 {
		t.Errorf("%d different samples", len(seen))
	}
}

func TestRunRefusesAnotherSpec(t *testing.T) {
	t.Parallel()
	run, err := results.Create(t.TempDir(), parse(t, &laboratory{}, "measure: {samples: 2}"), results.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if _, err := Run(t.Context(), parse(t, &laboratory{}, "measure: {samples: 3}"), run, Options{}); err == nil {
		t.Error("a run of another spec was continued")
	}
}
