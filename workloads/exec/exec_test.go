package exec

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"runx/workloads"
)

// sample opens and samples once, and returns the row by name.
func sample(ctx context.Context, t *testing.T, params workloads.Values, extracts ...workloads.Extract) (map[string]float64, error) {
	t.Helper()
	values := workloads.Values{"shell": false}
	for name, v := range params {
		values[name] = v
	}
	w := Workload()
	i, err := w.Open(t.Context(), workloads.Env{Params: values, Extracts: extracts, Log: io.Discard})
	if err != nil {
		return nil, err
	}
	defer i.Close()
	r := workloads.NewRecorder(w, extracts, &workloads.Monitor{})
	if err := i.Sample(ctx, r); err != nil {
		return nil, err
	}
	rows, err := r.Rows()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for n, name := range r.Names() {
		got[name] = rows[0].Values[n]
	}
	return got, nil
}

func regex(metric, re string) workloads.Extract {
	return workloads.Extract{Metric: metric, Regex: re}
}

func path(metric, path string) workloads.Extract {
	return workloads.Extract{Metric: metric, JSON: path}
}

func TestExtracts(t *testing.T) {
	t.Parallel()
	const printed = `warming up
tg128 | 1 | 41.50 ± 0.2 t/s
tg128 | 2 | 99.99 ± 0.2 t/s
{"timings": {"prompt_ms": 12.5, "runs": [{"t": "7e-1"}, {"t": 3}]}}
done`
	got, err := sample(t.Context(), t, workloads.Values{"command": "printf %s {text}", "text": printed},
		regex("tokens_per_s", `tg\d+ .* ([0-9.]+) ±`), path("ttft_ms", "timings.prompt_ms"),
		path("first_s", "timings.runs.0.t"), path("last_s", "timings.runs.-1.t"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"tokens_per_s": 41.5, "ttft_ms": 12.5, "first_s": 0.7, "last_s": 3} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	got, err = sample(t.Context(), t, workloads.Values{"command": "echo it took 5 ms >&2; printf '[\n1,\n2]'", "shell": true},
		regex("said_ms", `took (\d+) ms`), path("second_count", "1"))
	if err != nil || got["said_ms"] != 5 || got["second_count"] != 2 {
		t.Errorf("%v, %v; want 5 from stderr and 2 from JSON of several lines", got, err)
	}
}

func TestExtractsThatFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		extract workloads.Extract
		want    string
	}{
		{regex("x_ms", `took (\d+)`), "extract x_ms: the regex \"took (\\\\d+)\" does not match in 14 bytes of stdout and 0 bytes of stderr"},
		{regex("x_ms", `"(a)"`), `extract x_ms: "a" is not a number`},
		{regex("x_ms", `a`), "has no group"},
		{regex("x_ms", `(`), "missing closing )"},
		{path("x_ms", "b"), "the JSON has no b"},
		{path("x_ms", "a"), "a is not a number in the JSON"},
		{path("x_ms", "a.2"), "the JSON has no a.2"},
		{workloads.Extract{Metric: "x_ms"}, "it needs either regex or json"},
	} {
		_, err := sample(t.Context(), t, workloads.Values{"command": `printf '{{"a": [1, {{}}]}}'`}, c.extract)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.extract, err, c.want)
		}
	}
	_, err := sample(t.Context(), t, workloads.Values{"command": "echo none"}, path("x_ms", "a"))
	if err == nil || !strings.Contains(err.Error(), "there is no JSON in 5 bytes of stdout") {
		t.Errorf("error %v, want that there is no JSON", err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for want, params := range map[string]workloads.Values{
		"the program failed: exit status 3; the end of its stderr:\nno such model": {"command": "echo no such model >&2; exit 3", "shell": true},
		"the program failed: exit status 1":                                        {"command": "false"},
		"the program failed: signal: killed":                                       {"command": "kill -9 $$", "shell": true},
		`"no-such-program": executable file not found`:                             {"command": "no-such-program"},
		"{x} is not a parameter of the spec (there are: none)":                     {"command": "echo {x}"},
	} {
		if _, err := sample(t.Context(), t, params); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", params, err, want)
		}
	}
}

