//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"runx/internal/results"
)

// writeSpec makes a folder that holds a spec, and returns both.
func writeSpec(t *testing.T, text string) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "s.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nname: s\n"+text), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

// waitForSamples waits until the only journal under dir has n samples.
func waitForSamples(t *testing.T, dir string, n int) (run string) {
	t.Helper()
	within(t, fmt.Sprintf("%d samples", n), func() bool {
		// A run gets its name when it is whole: before that a dot begins it.
		found, _ := filepath.Glob(filepath.Join(dir, "out", "*", "[0-9]*", "journal.jsonl"))
		if len(found) != 1 {
			return false
		}
		text, err := os.ReadFile(found[0])
		if err != nil {
			t.Fatal(err)
		}
		run = filepath.Dir(found[0])
		return samplesIn(text) >= n
	})
	return run
}

// samplesIn counts the lines of a journal that are samples.
func samplesIn(journal []byte) int {
	return bytes.Count(journal, []byte("\n{\"p\":")) // not the header, which is first
}

// gatedSpec has three points of twenty samples, one point after the other. The
// last one hangs until its gate is opened, so that a run which is to be
// disturbed has never ended before.
const gatedSpec = `workload: exec
params: {command: "sh gate.sh {step}"}
sweep:
  step: [1, 2, 3]
measure:
  warmup: 0
  samples: 20
  order: sequential
claims:
  - {name: it takes time, value: max(latency_ms_p50), expect: value > 0}
`

