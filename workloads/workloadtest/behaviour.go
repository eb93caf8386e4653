package workloadtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"runx/workloads"
	"runx/workloads/wire"
)

const (
	seed    = 20260101
	samples = 3
)

// cases are all the points to try.
func (s *Suite) cases() []workloads.Values {
	all := []workloads.Values{s.complete(nil)}
	for _, p := range s.Workload.Params {
		if slices.Contains(s.Untried, p.Name) {
			continue
		}
		for _, v := range p.Enum {
			all = append(all, s.complete(workloads.Values{p.Name: v}))
		}
	}
	for _, c := range s.Cases {
		all = append(all, s.complete(c))
	}
	return all
}

// complete gives every parameter a value: that of the case, else that of the
// suite, else the default.
func (s *Suite) complete(given workloads.Values) workloads.Values {
	v := workloads.Values{}
	for _, p := range s.Workload.Params {
		v[p.Name] = p.Default
	}
	maps.Copy(v, s.Params)
	maps.Copy(v, given)
	return v
}

func describe(v workloads.Values) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		parts = append(parts, name+"="+workloads.FormatValue(v[name]))
	}
	return strings.Join(parts, " ")
}

func (s *Suite) checkCases(t *testing.T) {
	for n, params := range s.cases() {
		goroutines := runtime.NumGoroutine()
		err := s.use(t, params)
		switch {
		case n > 0 && errors.Is(err, workloads.ErrUnsupported):
			t.Logf("%s: passed over: %v", describe(params), err)
		case err != nil:
			t.Errorf("%s: %v", describe(params), err)
		}
		if left := s.goroutinesAbove(goroutines); left > 0 {
			t.Errorf("%s: %d goroutines are left after Close", describe(params), left)
		}
	}
}

// use takes an instance through its life.
func (s *Suite) use(t *testing.T, params workloads.Values) (err error) {
	instance, err := s.Workload.Open(t.Context(), s.env(t, params, seed))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() {
		for range 2 {
			if e := instance.Close(); e != nil {
				err = errors.Join(err, fmt.Errorf("close: %w", e))
			}
		}
	}()
	if v, ok := instance.(workloads.Verifier); ok {
		if err := v.Verify(t.Context()); err != nil {
			return fmt.Errorf("verify: %w", err)
		}
	}
	recorder := s.recorder(t)
	for n := range samples {
		recorder.Reset()
		if err := instance.Sample(t.Context(), recorder); err != nil {
			return fmt.Errorf("sample %d: %w", n, err)
		}
		if err := s.checkRows(recorder); err != nil {
			return fmt.Errorf("sample %d: %w", n, err)
		}
	}
	return nil
}

func (s *Suite) env(t *testing.T, params workloads.Values, seed uint64) workloads.Env {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := workloads.Env{
		Params: maps.Clone(params), Extracts: s.Extracts, Seed: seed, Log: t.Output(), Dir: filepath.Join(t.TempDir(), "point"),
	}
	env.Spawn = wire.Spawner(serveCommand(self, t.Output()), s.Workload.Name, env)
	return env
}

func (s *Suite) recorder(t *testing.T) *workloads.Recorder {
	monitor := workloads.NewMonitor()
	t.Cleanup(func() { monitor.Close() })
	return workloads.NewRecorder(s.Workload, s.Extracts, monitor)
}

func (s *Suite) checkRows(r *workloads.Recorder) error {
	rows, err := r.Rows()
	if err != nil {
		return err
	}
	if len(rows) > 1 && !s.Workload.ManyRows {
		return fmt.Errorf("one sample made %d rows, and the workload does not say ManyRows", len(rows))
	}
	own := 1 + len(s.Workload.Metrics) + len(s.Extracts) // latency_ms is the first
	for _, row := range rows {
		for c, name := range r.Names()[:own] {
			v := row.Values[c]
			missing := math.IsNaN(v) && slices.Contains(s.Optional, name)
			if (math.IsNaN(v) || math.IsInf(v, 0)) && !missing {
				return fmt.Errorf("%s is %v", name, v)
			}
		}
		if latency := row.Values[0]; latency < 0 {
			return fmt.Errorf("%s is %v", workloads.LatencyMetric, latency)
		}
	}
	return nil
}

