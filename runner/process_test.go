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

// A child that does not heed its timeout is killed, and the others go on.
func TestTimeoutOfAChild(t *testing.T) {
	t.Parallel()
	j := &memory{}
	s := parse(t, &laboratory{}, "sweep: {x: [1, 2]}", "params: {how: {expr: 'x == 1 ? \"hangs\" : \"well\"'}}",
		"measure: {samples: 2, warmup: 0, on_error: continue, isolate: point, timeout: 200ms}")
	start := time.Now()
	out := measure(t, s, j, self(t))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if out.Failed != 1 || out.Finished != 1 {
		t.Fatalf("%+v %+v", out, j.rows)
	}
	for _, r := range j.of(0) {
		if r.Status != results.Timeout || !strings.Contains(r.Error, "timeout") {
			t.Errorf("row %+v", r)
		}
	}
}

// Ctrl-C in the middle: nothing is left behind, neither child nor goroutine,
// and no half sample.
func TestInterruptLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	j := &memory{}
	s := parse(t, &laboratory{}, "sweep: {x: [1, 2, 3]}", "params: {how: {expr: 'x == 3 ? \"hangs\" : \"well\"'}}",
		"measure: {samples: 50, warmup: 0, isolate: point, timeout: 1h, seed: 2, on_error: stop}")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(400*time.Millisecond, cancel) // by then it hangs
	out, err := measureContext(ctx, s, j, self(t))
	if err != nil || !out.Interrupted || !slices.Equal(j.status, []results.RunStatus{results.Interrupted}) {
		t.Fatalf("%+v, %v, recorded as %v", out, err, j.status)
	}
	for _, r := range j.rows {
		if r.Status != results.OK {
			t.Errorf("the abandoned sample is in the journal: %+v", r)
		}
	}
	for _, pid := range pids(j.rows) {
		checkGone(t, int(pid))
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
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
		Suite: []workloads.Workload{l.workload()}, Self: []string{"env", serveVariable + "=1", path}, Observer: printer{os.Stdout},
	}
	if _, err := Run(context.Background(), s, run, opts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A printer tells the parent how far it is.
type printer struct{ to io.Writer }

func (p printer) Sampled(progress Progress) {
	fmt.Fprintln(p.to, progress.Samples)
	time.Sleep(2 * time.Millisecond)
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
	for lines := bufio.NewScanner(stdout); told < 50 && lines.Scan(); {
		told, _ = strconv.Atoi(lines.Text())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if told < 50 {
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