// writeGatedSpec makes a folder for a run of gatedSpec.
func writeGatedSpec(t *testing.T) (dir, path string) {
	t.Helper()
	dir, path = writeSpec(t, gatedSpec)
	script := "test $1 -lt 3 || until test -e open; do sleep 0.1; done\n"
	if err := os.WriteFile(filepath.Join(dir, "gate.sh"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

func openGate(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "open"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
}

// checkComplete wants every point of gatedSpec with every one of its samples
// exactly once.
func checkComplete(t *testing.T, dir string) {
	t.Helper()
	table, err := results.ReadTable(filepath.Join(dir, "out", "s.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if table.Rows != 60 {
		t.Errorf("%d samples, want 60", table.Rows)
	}
	seen := map[[2]any]bool{}
	for row := range table.Rows {
		key := [2]any{table.Value(row, "point_id"), table.Value(row, "rep")}
		if seen[key] {
			t.Errorf("repetition %v of point %v is there twice", key[1], key[0])
		}
		seen[key] = true
		if status := table.Value(row, "status"); status != "ok" {
			t.Errorf("row %d is %v", row, status)
		}
	}
}

func TestKilledRunResumes(t *testing.T) {
	t.Parallel()
	dir, path := writeGatedSpec(t)
	first := start(t, dir, "run", path)
	run := waitForSamples(t, dir, 15)
	first.signal(t, syscall.SIGKILL)
	if code := first.code(t); code != -1 {
		t.Fatalf("the run ended with code %d before it could be killed", code)
	}
	before, err := os.ReadFile(filepath.Join(run, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	before = before[:bytes.LastIndexByte(before, '\n')+1]
	if found, _ := filepath.Glob(filepath.Join(dir, "out", "*.parquet")); len(found) > 0 {
		t.Errorf("a killed run is linked as complete: %v", found)
	}
	look := start(t, dir, "show", "s")
	if code := look.code(t); code != exitDone || !strings.Contains(look.stderr.String(), "hint: runx resume "+filepath.Base(run)) ||
		!strings.Contains(look.stdout.String(), "latency p50") {
		t.Errorf("show of a run without tables: code %d:\n%s%s", code, &look.stdout, &look.stderr)
	}
	if found, _ := filepath.Glob(filepath.Join(run, "*.parquet")); len(found) > 0 {
		t.Errorf("show wrote into the run: %v", found)
	}
	page := start(t, dir, "report", "s")
	if code := page.code(t); code != exitDone || strings.TrimSpace(page.stdout.String()) != filepath.Join("out", "s", filepath.Base(run), "report.html") {
		t.Errorf("report of a run without tables: code %d:\n%s%s", code, &page.stdout, &page.stderr)
	}
	openGate(t, dir)
	again := start(t, dir, "resume", filepath.Base(run))
	if code := again.code(t); code != 0 {
		t.Fatalf("resume ended with code %d:\n%s", code, &again.stderr)
	}
	after, err := os.ReadFile(filepath.Join(run, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(after, before) {
		t.Error("the journal does not begin with what was measured before the kill")
	}
	checkComplete(t, dir)
}

func TestInterruptEndsTidily(t *testing.T) {
	t.Parallel()
	dir, path := writeGatedSpec(t)
	first := start(t, dir, "run", path)
	run := waitForSamples(t, dir, 10)
	first.signal(t, os.Interrupt)
	if code := first.code(t); code != exitInterrupted {
		t.Fatalf("exit code %d, want %d:\n%s", code, exitInterrupted, &first.stderr)
	}
	if want := "hint: runx resume " + filepath.Base(run) + " goes on"; !strings.Contains(first.stderr.String(), want) {
		t.Errorf("stderr lacks %q:\n%s", want, &first.stderr)
	}
	if _, err := results.ReadTable(filepath.Join(run, "samples.parquet")); err != nil {
		t.Errorf("what was measured cannot be read: %v", err)
	}
	for _, link := range []string{"s.parquet", "s.html"} {
		if _, err := os.Lstat(filepath.Join(dir, "out", link)); err == nil {
			t.Errorf("an interrupted run is linked as complete: %s", link)
		}
	}
	if want := "claims  1 supported; preliminary, as the run is not complete\n"; !strings.Contains(first.stdout.String(), want) {
		t.Errorf("stdout lacks %q:\n%s", want, &first.stdout)
	}
	openGate(t, dir)
	again := start(t, dir, "resume", "s")
	if code := again.code(t); code != 0 {
		t.Fatalf("resume ended with code %d:\n%s", code, &again.stderr)
	}
	checkComplete(t, dir)
}

// The operation takes the better part of a second and cannot be interrupted: a
// tidy end waits for it and writes the tables, the end at once does neither.
func TestSecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("deaf")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for _, want := range []string{"ready", "runx: interrupted: ending the current sample; once more ends at once"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("it says %q, want %q", lines.Text(), want)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}
	if lines.Scan() {
		t.Errorf("it says %q at its end", lines.Text())
	}
	_ = cmd.Wait() // its code says more
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
}

func TestTwoWritersOfOneRun(t *testing.T) {
	t.Parallel()
	dir, path := writeGatedSpec(t)
	first := start(t, dir, "run", path)
	run := waitForSamples(t, dir, 5)
	second := start(t, dir, "resume", run)
	if code := second.code(t); code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	if message := second.stderr.String(); !strings.Contains(message, filepath.Base(run)) || !strings.Contains(message, "another process") {
		t.Errorf("the message does not say who holds what: %s", message)
	}
	openGate(t, dir)
	if code := first.code(t); code != 0 {
		t.Errorf("the first writer was disturbed: code %d\n%s", code, &first.stderr)
	}
	checkComplete(t, dir)
}

// A worker ends what it has started when its host is killed, also what the
// shell that it started leaves behind.
func TestNothingOutlivesAKilledRun(t *testing.T) {
	t.Parallel()
	dir, path := writeSpec(t, `workload: exec
params: {command: "sleep 600 & echo $! > pid; wait", shell: true}
measure: {warmup: 0, samples: 1, isolate: point}
`)
	p := start(t, dir, "run", path)
	pid := 0
	within(t, "the program starts", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "pid"))
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return pid != 0
	})
	t.Cleanup(func() {
		if t.Failed() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	p.signal(t, syscall.SIGKILL)
	p.code(t)
	within(t, "what it started ends", func() bool {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // one that nobody has reaped is a zombie
		return syscall.Kill(pid, 0) == syscall.ESRCH || bytes.Contains(stat, []byte(") Z "))
	})
}

// within waits for what is about to happen, however busy the machine is.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	const patience = time.Minute
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("%s: not within %v", what, patience)
}

// A full disk, played by a limit on the size of files.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir, path := writeSpec(t, "workload: noop\nmeasure: {samples: 100000, order: sequential}\n")
	run := &process{Cmd: exec.Command("sh", "-c", `ulimit -f 16; exec runx run "$1"`, "sh", path)}
	run.Dir, run.Stdout, run.Stderr = dir, &run.stdout, &run.stderr
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	if code := run.code(t); code != exitFailed {
		t.Errorf("exit code %d, want %d:\n%s", code, exitFailed, &run.stderr)
	}
	message := run.stderr.String()
	for _, want := range []string{"journal.jsonl", "file too large", "hint: ", "runx resume"} {
		if !strings.Contains(message, want) {
			t.Errorf("the message lacks %q:\n%s", want, message)
		}
	}
	if strings.Contains(message, "goroutine") {
		t.Errorf("a stack is no message:\n%s", message)
	}
	found, _ := filepath.Glob(filepath.Join(dir, "out", "s", "*"))
	if len(found) != 1 {
		t.Fatalf("runs: %v", found)
	}
	left, err := filepath.Glob(filepath.Join(found[0], "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range left {
		if base := filepath.Base(file); base != "journal.jsonl" && base != "spec.yaml" {
			t.Errorf("left behind: %s", file)
		}
	}
	// With room again, the run goes on and nothing is lost.
	again := start(t, dir, "resume", found[0], "-q")
	if code := again.code(t); code != 0 {
		t.Fatalf("resume ended with code %d:\n%s", code, &again.stderr)
	}
	table, err := results.ReadTable(filepath.Join(dir, "out", "s.parquet"))
	if err != nil || table.Rows != 100_000 {
		t.Errorf("after the resume: error %v, table %+v", err, table)
	}
}
