package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"runx/workloads"
)

// log is a writer for a worker's stderr that a test reads later.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// A signaller is a log that calls once a whole line begins with the word.
type signaller struct {
	log
	word string
	once sync.Once
	call func()
}

func (s *signaller) Write(p []byte) (int, error) {
	n, err := s.log.Write(p)
	if text := s.String(); strings.HasPrefix(text, s.word) && strings.HasSuffix(text, "\n") {
		s.once.Do(s.call)
	}
	return n, err
}

// whenBusy calls as soon as the worker has nothing more to say.
func whenBusy(call func()) io.Writer { return &signaller{word: busy, call: call} }

func command(role string, log io.Writer) Command {
	return Command{
		Argv: []string{os.Args[0]},
		// The race detector lets every process sleep for a second at its end.
		Env: append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0"),
		Log: log,
		// No worker is in a hurry on a busy machine.
		endGrace: time.Minute,
	}
}

func dial(t *testing.T, role string, log io.Writer) *Worker {
	t.Helper()
	w, err := Dial(t.Context(), command(role, log))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Kill() })
	return w
}

func openFirst(t *testing.T, w *Worker, params workloads.Values, extracts ...workloads.Extract) (workloads.Instance, *workloads.Recorder) {
	t.Helper()
	d := w.Workloads()[0]
	i, err := d.Open(t.Context(), workloads.Env{Params: params, Extracts: extracts, Seed: math.MaxUint64 - 1, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return i, workloads.NewRecorder(d, extracts, &workloads.Monitor{})
}

func TestWorkerLooksLikeOneOfOurs(t *testing.T) {
	t.Parallel()
	var log log
	w := dial(t, "serve", &log)
	ours, theirs := fakes(), w.Workloads()
	if len(theirs) != len(ours) {
		t.Fatalf("%d workloads, want %d", len(theirs), len(ours))
	}
	for i := range ours {
		ours[i].Open, theirs[i].Open = nil, nil
		if got, want := fmt.Sprintf("%#v", theirs[i]), fmt.Sprintf("%#v", ours[i]); got != want {
			t.Errorf("described as\n%s\nwant\n%s", got, want)
		}
	}
	extract := workloads.Extract{Metric: "extra", Regex: "x"}
	i, r := openFirst(t, w, workloads.Values{"count": 2, "level": 40.0, "free": 1.0, "mode": "prints"}, extract)
	if err := i.(workloads.Verifier).Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if err := i.(workloads.MultiSampler).SampleN(t.Context(), 3, r); err != nil {
		t.Fatal(err)
	}
	if err := i.Sample(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Rows()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 8 {
		t.Fatalf("%d rows, want 8: 4 samples of 2", len(rows))
	}
	for k, row := range rows {
		want := []float64{float64(k%2 + 1), 40 + float64(k/2+1), math.MaxUint32 - 1, math.NaN()}
		for c, v := range want {
			if got := row.Values[c]; got != v && !(math.IsNaN(got) && math.IsNaN(v)) {
				t.Errorf("row %d, %s: %v, want %v", k, r.Names()[c], got, v)
			}
		}
		if age := time.Since(time.UnixMicro(row.StartedAt)); age < 0 || age > time.Minute {
			t.Errorf("row %d began %v ago", k, age)
		}
	}
	for range 2 {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := log.String(); !strings.Contains(got, "a stray print") || strings.Count(got, "closed") != 1 {
		t.Errorf("the log has %q, want the stray print and one close", got)
	}
}

func TestKnownWorkloadsNeedNoDescription(t *testing.T) {
	t.Parallel()
	c := command("serve", nil)
	c.Known = fakes()
	w, err := Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	i, r := openFirst(t, w, workloads.Values{})
	if err := i.Sample(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if rows, err := r.Rows(); err != nil || rows[0].Values[0] != 1 {
		t.Errorf("%v, %v; want a latency of 1 ms", rows, err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestErrorsThatTheWorkerSurvives(t *testing.T) {
	t.Parallel()
	w := dial(t, "serve", nil)
	for _, c := range []struct {
		params      workloads.Values
		want        string
		unsupported bool
	}{
		{workloads.Values{"mode": "openfails"}, "the disk is missing", false},
		{workloads.Values{"mode": "unsupported"}, "needs AVX-1024: not supported here", true},
		{workloads.Values{"mode": "openpanics"}, "panic: at the disco", false},
		{workloads.Values{"level": "high"}, `parameter "level": the string "high" is not a number`, false},
		{workloads.Values{"mode": "panics"}, "panic: on the streets", false},
		{workloads.Values{"mode": "nothing"}, "recorded nothing", false},
		{workloads.Values{"flag": false}, "2 + 2 is 5", false},
	} {
		err := useOnce(t, w, c.params)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want %q", c.params, err, c.want)
		}
		if got := errors.Is(err, workloads.ErrUnsupported); got != c.unsupported {
			t.Errorf("%v: unsupported is %t", c.params, got)
		}
		if errors.Is(err, ErrDead) || !w.Alive() {
			t.Fatalf("%v: the worker is gone: %v", c.params, err)
		}
	}
	_, err := w.call(t.Context(), &request{Type: "dance"}, nil)
	if !errors.Is(err, workloads.ErrUnsupported) {
		t.Errorf("an unknown request gets %v, want unsupported", err)
	}
}

// useOnce opens, verifies and samples, and returns the first error.
func useOnce(t *testing.T, w *Worker, params workloads.Values) error {
	d := w.Workloads()[0]
	i, err := d.Open(t.Context(), workloads.Env{Params: params, Log: io.Discard})
	if err != nil {
		return err
	}
	defer i.Close()
	if err := i.(workloads.Verifier).Verify(t.Context()); err != nil {
		return err
	}
	return i.Sample(t.Context(), workloads.NewRecorder(d, nil, &workloads.Monitor{}))
}

func TestRowsBeforeAFailureAreKept(t *testing.T) {
	t.Parallel()
	w := dial(t, "serve", nil)
	i, r := openFirst(t, w, workloads.Values{"mode": "failsthird"})
	err := i.(workloads.MultiSampler).SampleN(t.Context(), 10, r)
	if err == nil || err.Error() != "three is too many" {
		t.Errorf("error %v, want that of the third sample", err)
	}
	if rows, err := r.Rows(); err != nil || len(rows) != 2 {
		t.Errorf("%d rows, %v; want the two before the failure", len(rows), err)
	}
}

func TestRepetitionsAreNumbered(t *testing.T) {
	t.Parallel()
	i, r := openFirst(t, dial(t, "serve", nil), workloads.Values{"mode": "reps"})
	r.SetRep(5)
	if err := i.(workloads.MultiSampler).SampleN(t.Context(), 3, r); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Rows()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for k, row := range rows {
		if got := row.Values[1]; got != float64(5+k) {
			t.Errorf("sample %d was called repetition %v, want %d", k, got, 5+k)
		}
	}
}

func TestManyRowsComeInSeveralReplies(t *testing.T) {
	t.Parallel()
	w := dial(t, "serve", nil)
	const n = 20_000 // about 1.5 MB of rows
	i, r := openFirst(t, w, workloads.Values{"count": n})
	if err := i.Sample(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Rows()
	if err != nil || len(rows) != n || rows[n-1].Values[0] != n {
		t.Errorf("%d rows, %v; want %d in order", len(rows), err, n)
	}
}

func TestDeathsAndViolations(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{
		"die":    "died: exit status 3; the end of its stderr:\nTraceback (most recent call last):\nValueError: no such thing",
		"linger": "died: exit status 5",
		"quit":   "died: it exited with status 0",
		"huge":   "broke the protocol: a line is longer than 16 MiB",
		`rows:{"id": 3, "ok": {"rows": [[-Infinity, NaN]]}}`: "its stdout is not protocol (JSON has no Infinity: write null): {",
		`rows:{"id": 3, "ok": {"rows": NaN, "x"}`:            "its stdout is not protocol (JSON has no NaN: write null): {",
		"rows:hello there":                       "broke the protocol: its stdout is not protocol",
		`rows:{"id":3}`:                          "broke the protocol: a reply needs either ok or error",
		`rows:{"id":9,"ok":{}}`:                  "broke the protocol: it replied to request 9 instead of 3",
		`rows:{"id":3,"ok":{"rows":[[1,2]]}}`:    "broke the protocol: a row has 2 cells, its columns are 1",
		`rows:{"id":3,"ok":{"rows":[["fast"]]}}`: "broke the protocol: cell 0 of a row has the wrong type: fast",
		`rows:{"id":3,"ok":{"rows":7}}`:          "broke the protocol: its rows are not an array of arrays",
	} {
		t.Run(role[:min(len(role), 20)], func(t *testing.T) {
			t.Parallel()
			w := dial(t, role, nil)
			i, r := openFirst(t, w, nil)
			err := i.Sample(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, ErrDead) {
				t.Errorf("error %v, want %q", err, want)
			}
			if w.Alive() {
				t.Error("the worker counts as alive")
			}
			if again := i.Sample(t.Context(), r); again != err {
				t.Errorf("the next sample says %v, want the same", again)
			}
			if err := errors.Join(i.Close(), w.Close()); err != nil {
				t.Errorf("closing says it again: %v", err)
			}
		})
	}
}

// A worker that says too much of the interference does not fill the journal.
func TestTaintIsBounded(t *testing.T) {
	t.Parallel()
	i := instance{columns: []int{tainted}, values: []float64{0}}
	row, err := i.row([]any{strings.Repeat("é", 1<<20)})
	if n := utf8.RuneCountInString(row.Tainted); err != nil || n != 80 {
		t.Errorf("%d characters, %v", n, err)
	}
}

// A row of a worker that does not tell the time is not one of 1970.
func TestRowsHaveATime(t *testing.T) {
	t.Parallel()
	w := dial(t, `rows:{"id":3,"ok":{"rows":[[1]]}}`, nil)
	i, r := openFirst(t, w, nil)
	before := time.Now().UnixMicro()
	if err := i.Sample(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Rows()
	if err != nil || len(rows) != 1 || rows[0].StartedAt < before || rows[0].StartedAt > time.Now().UnixMicro() {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestDialRefuses(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{
		"hello:hello":                                                    "its stdout is not protocol",
		`hello:{"id":1,"type":"hello"}`:                                  "a reply needs either ok or error", // cat
		`hello:{"id":1,"ok":{"version":2}}`:                              "it speaks version 2, this program speaks version 1",
		`hello:{"id":1,"ok":{"version":1}}`:                              "knows no workload",
		`hello:{"id":1,"error":{"code":"invalid","message":"go away"}}`:  "it refused the hello: go away",
		`hello:{"id":1,"ok":{"version":1,"workloads":[{"name":"Big"}]}}`: `the name does not match`,
		`hello:{"id":1,"ok":{"version":1,"workloads":[{"name":"a","doc":"A."},{"name":"a","doc":"A."}]}}`: "is there twice",
	} {
		w, err := Dial(t.Context(), command(role, nil))
		if err == nil {
			w.Kill()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", role, err, want)
		}
	}
	for _, argv := range [][]string{nil, {filepath.Join(t.TempDir(), "missing")}} {
		if _, err := Dial(t.Context(), Command{Argv: argv}); err == nil {
			t.Errorf("%q starts", argv)
		}
	}
}

func TestSilenceIsBounded(t *testing.T) {
	t.Parallel()
	c := command("silent", nil)
	c.HelloTimeout = 50 * time.Millisecond
	_, err := Dial(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "it did not say hello within 50ms") {
		t.Errorf("error %v, want the silence", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = Dial(ctx, command("silent", whenBusy(cancel)))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrDead) {
		t.Errorf("error %v, want the cancellation", err)
	}
}

func TestCancelEndsTheWorker(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"waits", "blocks"} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := dial(t, "serve", whenBusy(cancel))
		i, r := openFirst(t, w, workloads.Values{"mode": mode})
		err := i.Sample(ctx, r)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrDead) {
			t.Errorf("%s: error %v, want the cancellation", mode, err)
		}
		select {
		case <-w.exited:
		default:
			t.Errorf("%s: the process is still there", mode)
		}
	}
}

// A sample may have a limit in place of someone who cancels it.
func TestDeadlineEndsTheWorker(t *testing.T) {
	t.Parallel()
	w := dial(t, "serve", nil)
	i, r := openFirst(t, w, workloads.Values{"mode": "blocks"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := i.Sample(ctx, r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
}

func TestKillInterruptsARequest(t *testing.T) {
	t.Parallel()
	hangs := make(chan struct{})
	w := dial(t, "serve", whenBusy(func() { close(hangs) }))
	i, r := openFirst(t, w, workloads.Values{"mode": "blocks"})
	go func() {
		<-hangs
		w.Kill()
	}()
	if err := i.Sample(t.Context(), r); !errors.Is(err, ErrDead) {
		t.Errorf("error %v, want that the worker is gone", err)
	}
	if err := w.Kill(); err != nil {
		t.Error(err)
	}
}

func TestCloseTellsOfABadEnd(t *testing.T) {
	t.Parallel()
	w := dial(t, "badexit", nil)
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "ended badly: exit status 7") {
		t.Errorf("error %v, want the exit status", err)
	}
	stubborn := command("stubborn", nil)
	stubborn.endGrace = 0
	w, err := Dial(t.Context(), stubborn)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "did not end within 2s") {
		t.Errorf("error %v, want that it had to be killed", err)
	}
}

func TestNothingOfTheGroupIsLeft(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	log := &signaller{call: func() { close(started) }}
	w := dial(t, "orphan", log)
	<-started
	pid, err := strconv.Atoi(strings.TrimSpace(log.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(time.Minute); !isGone(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlives the worker that started it", pid)
		}
	}
}

// isGone reports whether a process is no more, or only waits to be reaped.
func isGone(pid int) bool {
	if p, err := os.FindProcess(pid); err != nil || p.Signal(syscall.Signal(0)) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && bytes.Contains(stat, []byte(") Z "))
}

func TestServeEndsWithItsInput(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ mode, want string }{
		{"waits", ""},
		{"blocks", "the workload still runs 1s after the end"},
	} {
		in, host := io.Pipe()
		var out bytes.Buffer
		done, hangs := make(chan error), make(chan struct{})
		go func() {
			done <- Serve(t.Context(), in, &out, Service{Workloads: fakes(), Log: whenBusy(func() { close(hangs) })})
		}()
		fmt.Fprintf(host, `{"id":1,"type":"hello","version":1}`+"\n")
		fmt.Fprintf(host, `{"id":2,"type":"open","instance":1,"workload":"fake","seed":"1","params":{"mode":%q}}`+"\n", c.mode)
		fmt.Fprintf(host, `{"id":3,"type":"sample","instance":1,"n":1}`+"\n")
		<-hangs
		host.Close()
		err := <-done
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", c.mode, err, c.want)
		}
	}
}

func TestServeAnswersWhatItWasAskedBeforeTheEnd(t *testing.T) {
	t.Parallel()
	in := strings.NewReader(`{"id":1,"type":"hello","version":1}` + "\n" +
		`{"id":2,"type":"open","instance":5,"workload":"plain","seed":"1"}` + "\n" +
		`{"id":3,"type":"close","instance":5}` + "\n" +
		`{"id":4,"type":"sample","instance":5,"n":1}` + "\n")
	var out bytes.Buffer
	if err := Serve(t.Context(), in, &out, Service{Workloads: fakes(), Log: io.Discard}); err != nil {
		t.Error(err)
	}
	want := `{"id":1,"ok":{"version":1}}
{"id":2,"ok":{"columns":["started_at","tainted","latency_ms","ops_count","cpu_ms","context_switches_count","preemptions_count","minor_faults_count","major_faults_count","steal_ms","peak_rss_bytes"]}}
{"id":3,"ok":{}}
{"id":4,"error":{"code":"invalid","message":"instance 5 is not open"}}
`
	if out.String() != want {
		t.Errorf("answers\n%s\nwant\n%s", &out, want)
	}
}
