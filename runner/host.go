package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"runx/spec"
	"runx/workloads"
	"runx/workloads/wire"
)

// A host is where instances live.
type host interface {
	open(context.Context, workloads.Env) (workloads.Instance, error)
	// alive is false when nothing in the host can be used any more.
	alive() bool
	close() error
}

// A hostMaker starts hosts of one kind.
type hostMaker func(context.Context) (host, error)

// errPanic marks a workload that panicked in this process.
var errPanic = errors.New("panic")

// inProcess hosts instances in this process. It cannot end one that hangs: a
// workload has to heed its context.
type inProcess struct {
	workload workloads.Workload
}

func (h *inProcess) open(ctx context.Context, env workloads.Env) (instance workloads.Instance, err error) {
	err = guard(env.Log, func() (err error) {
		instance, err = h.workload.Open(ctx, env)
		return err
	})
	return instance, err
}

func (*inProcess) alive() bool { return true }

func (*inProcess) close() error { return nil }

// guard turns a panic of a workload into an error, and logs where it was.
func guard(log io.Writer, call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(log, v)
		}
	}()
	return call()
}

func panicked(log io.Writer, v any) error {
	fmt.Fprintf(log, "the workload panicked: %v\n%s\n", v, debug.Stack())
	return fmt.Errorf("%w: %v (the stack is in the log)", errPanic, v)
}

// A child hosts instances in another process.
type child struct {
	worker   *wire.Worker
	workload workloads.Workload
}

// childMaker starts workers that host the named workload.
func childMaker(command wire.Command, name string) hostMaker {
	return func(ctx context.Context) (host, error) {
		worker, err := wire.Dial(ctx, command)
		if err != nil {
			return nil, err // which says what was started
		}
		all := worker.Workloads()
		i := slices.IndexFunc(all, func(w workloads.Workload) bool { return w.Name == name })
		if i < 0 {
			return nil, errors.Join(fmt.Errorf("the worker %q has no workload %q", command.Argv, name), worker.Close())
		}
		return &child{worker, all[i]}, nil
	}
}

func (c *child) open(ctx context.Context, env workloads.Env) (workloads.Instance, error) {
	return c.workload.Open(ctx, env)
}

func (c *child) alive() bool { return c.worker.Alive() }

func (c *child) close() error { return c.worker.Close() }

// newHostMaker picks the host that the spec asks for.
func newHostMaker(s *spec.Spec, opts Options, log io.Writer) (hostMaker, error) {
	switch {
	case s.Worker != nil:
		return childMaker(wire.Command{Argv: s.Worker, Log: log}, s.Workload.Name), nil
	case s.Measure.Isolate == spec.IsolateNone:
		return func(context.Context) (host, error) { return &inProcess{s.Workload}, nil }, nil
	case len(opts.Self) == 0:
		return nil, fmt.Errorf("isolate: %s needs a command that serves the workloads", s.Measure.Isolate)
	}
	return childMaker(wire.Command{Argv: opts.Self, Log: log, Known: opts.Suite}, s.Workload.Name), nil
}