func TestCheckSaysHowToCure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		params        workloads.Values
		problem, cure string
	}{
		{workloads.Values{"command": "echo {isl}", "shell": false, "osl": 1},
			`command "echo {isl}": {isl} is not a parameter of the spec (there are: osl)`,
			"add isl to params or sweep, or write {{isl}} where the program is to see the braces"},
		{workloads.Values{"command": "echo {isl} | cat", "shell": true},
			`command "echo {isl} | cat": {isl} is not a parameter of the spec (there are: none)`,
			"add isl to params or sweep, or write {{isl}} where the program is to see the braces"},
		{workloads.Values{"command": "echo {shell}", "shell": false},
			`command "echo {shell}": {shell} is not a parameter of the spec (there are: none)`, ""},
		{workloads.Values{"command": " ", "shell": true}, `command " ": it is empty`, ""},
		{workloads.Values{"command": "{program} x", "shell": false, "program": ""},
			`command "{program} x": the name of the program is empty`, ""},
	} {
		conflict, ok := errors.AsType[*workloads.Conflict](Workload().Check(c.params))
		if !ok || conflict.Problem != c.problem || conflict.Cure != c.cure || !slices.Equal(conflict.Params, []string{"command"}) {
			t.Errorf("%v: %+v, want %q and %q", c.params, conflict, c.problem, c.cure)
		}
	}
	// Whether the program is there is not a matter of the parameters.
	if err := Workload().Check(workloads.Values{"command": "no-such-program {n}", "shell": false, "n": 1, "label": "unused"}); err != nil {
		t.Error(err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	got, err := sample(t.Context(), t,
		workloads.Values{"command": "head -c 30000000 /dev/zero; echo; echo the last is 17", "shell": true},
		regex("last_count", `the last is (\d+)`))
	if err != nil || got["last_count"] != 17 {
		t.Errorf("%v, %v; want 17", got, err)
	}
	var c capture
	for n := range 3 * keptBytes / 1000 {
		c.Write([]byte(strings.Repeat(strconv.Itoa(n%10), 1000)))
	}
	if len(c.bytes()) != keptBytes || cap(c.kept) > 3*keptBytes {
		t.Errorf("%d bytes are kept in %d, want %d", len(c.kept), cap(c.kept), keptBytes)
	}
	if got, want := c.describe(), "the last 4194304 bytes of 12582000"; got != want {
		t.Errorf("described as %s, want %s", got, want)
	}
}

// patience is how long a test waits for what is about to happen, however busy
// the machine is.
const patience = time.Minute

func TestCancelKillsTheGroup(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // when the grandchild is there
		defer cancel()
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if text, _ := os.ReadFile(file); strings.HasSuffix(string(text), "\n") {
				return
			}
		}
	}()
	_, err := sample(ctx, t, workloads.Values{"command": "sleep 600 & echo $! > {file}; wait", "file": file, "shell": true})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the cancellation", err)
	}
	checkGone(t, file)
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	if _, err := sample(t.Context(), t, workloads.Values{"command": "sleep 600 & echo $! > {file}", "file": file, "shell": true}); err != nil {
		t.Error(err)
	}
	checkGone(t, file)
}

func checkGone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// A signal takes a moment, and a process not yet reaped is a zombie.
	name := "/proc/" + strings.TrimSpace(string(text)) + "/stat"
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("process %s still runs", text)
}

func TestUsageOfTheChild(t *testing.T) {
	t.Parallel()
	got, err := sample(t.Context(), t, workloads.Values{"command": "true"})
	if err != nil {
		t.Fatal(err)
	}
	if rss := got["child_peak_rss_bytes"]; !math.IsNaN(rss) && rss <= peakRSS() {
		t.Errorf("true has %v bytes, which is what this process had", rss)
	}
	// A loop in the shell that takes some time on every machine.
	got, err = sample(t.Context(), t, workloads.Values{
		"command": "i=0; while [ $i -lt {n} ]; do i=$((i+1)); done", "n": 30000, "shell": true})
	if err != nil {
		t.Fatal(err)
	}
	if cpu := got["child_cpu_ms"]; cpu <= 0 || cpu > got["latency_ms"]*1.5+20 {
		t.Errorf("%v ms of CPU time in %v ms", cpu, got["latency_ms"])
	}
	// dd holds a buffer of the size that is asked of it.
	const size = 200 << 20
	got, err = sample(t.Context(), t, workloads.Values{"command": "dd if=/dev/zero of=/dev/null count=1 bs={size}", "size": size})
	if err != nil {
		t.Fatal(err)
	}
	if rss := got["child_peak_rss_bytes"]; rss < size || rss > 1.2*size {
		t.Errorf("a program with a buffer of %d bytes has %v", size, rss)
	}
}
