package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"runx/internal/process"
	"runx/workloads"
)

const (
	// defaultHelloTimeout is generous: an interpreter may have much to import.
	defaultHelloTimeout = 30 * time.Second
	// defaultEndGrace is how long a worker may take to end by itself.
	defaultEndGrace = 2 * time.Second
	// cancelGrace is that of a worker whose request was cancelled: enough to
	// see to children of its own, short enough to keep to a time limit.
	cancelGrace = 200 * time.Millisecond
	// drainGrace bounds the wait for output that a process outside the group
	// still holds open.
	drainGrace = time.Second
)

// A Command says how to start a worker.
type Command struct {
	Argv []string
	Env  []string  // nil: that of this process
	Dir  string    // "": that of this process
	Log  io.Writer // gets the worker's stderr, from one goroutine; nil: dropped
	// Known are the workloads of a worker that is this very program. It is then
	// not asked for descriptions, and Dial does not wait for its hello: that
	// is checked with the first answer.
	Known []workloads.Workload
	// HelloTimeout bounds the wait for the hello; 0 means 30 s. A worker that
	// loads something large does it at open, not before the hello.
	HelloTimeout time.Duration

	endGrace time.Duration // 0 means 2 s
}

// Dial starts the process. The context bounds the start, not the worker's life.
func Dial(ctx context.Context, c Command) (*Worker, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	w, err := start(c)
	if err != nil {
		return nil, err
	}
	if c.Known != nil {
		w.adopt(c.Known)
		return w, nil
	}
	if err := w.describe(ctx); err != nil {
		return nil, errors.Join(err, w.Kill())
	}
	return w, nil
}

// start starts the process with its hello under way.
func start(c Command) (*Worker, error) {
	if len(c.Argv) == 0 {
		return nil, errors.New("start a worker: the command is empty")
	}
	w := &Worker{
		name:         shorten(strings.Join(c.Argv, " ")),
		helloTimeout: c.HelloTimeout,
		endGrace:     c.endGrace,
		tail:         tail{log: c.Log},
		exited:       make(chan struct{}),
		lastID:       1, // the greeting's
	}
	if w.helloTimeout == 0 {
		w.helloTimeout = defaultHelloTimeout
	}
	if w.endGrace == 0 {
		w.endGrace = defaultEndGrace
	}
	if err := w.startProcess(c); err != nil {
		return nil, fmt.Errorf("start worker %q: %w", w.name, err)
	}
	w.replies = newLineReader(w.stdout)
	w.greeting = &request{ID: 1, Type: typeHello, Version: Version, Describe: c.Known == nil}
	return w, nil
}

func (w *Worker) startProcess(c Command) error {
	stdin, hostIn, err := os.Pipe()
	if err != nil {
		return err
	}
	hostOut, stdout, err := os.Pipe()
	if err != nil {
		return errors.Join(err, stdin.Close(), hostIn.Close())
	}
	cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
	cmd.Env, cmd.Dir = c.Env, c.Dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, &w.tail
	cmd.WaitDelay = drainGrace
	w.stdin, w.stdout = hostIn, hostOut

	started := make(chan error)
	w.launch = &launch{Asked: time.Now().UnixNano()}
	go w.watch(cmd, started)
	err = <-started
	err = errors.Join(err, stdin.Close(), stdout.Close())
	if err != nil {
		return errors.Join(err, hostIn.Close(), hostOut.Close())
	}
	return nil
}

// watch starts the process and reaps it, on one thread: see package process.
func (w *Worker) watch(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var err error
	w.process, err = process.Start(cmd) // returns when the program has replaced the copy of this one
	w.launch.Running = time.Now().UnixNano()
	started <- err
	if err != nil {
		return
	}
	w.exitErr = w.process.Wait()
	close(w.exited)
}

// adopt makes descriptions open their instances over there.
func (w *Worker) adopt(described []workloads.Workload) {
	w.workloads = make([]workloads.Workload, len(described))
	for i, d := range described {
		d.Open = func(ctx context.Context, env workloads.Env) (workloads.Instance, error) {
			i, err := w.open(ctx, &d, env)
			if err != nil {
				return nil, err // and not an interface that holds nil
			}
			return i, nil
		}
		w.workloads[i] = d
	}
}

func shorten(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
