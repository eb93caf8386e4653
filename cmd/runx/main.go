// Command runx runs declarative experiments: a YAML spec names what is
// measured, over which parameters and how, and `runx specs/week07.yaml`
// expands it, measures it and writes Parquet.
//
// The way of the data through this package:
//
//  1. main calls run with the arguments and the standard streams; run answers
//     the one command that must start fast (serve) and gives the rest to the
//     command tree of root.go.
//  2. Each subcommand has a file of its own. It loads the spec (load.go), has
//     it executed (execute.go) and shows what came of it (internal/report).
//  3. A display (display.go) watches a run between its samples; an interrupt
//     (interrupt.go) ends it tidily.
//  4. What a command returns as an error becomes a message and an exit code in
//     messages.go, and nowhere else.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"runx/workloads/suite"
	"runx/workloads/wire"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == serveCommand {
		return serve(stdin, stdout, stderr)
	}
	t := newTerminal(stdin, stdout, stderr)
	if executable, err := os.Executable(); err == nil {
		t.program = programName(os.Args[0], executable)
	}
	root := newRoot(t)
	root.SetArgs(args)
	return t.exit(root.ExecuteContext(context.Background()))
}

// serveCommand makes this program a worker that hosts the built-in workloads.
// It is dispatched before anything else is set up, because with isolate: sample
// every sample waits for it.
const serveCommand = "serve"

func serve(stdin io.Reader, stdout, stderr io.Writer) int {
	// Stdout belongs to the protocol: what a workload prints goes to the log.
	if file, ok := stderr.(*os.File); ok {
		os.Stdout = file
	}
	// A worker whose host is killed gets SIGTERM: what it has started ends with it.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	service := wire.Service{Workloads: suite.All(), Log: stderr}
	if self, err := os.Executable(); err == nil {
		service.Self = []string{self, serveCommand}
	}
	if err := wire.Serve(ctx, stdin, stdout, service); err != nil {
		newTerminal(stdin, stdout, stderr).writeError(err)
		return exitFailed
	}
	return exitDone
}
