package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"runx/internal/results"
)

// goRace keeps the race detector from letting every process sleep for a second
// at its end.
const goRace = "atexit_sleep_ms=0"

// TestMain makes this binary the program too: scripts and tests start it under
// the name runx, and it starts itself as a worker; deaf is for one test.
func TestMain(m *testing.M) {
	if err := os.Setenv("GORACE", goRace); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"runx": main, "deaf": deaf})
}

// deaf is a program that does not end with the context that an interrupt ends.
func deaf() {
	ctx, _ := interruptible(context.Background(), newTerminal(os.Stdin, os.Stdout, os.Stderr))
	fmt.Fprintln(os.Stderr, "ready")
	<-ctx.Done()
	time.Sleep(time.Minute)
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", goRace)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":  commandCode,
			"huge":  commandHuge,
			"files": commandFiles,
			"rows":  commandRows,
			"same":  commandSame,
		},
	})
}

// commandCode runs a command and wants its exit code: code 2 runx validate x.yaml.
func commandCode(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// commandHuge makes a sparse file: huge FILE MIB.
func commandHuge(ts *testscript.TestScript, _ bool, args []string) {
	mib, err := strconv.Atoi(args[1])
	ts.Check(err)
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = io.WriteString(file, "version: 1\nname: huge\n# ")
	ts.Check(err)
	ts.Check(file.Truncate(int64(mib) << 20))
	ts.Check(file.Close())
}

// commandFiles wants exactly so many files that match a pattern: files 1 out/*/*/samples.parquet.
func commandFiles(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	found, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(found) != want {
		ts.Fatalf("%d files match %s, want %d: %s", len(found), args[1], want, strings.Join(found, " "))
	}
}

// commandRows wants a table to have so many rows and, in this order, columns
// that begin with the ones given: rows 6 out/tiny.parquet spec run_id.
func commandRows(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	table, err := results.ReadTable(ts.MkAbs(args[1]))
	ts.Check(err)
	if table.Rows != want {
		ts.Fatalf("%s has %d rows, want %d", args[1], table.Rows, want)
	}
	var names []string
	for _, c := range table.Columns {
		names = append(names, c.Name)
	}
	if got, want := fmt.Sprint(names), fmt.Sprint(args[2:]); !strings.HasPrefix(got, strings.TrimSuffix(want, "]")) {
		ts.Fatalf("the columns of %s are %s, want them to begin with %s", args[1], got, want)
	}
}

// What differs from run to run, or is another package's to get right.
var masks = []struct {
	pattern *regexp.Regexp
	mask    string
}{
	{regexp.MustCompile(`[0-9]{8}t[0-9]{6}z-[0-9a-f]{4}`), "RUN"},
	{regexp.MustCompile(`begun .*`), "begun THEN"},
	{regexp.MustCompile(`\[[-0-9.e]+, [-0-9.e]+\]`), "[LO, HI]"},
	{regexp.MustCompile(`about [0-9,]+ more`), "about N more"},
}

// commandSame wants what was printed to be a file, but for what is masked:
// same end.txt.
func commandSame(ts *testscript.TestScript, _ bool, args []string) {
	got := ts.ReadFile("stdout")
	for _, m := range masks {
		got = m.pattern.ReplaceAllString(got, m.mask)
	}
	if want := ts.ReadFile(args[0]); got != want {
		ts.Fatalf("got\n%s\nwant\n%s", got, want)
	}
}

// A process is a runx that runs beside the test.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("runx", args...)}
	p.Dir, p.Stdout, p.Stderr = dir, &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// code waits for the end and returns the exit code, -1 for a signal.
func (p *process) code(t *testing.T) int {
	t.Helper()
	err := p.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
