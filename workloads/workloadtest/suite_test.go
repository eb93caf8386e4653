package workloadtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"runx/workloads"
)

// faultVariable makes the workload of these tests faulty in the way that it
// names.
const faultVariable = "RUNX_WORKLOADTEST_FAULT"

func TestMain(m *testing.M) { Main(m, workload(os.Getenv(faultVariable))) }

// workload is right but for the fault.
func workload(fault string) workloads.Workload {
	w := workloads.Workload{
		Name: "tested", Doc: "Tested is measured by nobody. It has faults.",
		Params: []workloads.Param{
			{Name: "mode", Kind: workloads.Enum, Enum: []string{"fast", "slow"}, Default: "fast", Doc: "how"},
			{Name: "n", Kind: workloads.Int, Min: new(1.0), Doc: "how many"},
		},
		Check:   func(v workloads.Values) error { return check(fault, v) },
		Metrics: []workloads.Metric{{Name: "drawn_count", Doc: "depends on the seed"}},
		Open: func(_ context.Context, env workloads.Env) (workloads.Instance, error) {
			if fault == "heavy" && env.Params["mode"] == "slow" && env.Params["n"] == 1 {
				return nil, errors.New("too heavy for a test")
			}
			if fault == "unsupported" || fault == "partly" && env.Params["mode"] == "slow" {
				return nil, fmt.Errorf("no such device: %w", workloads.ErrUnsupported)
			}
			if err := check("", env.Params); err != nil && fault != "opens all" {
				return nil, err
			}
			return &instance{fault: fault, seed: env.Seed, slow: env.Params["mode"] == "slow", done: make(chan struct{})}, nil
		},
	}
	switch fault {
	case "undocumented":
		w.Metrics[0].Doc = ""
	case "no unit":
		w.Metrics[0].Name = "drawn"
	case "no sentence":
		w.Doc = "it does things"
	}
	return w
}

// check refuses to do slowly what is large.
func check(fault string, v workloads.Values) error {
	refusal := &workloads.Conflict{Params: []string{"mode", "n"}, Problem: "slow with n above 9"}
	switch fault {
	case "refuses all":
		return refusal
	case "refuses nothing":
		return nil
	case "changes":
		v["n"] = 2
	case "undeclared conflict":
		refusal.Params = []string{"m"}
	}
	if n, _ := v["n"].(int); v["mode"] == "slow" && n > 9 {
		return refusal
	}
	return nil
}

type instance struct {
	fault  string
	seed   uint64
	slow   bool
	closed bool
	done   chan struct{}
	rubble []byte
}

func (i *instance) Verify(context.Context) error {
	if i.fault == "wrong" {
		return errors.New("2 + 2 is 5")
	}
	return nil
}

func (i *instance) Sample(ctx context.Context, r *workloads.Recorder) error {
	switch {
	case i.slow && i.fault == "deaf":
		time.Sleep(40 * time.Millisecond)
	case i.slow && i.fault == "endless" && limited(ctx):
		select {}
	case i.slow:
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Millisecond):
		}
	}
	switch i.fault {
	case "silent":
		return nil
	case "many rows":
		r.SetLatency(time.Microsecond)
		r.Set(workload(i.fault).Metrics[0].Name, 0)
		r.Next()
	case "undeclared":
		r.Set("other_count", 1)
	case "allocates":
		i.rubble = make([]byte, 1000)
	case "leaks":
		go func() { <-i.done }()
	case "drifts":
		i.seed = uint64(time.Now().UnixNano())
	}
	drawn := float64(i.seed % 1000)
	if i.fault == "infinite" {
		drawn = math.Inf(1)
	}
	r.SetLatency(time.Microsecond)
	if i.fault != "missing" && i.fault != "silent" {
		r.Set(workload(i.fault).Metrics[0].Name, drawn)
	}
	return nil
}

func limited(ctx context.Context) bool {
	_, ok := ctx.Deadline()
	return ok
}

func (i *instance) Close() error {
	if i.closed && i.fault == "closes once" {
		return errors.New("already closed")
	}
	i.closed = true
	return nil
}

// TestTested runs the suite; TestFaultsAreFound runs it in other processes. It
// is not parallel, since the suite counts.
func TestTested(t *testing.T) {
	fault := os.Getenv(faultVariable)
	s := Suite{
		Workload: workload(fault),
		Params:   workloads.Values{"n": 1},
		Seeded:   []string{"drawn_count"},
		Refused:  []workloads.Values{{"mode": "slow", "n": 10}},
	}
	switch fault {
	case "":
		s.Allocates = "one of its modes uses a timer"
	case "deaf":
		s.Slow = workloads.Values{"mode": "slow"}
	case "endless":
		s.Slow, s.patience = workloads.Values{"mode": "slow"}, 50*time.Millisecond
	case "leaks":
		s.patience = 50 * time.Millisecond
	case "no value":
		s.Params = nil
	case "no unit":
		s.Seeded = nil
	case "heavy":
		s.Untried, s.Allocates = []string{"mode"}, "no matter"
	case "partly":
		s.Refused = nil
		s.Allocates = "the test makes it a description for each sample"
	}
	Run(t, s)
}

func TestUnsupportedCaseIsPassedOver(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestTested$", "-test.v")
	cmd.Env = append(os.Environ(), faultVariable+"=partly", "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "mode=slow n=1: passed over: open: no such device") {
		t.Errorf("%v and\n%s\nwant that a case is passed over", err, out)
	}
}

func TestUntriedValuesAreNotTried(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestTested$", "-test.v")
	cmd.Env = append(os.Environ(), faultVariable+"=heavy", "GORACE=atexit_sleep_ms=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v and\n%s\nwant that only the default of mode is tried", err, out)
	}
}

func TestFaultsAreFound(t *testing.T) {
	for fault, want := range map[string]string{
		"undocumented":        `metric "drawn_count" has no doc`,
		"no unit":             `the name of the metric "drawn" does not end in its unit`,
		"no sentence":         "the doc must begin with a sentence",
		"no value":            `the suite needs a value of "n"`,
		"refuses all":         "mode=fast n=1: Check refuses a case",
		"refuses nothing":     "mode=slow n=10: Check does not refuse it",
		"changes":             "mode=fast n=1: Check makes it mode=fast n=2",
		"undeclared conflict": `the conflict names "m"`,
		"opens all":           "mode=slow n=10: Open does not refuse it",
		"wrong":               "verify: 2 + 2 is 5",
		"silent":              "recorded nothing",
		"many rows":           "made 2 rows",
		"undeclared":          `set the metric "other_count"`,
		"missing":             "drawn_count is NaN",
		"infinite":            "drawn_count is +Inf",
		"allocates":           "a sample makes",
		"leaks":               "goroutines are left after Close",
		"drifts":              "the same seed gives",
		"deaf":                "a cancelled sample is no error",
		"closes once":         "close: already closed",
		"unsupported":         "mode=fast n=1: open: no such device",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestTested$", "-test.v")
			cmd.Env = append(os.Environ(), faultVariable+"="+fault, "GORACE=atexit_sleep_ms=0")
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), want) {
				t.Errorf("%v and\n%s\nwant a failure that says %q", err, out, want)
			}
		})
	}
}