// goroutinesAbove waits for goroutines that are about to end, however busy the
// machine is.
func (s *Suite) goroutinesAbove(n int) int {
	for deadline := time.Now().Add(s.patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if runtime.NumGoroutine() <= n {
			return 0
		}
	}
	return runtime.NumGoroutine() - n
}

func (s *Suite) checkSeed(t *testing.T) {
	s.compareSeeded(t, s.seededRows(t, s.Workload), s.seededRows(t, s.Workload))
}

// seededRows are the values that two instances of one seed share, by case.
func (s *Suite) seededRows(t *testing.T, w workloads.Workload) map[string][]string {
	if len(s.Seeded) == 0 {
		return nil
	}
	values := map[string][]string{}
	for _, params := range s.cases() {
		rows, err := s.seededCase(t, w, params)
		switch {
		case errors.Is(err, workloads.ErrUnsupported): // said where each case is checked
		case err != nil:
			t.Fatalf("%s: %v", describe(params), err)
		default:
			values[describe(params)] = rows
		}
	}
	return values
}

func (s *Suite) seededCase(t *testing.T, w workloads.Workload, params workloads.Values) (values []string, err error) {
	instance, err := w.Open(t.Context(), s.env(t, params, seed))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, instance.Close()) }()
	recorder := s.recorder(t)
	for range samples {
		recorder.Reset()
		if err := instance.Sample(t.Context(), recorder); err != nil {
			return nil, err
		}
		rows, err := recorder.Rows()
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			values = append(values, s.seededOf(recorder.Names(), row))
		}
	}
	return values, nil
}

func (s *Suite) seededOf(names []string, row workloads.Row) string {
	var parts []string
	for c, name := range names {
		if slices.Contains(s.Seeded, name) {
			parts = append(parts, name+"="+workloads.FormatValue(row.Values[c]))
		}
	}
	return strings.Join(parts, " ")
}

func (s *Suite) compareSeeded(t *testing.T, a, b map[string][]string) {
	for params, rows := range a {
		if !slices.Equal(rows, b[params]) {
			t.Errorf("%s: the same seed gives\n%v\nand\n%v", params, rows, b[params])
		}
	}
}

func (s *Suite) checkCancel(t *testing.T) {
	if s.Slow == nil {
		t.Skip("no sample of it lasts")
	}
	instance, err := s.Workload.Open(t.Context(), s.env(t, s.complete(s.Slow), seed))
	if err != nil {
		t.Fatal(err)
	}
	defer instance.Close()
	recorder := s.recorder(t)
	for range 2 { // the instance survives
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		recorder.Reset()
		ended := make(chan error, 1)
		go func() { ended <- instance.Sample(ctx, recorder) }()
		select {
		case err := <-ended:
			if err == nil {
				t.Error("a cancelled sample is no error")
			}
		case <-time.After(s.patience):
			t.Fatalf("a cancelled sample still runs after %v", s.patience)
		}
	}
}

func (s *Suite) checkAllocations(t *testing.T) {
	if s.Allocates != "" {
		t.Skip(s.Allocates)
	}
	for _, params := range s.cases() {
		instance, err := s.Workload.Open(t.Context(), s.env(t, params, seed))
		if errors.Is(err, workloads.ErrUnsupported) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		recorder := s.recorder(t)
		// What the runtime allocates beside a sample now and then is not the
		// workload's: what a sample allocates is there each time.
		allocations := math.Inf(1)
		for try := 0; try < 5 && allocations > 0; try++ {
			allocations = min(allocations, testing.AllocsPerRun(samples, func() {
				recorder.Reset()
				if err := instance.Sample(t.Context(), recorder); err != nil {
					t.Fatal(err)
				}
			}))
		}
		if allocations != 0 {
			t.Errorf("%s: a sample makes %v allocations", describe(params), allocations)
		}
		if err := instance.Close(); err != nil {
			t.Error(err)
		}
	}
}
