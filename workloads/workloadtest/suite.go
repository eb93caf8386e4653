package workloadtest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"runx/workloads"
	"runx/workloads/wire"
)

// serveVariable makes a test binary a worker.
const serveVariable = "RUNX_WORKLOADTEST_SERVE"

// Main runs the tests, or serves the workloads where Run has started this
// binary as a worker. It does not return.
func Main(m *testing.M, ws ...workloads.Workload) {
	if os.Getenv(serveVariable) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	out := os.Stdout
	os.Stdout = os.Stderr
	service := wire.Service{Workloads: ws, Log: os.Stderr}
	if self, err := os.Executable(); err == nil {
		service.Self = []string{self}
	}
	if err := wire.Serve(ctx, os.Stdin, out, service); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A Suite is a workload with what the suite cannot find out by itself.
type Suite struct {
	Workload workloads.Workload
	// Params are what parameters without a default get, and those whose
	// default is too large for a test.
	Params workloads.Values
	// Untried are the enums of which only the value in Params or the default is
	// tried: some of their values take more than a test has.
	Untried []string
	// Cases are points to try beyond the default and the values of the enums.
	// What a case does not name is as in Params.
	Cases []workloads.Values
	// Refused are cases that no single parameter makes wrong: Check refuses
	// them, and so does Open.
	Refused []workloads.Values
	// Slow is a case whose sample takes an hour unless it is cancelled; nil where
	// no sample of the workload can last.
	Slow workloads.Values
	// Extracts are given to every instance.
	Extracts []workloads.Extract
	// Seeded are the metrics that depend on nothing but parameters and seed.
	Seeded []string
	// Optional are the metrics that may be missing from a row.
	Optional []string
	// Dimensionless are the metrics that have no unit for their name to state.
	Dimensionless []string
	// Allocates is why steady samples allocate; "" means that they do not.
	Allocates string

	patience time.Duration // 0 means a minute
}

// Run checks the workload. It must not run in parallel with other tests: it
// counts goroutines and allocations.
func Run(t *testing.T, s Suite) {
	if s.patience == 0 {
		s.patience = time.Minute
	}
	t.Run("description", s.checkDescription)
	t.Run("refusal", s.checkRefusal)
	hosts := []struct {
		name string
		w    workloads.Workload
	}{
		{"here", s.Workload},
		{"child", s.inChild(t)},
	}
	for _, h := range hosts {
		hosted := s
		hosted.Workload = h.w
		t.Run(h.name, func(t *testing.T) {
			t.Run("relations", hosted.checkRelations)
			t.Run("cases", hosted.checkCases)
			t.Run("seed", hosted.checkSeed)
			if h.name == "here" {
				t.Run("cancel", hosted.checkCancel)
				t.Run("allocations", hosted.checkAllocations)
			}
		})
	}
	t.Run("seed across hosts", func(t *testing.T) {
		s.compareSeeded(t, s.seededRows(t, hosts[0].w), s.seededRows(t, hosts[1].w))
	})
}

// serveCommand starts a test binary as a worker.
func serveCommand(self string, log io.Writer) wire.Command {
	return wire.Command{
		Argv: []string{self},
		// The race detector lets every process sleep for a second at its end.
		Env: append(os.Environ(), serveVariable+"=1", "GORACE=atexit_sleep_ms=0"),
		Log: log,
	}
}

// inChild is the workload as a worker process describes and performs it.
func (s *Suite) inChild(t *testing.T) workloads.Workload {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	worker, err := wire.Dial(t.Context(), serveCommand(self, t.Output()))
	if err != nil {
		t.Fatalf("start this binary as a worker (does TestMain call workloadtest.Main?): %v", err)
	}
	t.Cleanup(func() {
		if err := worker.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, w := range worker.Workloads() {
		if w.Name == s.Workload.Name {
			return w
		}
	}
	t.Fatalf("the worker does not know %q", s.Workload.Name)
	return workloads.Workload{}
}
